"""train_dev_test_split, next to Keras' `validation_split` and scikit-learn's stratified split."""

import json

import keras
import numpy as np
import pytest
from sklearn.model_selection import train_test_split

import kerasparts as kp
from kerasparts.model_selection import train_dev_test_split
from kerasparts.model_selection.split import _quotas


def labels_of(counts, seed=0):
    """Shuffled labels 0, 1, ... of the given numbers."""
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))


def rows_by_class(y, split):
    """Number of rows of each class (row) in each part (column)."""
    _, codes = np.unique(y, return_inverse=True)
    return np.array([np.bincount(codes[rows], minlength=codes.max() + 1) for rows in split.indices]).T


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        (20, (14, 3, 3)),
        (9_999, (6_999, 1_500, 1_500)),
        (10_000, (8_000, 1_000, 1_000)),
        (99_999, (79_999, 10_000, 10_000)),
        (100_000, (90_000, 5_000, 5_000)),
    ],
)
def test_default_shares_go_by_the_number_of_rows(rows, sizes):
    assert train_dev_test_split(np.arange(rows)).sizes == sizes


@pytest.mark.parametrize("stratify", [None, "auto"])
@pytest.mark.parametrize("rows", [37, 100, 1003])
def test_every_row_is_in_exactly_one_part(rows, stratify):
    x = np.arange(rows)
    split = train_dev_test_split(x, x % 2, stratify=stratify)
    assert sorted(np.concatenate(split.indices)) == list(range(rows))
    np.testing.assert_array_equal(np.concatenate([x for x, _ in split]), np.concatenate(split.indices))


@pytest.mark.parametrize("sizes", [(0.5, 0.3, 0.2), [0.98, 0.01, 0.01], (60, 30, 10), (np.int64(98), 1, 1)])
def test_sizes_may_be_shares_or_numbers_of_rows(sizes):
    counts = train_dev_test_split(np.arange(100), sizes=sizes).sizes
    assert counts == tuple(round(size * 100 / sum(sizes)) for size in sizes)


@pytest.mark.parametrize(
    "sizes",
    [
        (0.7, 0.3),
        (0.7, 0.2, 0.2),
        (0.8, 0.2, 0.0),
        (1.2, -0.1, -0.1),
        (60, 30, 20),
        (90, 10, 0),
        (0.998, 0.001, 0.001),
        (0.5, 0.5, "rest"),
        (0.5, 0.5, float("nan")),
        0.3,
        "auto",
    ],
    ids=str,
)
def test_wrong_sizes_are_refused_by_name(sizes):
    with pytest.raises(ValueError, match="`sizes` must be"):
        train_dev_test_split(np.arange(100), sizes=sizes)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_too_few_rows_for_three_parts_are_refused(rows):
    with pytest.raises(ValueError, match="no part empty"):
        train_dev_test_split(np.arange(rows))


@pytest.mark.parametrize("stratify", [None, "auto"])
def test_the_seed_decides_the_split(stratify):
    y = labels_of([70, 30])

    def train_rows(seed):
        return train_dev_test_split(y, y, stratify=stratify, seed=seed).indices[0].tolist()

    assert train_rows(3) == train_rows(3)
    assert train_rows(3) != train_rows(4)
    assert train_rows(None) != train_rows(None)


@pytest.mark.parametrize("stratify", [None, "auto"])
def test_the_parts_are_shuffled(stratify):
    y = np.repeat([0, 1], 500)
    for rows in train_dev_test_split(y, y, stratify=stratify).indices:
        correlation = np.corrcoef(np.arange(len(rows)), rows)[0, 1]
        assert abs(correlation) < 4 / np.sqrt(len(rows))  # four standard errors of no correlation


def test_a_global_seed_neither_matters_nor_moves():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = train_dev_test_split(np.arange(50)).indices[0]
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    np.testing.assert_array_equal(train_dev_test_split(np.arange(50)).indices[0], first)


@pytest.mark.parametrize(
    "counts",
    [[50, 50], [51, 52], [970, 30], [20, 500, 480], [100] * 10, [17, 23, 31, 44, 58, 61, 77, 83, 99, 507]],
    ids=str,
)
@pytest.mark.parametrize("sizes", [(0.7, 0.15, 0.15), (0.8, 0.1, 0.1), (0.4, 0.35, 0.25)], ids=str)
def test_each_class_is_within_one_row_of_its_share(counts, sizes):
    y = labels_of(counts)
    split = train_dev_test_split(y, y, sizes=sizes)
    share = np.outer(counts, split.sizes) / len(y)
    assert split.stratified
    assert np.abs(rows_by_class(y, split) - share).max() <= 1


