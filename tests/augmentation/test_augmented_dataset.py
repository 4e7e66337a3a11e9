"""AugmentedDataset, in and outside of `fit`."""

import contextlib
import threading
from collections import Counter

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.core.data import batches

Dataset = kp.augmentation.AugmentedDataset
ROWS = 22
X = np.arange(ROWS * 12, dtype="float32").reshape(ROWS, 2, 2, 3) / 100
Y = np.arange(ROWS) % 3


def images():
    return [keras.layers.RandomFlip(), kp.layers.MixUp(0.4, classes=3)]


def same(one, other):
    return len(one) == len(other) and all(
        len(a) == len(b) and all(np.array_equal(*pair) for pair in zip(a, b, strict=True))
        for a, b in zip(one, other, strict=True)
    )


def numbered(**kwargs):
    """A dataset whose rows are their numbers."""
    return Dataset(np.arange(ROWS, dtype="float32")[:, None], np.zeros((ROWS, 1), "float32"), batch_size=4, **kwargs)


class Seen(keras.layers.Layer):
    """Keeps what a model was given; to be run eagerly."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.batches = []

    def call(self, x):
        with contextlib.suppress(Exception):  # symbols, by which Keras builds the model
            self.batches.append(np.ravel(keras.ops.convert_to_numpy(x)).tolist())
        return self.dense(x)


def eager_model(**kwargs):
    seen = Seen()
    model = keras.Sequential([seen])
    model.compile("sgd", "mse", run_eagerly=True, **kwargs)
    return model, seen.batches


def seen_in_fit(dataset, **kwargs):
    model, seen = eager_model()
    model.fit(dataset, verbose=0, **kwargs)
    return seen


@pytest.mark.parametrize("workers", [1, 3])
def test_the_same_seed_gives_the_same_batches_whatever_the_number_of_workers(workers):
    one, other = (Dataset(X, Y, images(), batch_size=8, seed=1, workers=n) for n in (0, workers))
    assert same(list(one), list(other))
    other.epoch = 1
    assert not same(list(one), list(other))
    assert [len(x) for x, _ in one] == [8, 8, 6]


def test_another_seed_gives_other_batches():
    assert not same(list(numbered(seed=1)), list(numbered(seed=2)))
    layer = keras.layers.GaussianNoise(1.0)
    one, two = (Dataset(X, None, layer, batch_size=ROWS, shuffle=False, seed=seed) for seed in (1, 2))
    assert not np.allclose(one[0][0], two[0][0])


def test_a_batch_is_a_function_of_its_number_and_the_epoch():
    dataset = Dataset(X, Y, keras.layers.RandomFlip(), batch_size=8)
    all_of_epoch = list(dataset)
    assert same([dataset[2], dataset[0], dataset[1]], [all_of_epoch[i] for i in (2, 0, 1)])
    dataset.on_epoch_end()
    assert not same(list(dataset), all_of_epoch)
    dataset.epoch = 0
    assert same(list(dataset), all_of_epoch)
    with pytest.raises(IndexError):
        dataset[3]


def test_layers_without_a_seed_are_reproducible_and_keep_their_state():
    layers = [keras.layers.RandomFlip(), kp.layers.Cutout(1)]
    before = [keras.ops.convert_to_numpy(v) for layer in layers for v in layer.variables]
    again = [type(layer).from_config(layer.get_config()) for layer in layers]
    assert same(list(Dataset(X, None, layers, seed=1)), list(Dataset(X, None, again, seed=1)))
    after = [keras.ops.convert_to_numpy(v) for layer in layers for v in layer.variables]
    np.testing.assert_array_equal(after[: len(before)], before)


def test_without_a_seed_the_batches_are_others_each_time():
    assert not same(list(numbered(seed=None)), list(numbered(seed=None)))


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_fit_sees_each_row_once_an_epoch_in_the_order_of_the_seed(workers):
    seen = seen_in_fit(numbered(seed=5, workers=workers), epochs=3)
    dataset = numbered(seed=5)
    expected = []
    for _ in range(3):
        expected += [np.ravel(x).tolist() for x, _ in dataset]
        dataset.on_epoch_end()
    assert seen == expected
    for epoch in range(3):
        rows = [row for batch in seen[6 * epoch : 6 * epoch + 6] for row in batch]
        assert sorted(rows) == list(range(ROWS))


class KerasOwn(keras.utils.PyDataset):
    def __len__(self):
        return 30

    def __getitem__(self, index):
        return np.full((1, 1), index, "float32"), np.zeros((1, 1), "float32")


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow's fit does not build by a batch")
def test_two_workers_of_keras_own_dataset_see_some_batches_twice():
    seen = seen_in_fit(KerasOwn(workers=2), epochs=1)
    assert len({row for batch in seen for row in batch}) < 30


def test_a_resumed_fit_sees_the_epochs_it_would_have_seen():
    whole = seen_in_fit(numbered(seed=5), epochs=4)
    assert seen_in_fit(numbered(seed=5), epochs=2) + seen_in_fit(numbered(seed=5), initial_epoch=2, epochs=4) == whole


def test_a_second_fit_goes_on_with_new_epochs():
    dataset = numbered(seed=5)
    first, second = seen_in_fit(dataset, epochs=2), seen_in_fit(dataset, epochs=2)
    assert dataset.epoch == 4
    assert first + second == seen_in_fit(numbered(seed=5), epochs=4)


def test_parts_of_epochs_go_on_where_they_stopped():
    whole = seen_in_fit(numbered(seed=5), epochs=2)
    assert seen_in_fit(numbered(seed=5), epochs=4, steps_per_epoch=3) == whole
    assert seen_in_fit(numbered(seed=5), initial_epoch=1, epochs=4, steps_per_epoch=3) == whole[3:]


def test_evaluate_and_predict_take_the_batches_in_order_and_no_epoch():
    model, seen = eager_model()
    dataset = numbered(seed=5, workers=2)
    model.evaluate(dataset, verbose=0)
    model.predict(dataset, verbose=0)
    assert dataset.epoch == 0
    once = [np.ravel(x).tolist() for x, _ in dataset]
    assert [batch for batch in seen if batch not in once] == []
    assert seen[-6:] == once


def test_an_epoch_broken_off_does_not_disturb_the_next_fit():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 2

    dataset = numbered(seed=5, workers=2)
    model, _ = eager_model()
    model.fit(dataset, epochs=3, verbose=0, callbacks=[Stop()])
    rows = [row for batch in seen_in_fit(dataset, epochs=1) for row in batch]
    assert sorted(rows) == list(range(ROWS))


@pytest.mark.parametrize("labels", ["integers", "column", "one_hot", "booleans", "floats", "strings"])
def test_every_class_has_the_same_share_of_an_epoch(labels):
    y = np.array([0] * 30 + [1] * 2 + [2] * 8)
    if labels == "booleans":
        y = y == 1
    given = {
        "integers": y,
        "column": y[:, None],
        "one_hot": np.eye(3)[y.astype(int)],
        "booleans": y[:, None],
        "floats": y.astype("float32"),
        "strings": np.array(["a", "b", "c"])[y.astype(int)],
    }[labels]
    dataset = Dataset(np.arange(40), given, batch_size=7, balanced=True)
    orders = set()
    for _ in range(4):
        rows = np.concatenate([x for x, _ in dataset])
        classes = y[rows].astype(int)
        counts = np.bincount(classes)
        assert counts.max() - counts.min() <= 1
        assert len(rows) == 40
        for kind in np.unique(classes):  # all rows of a class before any again
            times = Counter(rows[classes == kind])
            spread = [times[row] for row in np.flatnonzero(y.astype(int) == kind)]
            assert max(spread) - min(spread) <= 1
        begun = np.cumsum(np.eye(len(counts))[classes], axis=0)  # the classes take turns
        assert (begun.max(axis=1) - begun.min(axis=1) <= 1).all()
        orders.add(tuple(rows))
        dataset.on_epoch_end()
    assert len(orders) == 4


def test_targets_and_weights_stay_with_their_rows():
    dataset = Dataset(
        np.arange(40), np.arange(40) % 2, [lambda x: -x], 7, sample_weight=np.arange(40) / 2, balanced=True
    )
    for x, y, sample_weight in dataset:
        np.testing.assert_array_equal(y, -x % 2)
        np.testing.assert_array_equal(sample_weight, -x / 2)


def test_rows_stay_in_order_without_shuffling():
    assert [row for x, _ in numbered(shuffle=False) for row in x.ravel()] == list(range(ROWS))
    rows = np.concatenate([x for x, _ in Dataset(np.arange(9), [0] * 8 + [1], shuffle=False, balanced=True)])
    assert (np.diff(rows) >= 0).all()


@pytest.mark.parametrize(
    "y",
    [
        None,
        np.array([0.5, 1.0]),
        np.array([np.nan, 1.0]),
        np.array([[1, 1], [0, 1]]),
        np.zeros((2, 2, 2)),
        {"a": np.zeros(2)},
    ],
    ids=repr,
)
def test_targets_that_are_no_classes_are_refused_where_they_should_be_balanced(y):
    with pytest.raises(ValueError, match="`y` must be one array of classes"):
        Dataset(np.zeros((2, 1)), y, balanced=True)


def test_inputs_may_be_nests_and_be_augmented_by_name():
    x = {"image": X, "text": [f"good film {i}" for i in range(ROWS)], "table": np.arange(ROWS)}
    augment = [{"text": kp.layers.SynonymReplacement(1.0), "image": [keras.layers.Rescaling(2.0)]}]
    dataset = Dataset(x, {"a": Y, "b": -Y}, augment, batch_size=5, workers=2)
    for inputs, targets in dataset:
        rows = inputs["table"]
        np.testing.assert_array_equal(targets["a"], Y[rows])
        np.testing.assert_array_equal(targets["b"], -Y[rows])
        np.testing.assert_allclose(inputs["image"], 2 * X[rows])
        assert [text.split()[-1] for text in inputs["text"]] == [str(row) for row in rows]
        assert not any("good" in text or "film" in text for text in inputs["text"])


def test_texts_may_be_turned_into_numbers_by_a_layer_of_keras():
    texts = ["a good film", "a bad film", "no film at all"] * 4
    vectorize = keras.layers.TextVectorization(output_sequence_length=5)
    vectorize.adapt(texts)
    augment = [kp.layers.RandomDeletion(0.3), vectorize]
    model = keras.Sequential([keras.layers.Embedding(20, 2), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(Dataset(texts, np.arange(12), augment, batch_size=5, workers=2), epochs=2, verbose=0)
    assert model.predict(Dataset(texts, None, augment, batch_size=5), verbose=0).shape == (12, 1)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="models take strings on TensorFlow alone")
def test_strings_go_into_a_model_as_keras_does_not_let_them():
    texts = ["a good film", "a bad film", "no film at all"] * 4
    vectorize = keras.layers.TextVectorization(output_mode="multi_hot")
    vectorize.adapt(texts)
    model = keras.Sequential([keras.Input((), dtype="string"), vectorize, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(Dataset(texts, np.arange(12), kp.layers.RandomDeletion(0.3), batch_size=5), verbose=0)

    class Plain(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return np.array(texts), np.arange(12)

    with pytest.raises(ValueError, match="Invalid dtype"):
        model.fit(Plain(), verbose=0)


def test_functions_draw_from_the_generator_they_ask_for():
    def jitter(x, rng):
        return x + rng.normal(size=x.shape)

    one, two = (Dataset(X, None, [np.negative, jitter], seed=3, workers=w) for w in (0, 2))
    assert same(list(one), list(two))
    assert not np.allclose(next(iter(one))[0], np.round(next(iter(one))[0], 2))


def test_functions_may_change_the_targets_too():
    def swap(data):
        x, y = data
        return y, x

    swap.takes_targets = True
    for x, y in Dataset(X, Y, swap, batch_size=5):
        assert (x.shape[1:], y.shape[1:]) == ((), X.shape[1:])


@pytest.mark.filterwarnings("ignore:[\\s\\S]*Explicitly requested dtype")  # by Keras' layer on JAX
def test_keras_mixup_gets_the_labels():
    y = np.eye(3, dtype="float32")[Y]
    x = np.broadcast_to(y[:, None, None], (ROWS, 4, 4, 3))  # each image shows its label
    for images, labels in Dataset(x, y, keras.layers.MixUp(0.5), batch_size=8, workers=2):
        np.testing.assert_allclose(images[:, 0, 0], labels, atol=1e-5)
        assert ((labels > 0.01) & (labels < 0.99)).any()


def test_rows_of_the_wrong_number_are_refused():
    for wrong, name in (
        (dict(x=np.zeros((0, 3))), "x"),
        (dict(x=[]), "x"),
        (dict(y=Y[:-1]), "y"),
        (dict(x={"a": X, "b": Y[:-1]}), "x"),
        (dict(sample_weight=Y[:-1], y=Y), "sample_weight"),
        (dict(sample_weight=Y), "sample_weight"),
        (dict(batch_size=0), "batch_size"),
        (dict(balanced=1), "balanced"),
        (dict(shuffle="yes"), "shuffle"),
        (dict(seed=-1), "seed"),
        (dict(seed=1.5), "seed"),
        (dict(workers=-1), "workers"),
        (dict(max_queue_size=0), "max_queue_size"),
        (dict(use_multiprocessing=True), "use_multiprocessing"),
        (dict(augment=["flip"]), "augment"),
        (dict(augment=keras.layers.RandomFlip), "augment"),
        (dict(augment={"a": kp.layers.MixUp(0.2)}), "augment"),
    ):
        with pytest.raises(ValueError, match=rf"`{name}` must be"):
            Dataset(**{"x": X, **wrong})
    with pytest.raises(ValueError, match=r"for inputs in x, which are \['a'\]"):
        Dataset({"a": X}, None, {"b": keras.layers.RandomFlip()})[0]


def test_a_batch_may_be_larger_than_the_data():
    dataset = Dataset(X, Y, batch_size=100)
    assert len(dataset) == 1
    assert dataset[0][0].shape == X.shape


def failing(x):
    if 7.0 in x:
        raise ConnectionError("the disk of row 7 is gone")
    return x


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_in_a_worker_is_raised_with_its_cause(workers):
    dataset = numbered(augment=failing, workers=workers)
    with pytest.raises(ConnectionError, match="row 7"):
        list(dataset)
    with pytest.raises(Exception, match="row 7"):
        seen_in_fit(dataset)


def test_an_error_of_a_layer_is_its_own():
    with pytest.raises(ValueError, match="`classes`"):
        Dataset(X, Y, kp.layers.MixUp(0.2))[0]


def test_a_layer_that_cannot_be_compiled_runs_by_itself():
    class Host(keras.layers.Layer):
        def call(self, x):
            return np.asarray(keras.ops.convert_to_numpy(x)) + 1.0

    for (x,) in Dataset(X, None, Host(), shuffle=False, workers=2):
        np.testing.assert_allclose(x, X + 1.0)


def test_no_thread_is_left_behind():
    def threads():
        return [thread for thread in threading.enumerate() if thread.name.startswith("kerasparts")]

    before = set(threads())
    dataset = numbered(workers=3)
    seen_in_fit(dataset, epochs=2)
    for _ in dataset:
        break
    for thread in set(threads()) - before:
        thread.join(5)
    assert set(threads()) <= before


def test_gauges_and_helpers_read_it():
    augment = images()
    dataset = Dataset(X, Y, augment, batch_size=11)
    assert [len(x) for x, _, _ in batches(dataset)] == [11, 11]
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    gauge = kp.callbacks.EarlyStopping("val_loss", patience=3)
    model.fit(dataset, validation_data=Dataset(X, Y, augment, 11), epochs=2, verbose=0, callbacks=[gauge])


def test_what_keras_calls_it_in_still_has_the_names_it_is_known_by():
    """`fit` tells no dataset its epoch; it is read from these names."""
    dataset, found = numbered(), []

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            found.append(dataset.epoch)

    model, _ = eager_model()
    model.fit(dataset, initial_epoch=3, epochs=5, verbose=0, callbacks=[Look()])
    assert (found[-1], dataset.epoch) == (4, 5)
