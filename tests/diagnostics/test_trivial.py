"""Constant predictions, held against every other constant by Keras' own losses; shares of wrong answers."""

import keras
import numpy as np
import pytest

from kerasparts.diagnostics import error_rate, trivial_prediction

RANDOM = np.random.default_rng(0)
SKEWED = RANDOM.exponential(size=401)
LABELS = RANDOM.choice(4, p=[0.5, 0.3, 0.15, 0.05], size=400)
INDICATORS = (RANDOM.random((400, 3)) < [0.1, 0.5, 0.8]).astype("float32")
BCE, CCE = keras.losses.BinaryCrossentropy, keras.losses.CategoricalCrossentropy
SCCE = keras.losses.SparseCategoricalCrossentropy

# targets, classes, from_logits, statistic, loss
BEST = {
    "squared error": (SKEWED, 1, False, "mean", keras.losses.MeanSquaredError()),
    "squared error, column": (SKEWED[:, None], 1, False, "mean", keras.losses.MeanSquaredError()),
    "squared error, outputs": (np.stack([SKEWED, -SKEWED], 1), 2, False, "mean", keras.losses.MeanSquaredError()),
    "absolute error": (SKEWED, 1, False, "median", keras.losses.MeanAbsoluteError()),
    "labels, probabilities": (LABELS, 4, False, "mean", SCCE()),
    "labels, logits": (LABELS, 4, True, "mean", SCCE(from_logits=True)),
    "column of labels": (LABELS[:, None].astype("float32"), 4, True, "mean", SCCE(from_logits=True)),
    "one-hot rows, probabilities": (np.eye(4)[LABELS], 4, False, "mean", CCE()),
    "one-hot rows, logits": (np.eye(4)[LABELS], 4, True, "mean", CCE(from_logits=True)),
    "two classes, probabilities": (LABELS > 0, 1, False, "mean", BCE()),
    "two classes, logits": (LABELS > 0, 1, True, "mean", BCE(from_logits=True)),
    "indicators, probabilities": (INDICATORS, 3, False, "mean", BCE()),
    "indicators, logits": (INDICATORS, 3, True, "mean", BCE(from_logits=True)),
}


def loss_of(loss, y, output):
    """Loss of the same output for every row."""
    y = np.asarray(y, dtype="float32")
    y = y[:, None] if y.ndim == 1 else y
    prediction = np.broadcast_to(output, (len(y), len(output))).astype("float32")
    return float(keras.ops.convert_to_numpy(loss(y, prediction)))


@pytest.mark.parametrize("case", BEST)
def test_no_other_constant_has_a_lower_loss(case):
    y, classes, from_logits, statistic, loss = BEST[case]
    best = trivial_prediction(y, classes, from_logits, statistic)
    assert best.shape == (classes,)
    least = loss_of(loss, y, best)
    is_share = loss.__class__ in (SCCE, CCE, BCE) and not from_logits
    for scale in (0.02, 0.1, 0.5):
        for _ in range(10):
            other = best + scale * RANDOM.normal(size=classes)
            if is_share:
                other = np.clip(other, 0.01, 0.99)
            assert loss_of(loss, y, other) > least - 1e-6  # float32 losses of order 1


def test_the_loss_of_the_best_constant_is_the_entropy_of_the_classes():
    share = np.bincount(LABELS) / len(LABELS)
    entropy = -(share * np.log(share)).sum()
    for from_logits in (False, True):
        best = trivial_prediction(LABELS, 4, from_logits)
        loss = loss_of(SCCE(from_logits=from_logits), LABELS, best)
        assert loss == pytest.approx(entropy, rel=1e-5)  # float32


def test_a_class_that_never_occurs_has_finite_logits():
    best = trivial_prediction(np.zeros(10, dtype="int64"), 3, from_logits=True)
    assert np.isfinite(best).all()
    assert best.argmax() == 0


def test_labels_that_name_no_class_are_left_out():
    y = np.array([0, 0, 1, 255, -1])
    np.testing.assert_allclose(trivial_prediction(y, 2, False), [2 / 3, 1 / 3], rtol=1e-12)