@pytest.mark.parametrize("seed", range(5))
def test_classes_are_as_even_as_those_of_sklearn(seed):
    counts = np.random.default_rng(seed).integers(20, 400, 12)
    y = labels_of(counts)
    split = train_dev_test_split(y, y, sizes=(0.5, 0.3, 0.2), seed=seed)
    theirs, _ = train_test_split(y, train_size=split.sizes[0], stratify=y, random_state=seed)
    share = counts * split.sizes[0] / len(y)
    their_distance = np.abs(np.bincount(theirs) - share).max()
    assert np.abs(rows_by_class(y, split)[:, 0] - share).max() <= max(their_distance, 1)


def test_a_class_of_three_has_a_row_in_each_part():
    y = labels_of([3, 3, 3, 400])
    np.testing.assert_array_equal(rows_by_class(y, train_dev_test_split(y, y))[:3], 1)


def test_many_rare_classes_cost_the_frequent_ones_alike():
    y = labels_of([3] * 50 + [200] * 5)
    rows = rows_by_class(y, train_dev_test_split(y, y))
    assert (rows[:50] == 1).all()
    assert np.ptp(rows[50:], axis=0).max() <= 1


@pytest.mark.parametrize("stratify", ["auto", "given"])
@pytest.mark.parametrize("members", [1, 2])
def test_a_class_too_small_for_three_parts_is_refused(members, stratify):
    y = np.array(["common"] * 60 + ["rare"] * members)
    labels = y if stratify == "given" else "auto"
    with pytest.raises(ValueError, match=rf"`stratify` must be .*stratify=None.*'rare': {members}"):
        train_dev_test_split(y, y, stratify=labels)
    assert not train_dev_test_split(y, y, stratify=None).stratified


def test_more_classes_than_rows_of_a_part_are_refused():
    y = np.repeat(np.arange(10), 4)
    with pytest.raises(ValueError, match="`sizes` must be large enough for a row of each of the 10 classes"):
        train_dev_test_split(y, stratify=y)


@pytest.mark.parametrize("seed", range(40))
def test_quotas_have_the_right_sums_and_leave_nobody_out(seed):
    random = np.random.default_rng(seed)
    for _ in range(25):
        class_counts = random.integers(3, random.choice([4, 10, 300]), random.integers(1, 30))
        class_counts[0] += random.choice([0, 1000])
        shares = random.dirichlet([2.0, 2.0, 2.0])
        dev, test = np.maximum(np.round(shares[1:] * class_counts.sum()), len(class_counts)).astype(int)
        counts = np.array([class_counts.sum() - dev - test, dev, test])
        if counts[0] < len(class_counts):
            continue
        quotas = _quotas(class_counts, counts)
        np.testing.assert_array_equal(quotas.sum(axis=1), class_counts)
        np.testing.assert_array_equal(quotas.sum(axis=0), counts)
        assert quotas.min() >= 1
        share = np.outer(class_counts, counts) / class_counts.sum()
        if share.min() >= 1:
            assert np.abs(quotas - share).max() <= 1


CLASSES = labels_of([60, 40])
STRATIFIED = {
    "integers": CLASSES,
    "a column": CLASSES[:, None],
    "bytes": CLASSES.astype("uint8"),
    "booleans": CLASSES > 0,
    "float 0 and 1": CLASSES.astype("float32"),
    "float -1 and 1": 2.0 * CLASSES - 1.0,
    "text": np.array(["cat", "dog"])[CLASSES],
    "text as objects": np.array(["cat", "dog"], dtype="object")[CLASSES],
    "one-hot rows": np.eye(2, dtype="float32")[CLASSES],
    "one-hot booleans": np.eye(2, dtype="bool")[CLASSES],
    "a list": CLASSES.tolist(),
    "a list of text": np.array(["cat", "dog"])[CLASSES].tolist(),
    "a tensor": keras.ops.convert_to_tensor(CLASSES),
}


@pytest.mark.parametrize("kind", STRATIFIED)
def test_targets_that_are_classes_are_stratified(kind):
    split = train_dev_test_split(np.zeros((100, 2)), STRATIFIED[kind])
    assert split.stratified
    np.testing.assert_array_equal(rows_by_class(CLASSES, split), [[42, 9, 9], [28, 6, 6]])


NOISE = np.random.default_rng(0).normal(size=100)
NOT_STRATIFIED = {
    "floats": NOISE,
    "float32": NOISE.astype("float32"),
    "two floats that are no whole numbers": np.where(NOISE > 0, 0.5, 1.5),
    "three floats": np.round(NOISE).clip(-1, 1),
    "floats with NaN": np.where(NOISE > 0, np.nan, 1.0),
    "integers of many values": np.arange(100) // 2,
    "text of many values": np.arange(100).astype(str),
    "floats as objects": NOISE.astype("object"),
    "dates": np.arange(100).astype("datetime64[D]"),
    "several columns": np.zeros((100, 3), dtype="int64"),
    "indicators": np.stack([NOISE > 0, NOISE > 1, NOISE > -1], axis=1),
    "images": np.zeros((100, 4, 4), dtype="uint8"),
    "several outputs": [CLASSES, CLASSES],
    "outputs by name": {"a": CLASSES, "b": CLASSES},
    "nothing": None,
}


