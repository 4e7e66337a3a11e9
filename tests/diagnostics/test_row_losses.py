"""The loss of each row, against Keras; the standard error, against the textbook."""

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.diagnostics.model_facts import loss_name
from kerasparts.diagnostics.probe import Probe
from kerasparts.diagnostics.row_losses import LOSSES, loss_error, row_losses

RANDOM = np.random.default_rng(0)
ROWS, CLASSES = 40, 5
VALUES = RANDOM.normal(size=(ROWS, 3)), RANDOM.normal(size=(ROWS, 3))
LOGITS = 3 * RANDOM.normal(size=(ROWS, CLASSES))
SHARES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
LABELS = RANDOM.integers(CLASSES, size=(ROWS, 1))
ONE_HOT = np.eye(CLASSES)[LABELS[:, 0]]
SEVERAL = RANDOM.integers(2, size=(ROWS, CLASSES)).astype(float)
PIXELS = RANDOM.normal(size=(ROWS, 4, CLASSES)), RANDOM.integers(CLASSES, size=(ROWS, 4))
LOSS = keras.losses
CASES = {
    "squared": (LOSS.MeanSquaredError(), *VALUES),
    "absolute": (LOSS.MeanAbsoluteError(), *VALUES),
    "huber": (LOSS.Huber(0.3), *VALUES),
    "binary": (LOSS.BinaryCrossentropy(), SEVERAL, SHARES),
    "binary smoothed": (LOSS.BinaryCrossentropy(label_smoothing=0.2), SEVERAL, SHARES),
    "binary logits": (LOSS.BinaryCrossentropy(from_logits=True), SEVERAL, LOGITS),
    "one-hot": (LOSS.CategoricalCrossentropy(), ONE_HOT, SHARES),
    "one-hot smoothed logits": (LOSS.CategoricalCrossentropy(True, label_smoothing=0.2), ONE_HOT, LOGITS),
    "labels": (LOSS.SparseCategoricalCrossentropy(), LABELS, SHARES),
    "labels without a column": (LOSS.SparseCategoricalCrossentropy(from_logits=True), LABELS[:, 0], LOGITS),
    "labels of pixels": (LOSS.SparseCategoricalCrossentropy(from_logits=True), PIXELS[1], PIXELS[0]),
    "an ignored label": (LOSS.SparseCategoricalCrossentropy(True, ignore_class=2), LABELS, LOGITS),
}


@pytest.mark.parametrize("name", CASES)
def test_exact_losses_are_those_of_keras(name):
    loss, y, y_pred = CASES[name]
    options = {**loss._fn_kwargs}
    expected = keras.ops.convert_to_numpy(loss.call(y.astype("float32"), y_pred.astype("float32")))
    found = row_losses(y, y_pred, loss_name(loss), "other", options)
    assert loss_name(loss) in LOSSES
    np.testing.assert_allclose(found, expected.reshape(ROWS, -1).mean(axis=1), rtol=2e-5, atol=1e-6)  # float32


def test_a_class_weight_weighs_rows():
    options = {"from_logits": True, "class_weight": [0.0, 1.0, 2.0, 3.0, 4.0]}
    plain = row_losses(LABELS, LOGITS, "sparse_categorical_crossentropy", "index", {"from_logits": True})
    weighted = row_losses(LABELS, LOGITS, "sparse_categorical_crossentropy", "index", options)
    np.testing.assert_allclose(weighted, plain * LABELS[:, 0])


def test_for_another_loss_there_is_one_of_the_same_kind():
    by_labels = row_losses(LABELS, LOGITS, "focal", "index", {})
    np.testing.assert_allclose(by_labels, -np.log(SHARES[np.arange(ROWS), LABELS[:, 0]]), rtol=1e-6)
    np.testing.assert_allclose(row_losses(*VALUES, "log_cosh", "values", {}), ((VALUES[0] - VALUES[1]) ** 2).mean(1))


def test_targets_that_do_not_fit_have_none():
    assert row_losses(np.zeros((ROWS, 7)), VALUES[1], "mean_squared_error", "values", {}) is None
    assert row_losses(np.full((ROWS, 1), 9.0), LOGITS, "sparse_categorical_crossentropy", "index", {}) is None


def test_the_error_of_a_mean():
    rows = RANDOM.exponential(size=100)
    assert loss_error(rows.mean(), rows) == pytest.approx(rows.std(ddof=1) / 10)
    assert loss_error(100 * rows.mean(), rows) == pytest.approx(10 * rows.std(ddof=1))  # a sum over 100 rows
    assert loss_error(-rows.mean(), rows) > 0


@pytest.mark.parametrize(
    ("measured", "rows", "expected"),
    [
        (1.0, None, np.nan),
        (np.nan, np.ones(3), np.nan),
        (np.inf, np.array([1.0, np.inf]), np.nan),
        (1.0, np.ones(1), np.inf),
        (0.0, np.zeros(3), 0.0),
        (1.0, np.zeros(3), np.nan),
        (2.0, np.full(3, 2.0), 0.0),
    ],
)
def test_an_error_that_is_unknown_is_not_called_small(measured, rows, expected):
    np.testing.assert_equal(loss_error(measured, rows), expected)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "sample weights"])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum"])
def test_the_probe_gives_the_error_of_the_loss_that_it_measured(weighted, reduction):
    x, y = RANDOM.normal(size=(ROWS, 2)).astype("float32"), RANDOM.normal(size=(ROWS, 1)).astype("float32")
    weight = RANDOM.uniform(size=ROWS).astype("float32") if weighted else None
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", keras.losses.MeanAbsoluteError(reduction=reduction))
    values = Probe(model, (x, y, weight), (x, y, weight), ROWS).measure(0, 0.0)
    rows = np.abs(keras.ops.convert_to_numpy(model(x)) - y)[:, 0] * (weight if weighted else 1)
    factor = 1 if reduction == "sum_over_batch_size" else ROWS
    np.testing.assert_allclose(values["train_loss"], factor * rows.mean(), rtol=1e-4)
    expected = factor * rows.std(ddof=1) / np.sqrt(ROWS)
    np.testing.assert_allclose([values["train_loss_error"], values["validation_loss_error"]], expected, rtol=1e-4)


def test_a_loss_of_ours_is_as_well_known():
    x, y = RANDOM.normal(size=(ROWS, 2)).astype("float32"), LABELS[:, 0]
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(CLASSES)])
    weights = np.array([5.0, 1.0, 1.0, 1.0, 1.0])
    model.compile("sgd", kp.losses.SparseCategoricalCrossentropy(from_logits=True, class_weight=list(weights)))
    values = Probe(model, (x, y, None), None, ROWS).measure(0, 0.0)
    z = keras.ops.convert_to_numpy(model(x)).astype("float64")
    rows = (np.log(np.exp(z).sum(axis=1)) - z[np.arange(ROWS), y]) * weights[y]
    np.testing.assert_allclose(values["train_loss"], rows.mean(), rtol=1e-4)
    np.testing.assert_allclose(values["train_loss_error"], rows.std(ddof=1) / np.sqrt(ROWS), rtol=1e-4)