def test_values_for_a_model_with_several_outputs_are_no_labels():
    np.testing.assert_allclose(trivial_prediction(np.array([-1.5, 0.5, 4.0]), 2, False), [1.0], rtol=1e-12)


def test_axes_between_are_kept():
    y = RANDOM.normal(size=(50, 7, 2))
    np.testing.assert_allclose(trivial_prediction(y, 2, False), y.mean(axis=0), rtol=1e-12)


def test_a_wrong_statistic_is_refused_by_name():
    with pytest.raises(ValueError, match="`statistic` must be"):
        trivial_prediction(SKEWED, 1, False, "mode")


PROBABILITIES = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])


@pytest.mark.parametrize(
    "y",
    [np.array([1, 1, 1]), np.array([[1.0], [1.0], [1.0]]), np.eye(2)[[1, 1, 1]], np.eye(2)[[1, 1, 1]] * 0.9 + 0.05],
    ids=["labels", "column", "one-hot", "smoothed"],
)
@pytest.mark.parametrize("from_logits", [False, True])
def test_the_largest_output_is_the_answer(y, from_logits):
    outputs = np.log(PROBABILITIES) if from_logits else PROBABILITIES
    np.testing.assert_array_equal(error_rate(y, outputs, from_logits), [0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    "outputs", [np.array([[0.4], [0.6], [0.4]]), np.array([0.4, 0.6, 0.4])], ids=["(3, 1)", "(3,)"]
)
@pytest.mark.parametrize("y", [np.array([0, 0, 1]), np.array([[0.0], [0.0], [1.0]]), np.array([False, False, True])])
def test_one_output_tells_two_classes(outputs, y):
    np.testing.assert_array_equal(error_rate(y, outputs, from_logits=False), [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(error_rate(y, outputs - 0.5, from_logits=True), [0.0, 1.0, 1.0])


def test_several_indicators_give_the_share_of_wrong_ones():
    y = np.array([[1, 1, 0, 0], [0, 0, 0, 0]])
    outputs = np.array([[0.9, 0.2, 0.1, 0.8], [0.1, 0.1, 0.1, 0.1]])
    np.testing.assert_array_equal(error_rate(y, outputs, from_logits=False), [0.5, 0.0])
    np.testing.assert_array_equal(error_rate(y, outputs - 0.5, from_logits=True), [0.5, 0.0])


def test_with_axes_between_a_sample_may_be_wrong_in_part():
    y = np.array([[0, 1], [1, 1]])
    outputs = np.eye(3)[[[0, 2], [1, 1]]]
    np.testing.assert_array_equal(error_rate(y, outputs, from_logits=False), [0.5, 0.0])
    np.testing.assert_array_equal(error_rate(y[..., None], outputs, from_logits=False), [0.5, 0.0])


def test_the_rate_is_one_minus_the_accuracy_of_keras():
    outputs = RANDOM.normal(size=(400, 4)).astype("float32")
    metric = keras.metrics.SparseCategoricalAccuracy()
    metric.update_state(LABELS, outputs)
    accuracy = float(keras.ops.convert_to_numpy(metric.result()))
    assert error_rate(LABELS, outputs, from_logits=True).mean() == pytest.approx(1 - accuracy, abs=1e-6)  # float32


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2)])
def test_targets_that_do_not_fit_are_refused_by_name(shape):
    with pytest.raises(ValueError, match="`y_true` must be"):
        error_rate(np.zeros(shape), np.zeros((5, 2)), from_logits=False)
    with pytest.raises(ValueError, match="`y_true` must be"):
        error_rate(np.zeros(shape), np.zeros((5, 1)), from_logits=False)


def test_indicators_that_happen_to_be_one_hot_can_be_told_to_be_none():
    y, p = np.array([[1, 0], [0, 1]]), np.array([[0.9, 0.8], [0.2, 0.7]])
    assert error_rate(y, p, from_logits=False).tolist() == [0.0, 0.0]
    assert error_rate(y, p, from_logits=False, multi_label=True).tolist() == [0.5, 0.0]
