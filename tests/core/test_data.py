"""Data in any form that `fit` takes, read as NumPy arrays."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasparts.core.data import batches, is_array, is_dataset, row_count, sample_rows, take, to_numpy

X = np.arange(20, dtype="float32").reshape(10, 2)
Y = np.arange(10)


class Pieces(keras.utils.PyDataset):
    """Batches of four rows; without end where asked."""

    def __init__(self, endless=False):
        super().__init__()
        self.endless = endless

    @property
    def num_batches(self):
        return None if self.endless else 3

    def __getitem__(self, index):
        start = index % 3 * 4
        return X[start : start + 4], Y[start : start + 4]


class Table:
    """As a data frame: no array, but one can be had."""

    def to_numpy(self):
        return X


def test_arrays_tensors_and_tables_are_arrays():
    for data in (X, tf.constant(X), keras.ops.convert_to_tensor(X), Table()):
        assert is_array(data)
        assert not is_dataset(data)


def test_nests_of_arrays_are_neither_one_array_nor_a_dataset():
    for data in ({"a": X}, [X, X], (X, Y), None):
        assert not is_array(data)
        assert not is_dataset(data)


def loader():
    torch = pytest.importorskip("torch", reason="the form of Torch")
    tensors = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    return torch.utils.data.DataLoader(tensors, batch_size=4)


FORMS = {
    "tf.data": lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(4),
    "PyDataset": Pieces,
    "DataLoader": loader,
}


@pytest.mark.parametrize("kind", FORMS)
def test_what_yields_batches_is_a_dataset(kind):
    for data in (FORMS[kind](), (row for row in X)):
        assert is_dataset(data)


@pytest.mark.parametrize("kind", FORMS)
def test_every_kind_of_dataset_yields_the_same_batches_twice(kind):
    data = FORMS[kind]()
    for _ in range(2):
        read = list(batches(data))
        assert [len(x) for x, _, _ in read] == [4, 4, 2]
        assert all(isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and w is None for x, y, w in read)
        np.testing.assert_array_equal(np.concatenate([x for x, _, _ in read]), X)
        np.testing.assert_array_equal(np.concatenate([y for _, y, _ in read]), Y)


def test_a_batch_of_inputs_alone_has_no_targets():
    [(x, y, weight)] = batches(tf.data.Dataset.from_tensors(X))
    np.testing.assert_array_equal(x, X)
    assert y is None
    assert weight is None


def test_an_endless_dataset_is_read_up_to_the_limit():
    endless = tf.data.Dataset.from_tensor_slices(X).batch(5).repeat()
    assert len(list(batches(endless, limit=7))) == 7
    assert len(list(batches(Pieces(endless=True), limit=7))) == 7


def test_a_generator_is_refused_by_name_and_not_touched():
    generator = (row for row in [X])
    with pytest.raises(
        ValueError, match=r"^`training_data` must be readable more than once, not a generator\. Received"
    ):
        list(batches(generator, "training_data"))
    assert next(generator) is X


def test_nests_keep_their_form():
    tree = {"a": tf.constant(X), "b": (keras.ops.convert_to_tensor(Y), None)}
    read = to_numpy(tree)
    np.testing.assert_array_equal(read["a"], X)
    np.testing.assert_array_equal(read["b"][0], Y)
    assert read["b"][1] is None


def test_rows_are_taken_from_every_array_of_a_nest():
    x, (y, weight) = take(({"a": X}, (Y, None)), np.array([7, 1]))
    np.testing.assert_array_equal(x["a"], X[[7, 1]])
    np.testing.assert_array_equal(y, [7, 1])
    assert weight is None


def test_rows_are_counted_in_the_first_array_that_is_there():
    assert row_count((None, {"a": X})) == 10
    with pytest.raises(ValueError, match="at least one array"):
        row_count((None, None))


def test_a_sample_keeps_inputs_targets_and_weights_of_a_row_together():
    data = tf.data.Dataset.from_tensor_slices(({"a": X, "b": X[:, :1]}, Y, 10.0 * Y)).batch(3)
    x, y, weight = sample_rows(data, 6, seed=0)
    assert len(y) == 6
    assert len(set(y)) == 6
    np.testing.assert_array_equal(x["a"], X[y])
    np.testing.assert_array_equal(x["b"], X[y, :1])
    np.testing.assert_array_equal(weight, 10.0 * y)


def test_a_sample_larger_than_the_data_is_all_of_them():
    _, y, _ = sample_rows(Pieces(), 100, seed=0)
    np.testing.assert_array_equal(np.sort(y), Y)


def test_a_sample_sees_no_batch_beyond_the_limit():
    _, y, _ = sample_rows(Pieces(endless=True), 100, seed=0, limit=2)
    np.testing.assert_array_equal(np.sort(y), Y[:8])


def test_a_seed_fixes_the_sample():
    data = tf.data.Dataset.range(100).batch(7)
    same, again, other = (sample_rows(data, 10, seed=seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(same, again)
    assert set(same) != set(other)


def test_every_row_has_the_same_chance_whatever_its_batch():
    """Sampling without replacement: counts vary less than Poisson's, so chi-square is below its degrees of freedom.

    The batches are as uneven as can be; the bound, 39 + 5 * sqrt(2 * 39), is five standard deviations up.
    """
    data = [(np.arange(30),), (np.arange(30, 31),), (np.arange(31, 40),)]
    draws, size = 2000, 8
    counts = sum(np.bincount(sample_rows(Rows(data), size, seed)[0], minlength=40) for seed in range(draws))
    expected = draws * size / 40
    assert ((counts - expected) ** 2 / expected).sum() < 39 + 5 * np.sqrt(2 * 39)


def test_an_empty_dataset_is_refused():
    with pytest.raises(ValueError, match="`data` must be of at least one batch"):
        sample_rows(Rows([]), 3, seed=0)


class Rows:
    """An iterable that starts anew each time."""

    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)