@pytest.mark.parametrize("kind", NOT_STRATIFIED)
def test_targets_that_are_no_classes_are_not_stratified(kind):
    split = train_dev_test_split(np.zeros((100, 2)), NOT_STRATIFIED[kind])
    assert not split.stratified
    assert split.sizes == (70, 15, 15)


@pytest.mark.parametrize("groups", [list("abcde" * 20), np.arange(100) % 5, np.array(list("abcde" * 20), dtype=object)])
def test_strata_may_be_other_labels_than_the_targets(groups):
    split = train_dev_test_split(NOISE, NOISE, stratify=groups)
    np.testing.assert_array_equal(rows_by_class(np.array(groups), split), [[14, 3, 3]] * 5)


@pytest.mark.parametrize("stratify", ["yes", True, np.zeros(99), np.zeros((100, 2))])
def test_wrong_strata_are_refused_by_name(stratify):
    with pytest.raises(ValueError, match="`stratify` must be"):
        train_dev_test_split(NOISE, stratify=stratify)


def test_chronological_keeps_the_order():
    x = np.arange(100)
    split = train_dev_test_split(x, x % 2, chronological=True)
    np.testing.assert_array_equal(np.concatenate(split.indices), x)
    assert not split.stratified


def test_chronological_refuses_to_leave_a_class_out():
    y = np.repeat([0, 1], 50)
    with pytest.raises(ValueError, match=r"`stratify` must be .*dev would lack.*stratify=\[0\]"):
        train_dev_test_split(y, y, chronological=True)
    assert train_dev_test_split(y, y, chronological=True, stratify=None).sizes == (70, 15, 15)


def test_nests_of_any_number_of_arrays_stay_aligned():
    ids = np.arange(100)
    x = {"a": ids, "b": [ids * 2, (ids * 3, None)]}
    split = train_dev_test_split(x, ids % 2, ids + 0.5, None)
    for (nest, y, weight, nothing), rows in zip(split, split.indices, strict=True):
        np.testing.assert_array_equal(nest["a"], rows)
        np.testing.assert_array_equal(nest["b"][0], rows * 2)
        np.testing.assert_array_equal(nest["b"][1][0], rows * 3)
        assert nest["b"][1][1] is None
        np.testing.assert_array_equal(y, rows % 2)
        np.testing.assert_array_equal(weight, rows + 0.5)
        assert nothing is None


def test_tensors_come_back_as_arrays_of_their_type():
    x = keras.ops.reshape(keras.ops.arange(200, dtype="float32"), (100, 2))
    part = train_dev_test_split(x).train[0]
    assert isinstance(part, np.ndarray)
    assert part.dtype == "float32"
    assert part.shape == (70, 2)


class Frame:
    """What is asked of a data frame: rows by position, a shape, a length, and an array of its values."""

    def __init__(self, values, names):
        self.values, self.names = values, names
        self.shape, self.iloc = values.shape, self

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)

    def __getitem__(self, rows):
        return Frame(self.values[rows], self.names)


def test_what_has_rows_by_position_stays_what_it_is():
    split = train_dev_test_split(Frame(np.arange(100)[:, None], ["id"]), Frame(CLASSES, ["class"]))
    assert split.stratified
    for (x, _), rows in zip(split, split.indices, strict=True):
        assert x.names == ["id"]
        np.testing.assert_array_equal(x.values[:, 0], rows)


def test_data_frames_stay_data_frames():
    pandas = pytest.importorskip("pandas")
    x = pandas.DataFrame({"a": np.arange(100), "b": "text"}, index=np.arange(100) + 1000)
    y = pandas.Series(np.array(["cat", "dog"])[CLASSES], index=x.index, name="pet", dtype="category")
    split = train_dev_test_split(x, y)
    assert split.stratified
    for (x_part, y_part), rows in zip(split, split.indices, strict=True):
        pandas.testing.assert_frame_equal(x_part, x.iloc[rows])
        pandas.testing.assert_series_equal(y_part, y.iloc[rows])


def test_arrays_of_different_lengths_are_refused():
    for arrays in [(np.zeros(100), np.zeros(99)), ({"a": np.zeros(100), "b": np.zeros(99)},)]:
        with pytest.raises(ValueError, match=r"`arrays` must be of the same number of rows.*99"):
            train_dev_test_split(*arrays)


@pytest.mark.parametrize("arrays", [(), (None,), (3,), (iter([1, 2]),), ("text",), ([[1, 2], [3]],)])
def test_what_has_no_rows_is_refused(arrays):
    with pytest.raises(ValueError, match="`arrays` must be"):
        train_dev_test_split(*arrays)


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"seed": 0.5}, {"chronological": 1}], ids=str)
def test_wrong_arguments_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be"):
        train_dev_test_split(NOISE, **wrong)


def test_a_split_says_what_it_is():
    split = train_dev_test_split(NOISE, CLASSES)
    assert str(split) == "train 70 (70%), dev 15 (15%), test 15 (15%), stratified"
    assert repr(split) == f"DataSplit({split})"
    told = json.loads(json.dumps(split.to_dict()))
    assert told["sizes"] == [70, 15, 15]
    assert told["indices"]["dev"] == split.indices[1].tolist()


def test_keras_validation_split_leaves_a_class_out_and_ours_does_not():
    class Seen(keras.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            self.smallest = min(getattr(self, "smallest", 1.0), logs["smallest_label"])

    def smallest_label(y_true, y_pred):
        return keras.ops.min(y_true)

    x, y = np.zeros((100, 1), dtype="float32"), np.repeat([0.0, 1.0], 50).astype("float32")
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[smallest_label])

    keras_seen, our_seen = Seen(), Seen()
    model.fit(x, y, validation_split=0.15, batch_size=100, verbose=0, callbacks=[keras_seen])
    train, dev, _ = train_dev_test_split(x, y)
    model.fit(*train, validation_data=dev, batch_size=100, verbose=0, callbacks=[our_seen])
    assert keras_seen.smallest == 1.0  # the first class is never validated
    assert our_seen.smallest == 0.0


def scaled_by(layer):
    return keras.ops.convert_to_numpy(layer.center).ravel()


def test_a_layer_is_adapted_to_the_training_part_alone():
    x = np.arange(100.0)[:, None]
    split, layer = train_dev_test_split(x, chronological=True), kp.layers.MinMaxScaling()
    split.adapt(layer)
    assert keras.ops.convert_to_numpy(layer(split.train[0])).max() == 1.0
    assert keras.ops.convert_to_numpy(layer(split.dev[0])).min() > 1.0


@pytest.mark.parametrize("has_input", [True, False])
def test_all_layers_of_a_model_are_adapted_to_what_reaches_them(has_input):
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(2.0), kp.layers.StandardScaling()])
    scaling = kp.layers.RobustScaling()
    model = keras.Sequential([keras.Input((2,))] * has_input + [scaling, inner, keras.layers.Dense(1)])
    x = np.random.default_rng(0).normal(5.0, 3.0, (200, 2)).astype("float32")
    split = train_dev_test_split(x, x[:, 0])
    split.adapt(model)
    (train, _) = split.train
    np.testing.assert_allclose(scaled_by(scaling), np.median(train, axis=0), rtol=1e-5)
    between = keras.ops.convert_to_numpy(scaling(train))
    np.testing.assert_allclose(scaled_by(inner.layers[-1]), 2 * between.mean(axis=0), rtol=1e-4, atol=1e-6)
    assert np.isfinite(model.predict(split.test[0], verbose=0)).all()


def test_each_of_several_inputs_has_its_own_scaling():
    inputs = {"a": keras.Input((1,), name="a"), "b": keras.Input((1,), name="b")}
    scalings = {name: kp.layers.StandardScaling() for name in inputs}
    outputs = keras.layers.Add()([scalings[name](inputs[name]) for name in inputs])
    data = {"a": np.arange(50.0)[:, None], "b": 100 + np.arange(50.0)[:, None]}
    split = train_dev_test_split(data)
    split.adapt(keras.Model(inputs, outputs))
    (train,) = split.train
    for name, scaling in scalings.items():
        np.testing.assert_allclose(scaled_by(scaling), train[name].mean(), rtol=1e-5)


class Subclassed(keras.Model):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return self.layer(x)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.layers.Dense(1),
        lambda: keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]),
        lambda: Subclassed(kp.layers.StandardScaling()),
        lambda: keras.Sequential([keras.Input((2, 1)), keras.layers.TimeDistributed(kp.layers.StandardScaling())]),
        lambda: "a model",
    ],
    ids=["a layer without adapt", "a model without adapt", "a subclassed model", "a wrapped layer", "text"],
)
def test_what_cannot_be_adapted_is_refused(make):
    with pytest.raises(ValueError, match=r"`model` must be[\s\S]*Received: model"):
        train_dev_test_split(np.ones((100, 2))).adapt(make())
