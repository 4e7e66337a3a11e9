"""What every classification loss on integer labels promises."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts import backend
from tests.cases import LOSSES

EVERY = pytest.mark.parametrize("case", LOSSES, ids=str)
PLAIN = dict(axis=-1, dtype="float32", reduction="sum_over_batch_size")
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", None]
SHAPES = {"vector": (8,), "sequence": (4, 5), "pixels": (3, 4, 2)}
CLASSES = 3


def data(shape=(8,), seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, CLASSES, shape), random.normal(size=(*shape, CLASSES)) * 3


def expected(case, y, z, sample_weight=None, mask=None, **changes):
    arguments = {**case.kwargs, **PLAIN, **changes}
    arguments = {k: v for k, v in arguments.items() if k not in ("name", "dtype")}
    return case.oracle(y, z, sample_weight, mask=mask, **arguments)


def value(loss, *args):
    return ops.convert_to_numpy(ops.cast(loss(*args), "float32"))


@EVERY
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_follows_the_formula(case, shape, reduction, weighted):
    y, z = data(shape)
    w = np.random.default_rng(1).uniform(size=shape) if weighted else None
    loss = case.build(**{**PLAIN, "reduction": reduction})
    if reduction is None and weighted:
        unweighted = expected(case, y, z, None, reduction=None, class_weight=None)
        weights = np.array(case.kwargs["class_weight"])[y] * w
        # Keras leaves the division by the kept share to the reduction, and there is none.
        np.testing.assert_allclose(value(loss, y, z.astype("float32"), w), unweighted * weights, rtol=1e-5, atol=1e-6)
        return
    if reduction is None:
        y_kept = expected(case, y, z, None, reduction=None)
        np.testing.assert_allclose(value(loss, y, z.astype("float32")), y_kept, rtol=1e-5, atol=1e-6)
        return
    np.testing.assert_allclose(
        value(loss, y, z.astype("float32"), w), expected(case, y, z, w, reduction=reduction), rtol=1e-5
    )


@EVERY
def test_probabilities_give_the_same_as_their_logits(case):
    y, z = data()
    p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    from_logits = value(case.build(**PLAIN), y, z.astype("float32"))
    from_p = value(case.build(**PLAIN, from_logits=False), y, p.astype("float32"))
    assert from_p == pytest.approx(from_logits, rel=1e-5)
    assert from_p == pytest.approx(expected(case, y, p, from_logits=False), rel=1e-5)


@EVERY
def test_the_axis_of_the_classes_can_be_any(case):
    y, z = data((3, 4, 2))
    first = np.moveaxis(z, -1, 1).astype("float32")
    loss = case.build(**{**PLAIN, "axis": 1})
    assert value(loss, y, first) == pytest.approx(expected(case, y, z), rel=1e-5)


@EVERY
def test_labels_may_have_a_last_axis_of_one(case):
    y, z = data()
    loss = case.build(**PLAIN)
    z = z.astype("float32")
    assert value(loss, y[:, None], z) == pytest.approx(float(value(loss, y, z)))


@EVERY
def test_a_sample_weight_with_fewer_axes_weighs_whole_samples(case):
    y, z = data((4, 4))  # square: broadcast from the wrong side, nothing would be noticed
    w = np.array([0.0, 1.0, 2.0, 5.0])
    loss = case.build(**PLAIN)
    assert value(loss, y, z.astype("float32"), w) == pytest.approx(expected(case, y, z, w), rel=1e-5)
    assert value(loss, y, z.astype("float32"), w[:, None]) == pytest.approx(expected(case, y, z, w), rel=1e-5)


@EVERY
def test_zero_weight_removes_a_sample(case):
    y, z = data()
    z = z.astype("float32")
    loss = case.build(**{**PLAIN, "reduction": "sum"})
    w = np.ones(8)
    w[2] = 0.0
    keep = np.arange(8) != 2
    assert value(loss, y, z, w) == pytest.approx(float(value(loss, y[keep], z[keep])), rel=1e-5)


@EVERY
def test_a_keras_mask_and_ignored_labels_leave_the_same_average(case):
    y, z = data((4, 5))
    mask = np.arange(5) < np.array([[5], [3], [1], [4]])
    inputs = np.where(mask[..., None], z, -1e3).astype("float32")
    masked = keras.layers.Masking(mask_value=-1e3)
    model = keras.Sequential([keras.Input((5, CLASSES)), masked])
    model.compile(loss=case.build(**PLAIN))
    loss = model.evaluate(inputs, y, verbose=0)
    assert loss == pytest.approx(expected(case, y, z, mask=mask), rel=1e-5)


EXTREME = {
    "large logits": (np.array([0, 1]), np.array([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0]])),
    "equal logits": (np.array([0, 1]), np.zeros((2, 3))),
    "all ignored": (np.array([2, 2]), np.zeros((2, 3))),
    "empty batch": (np.zeros((0,), int), np.zeros((0, 3))),
}


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("extreme", EXTREME)
def test_is_finite_at_the_extremes(case, extreme, dtype):
    y, z = EXTREME[extreme]
    loss = case.build(**{**PLAIN, "dtype": dtype})
    result = loss(y, ops.cast(z, dtype))
    assert result.shape == ()
    assert keras.backend.standardize_dtype(result.dtype) == dtype
    tolerance = {"float32": 1e-5, "bfloat16": 1e-2, "float16": 2e-3}[dtype]
    assert float(ops.cast(result, "float32")) == pytest.approx(expected(case, y, z), rel=tolerance, abs=1e-6)


@EVERY
def test_probabilities_of_exactly_zero_and_one_are_finite(case):
    p = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    y = np.array([0, 0])
    loss = case.build(**PLAIN, from_logits=False)
    assert value(loss, y, p.astype("float32")) == pytest.approx(expected(case, y, p, from_logits=False), rel=1e-5)


@EVERY
def test_all_weights_zero_is_zero(case):
    y, z = data()
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight", "sum"):
        loss = case.build(**{**PLAIN, "reduction": reduction})
        assert value(loss, y, z.astype("float32"), np.zeros(8)) == 0.0


@EVERY
@pytest.mark.parametrize("from_logits", [True, False])
def test_gradient_agrees_with_finite_differences(case, from_logits):
    y, z = data((6,))
    if not from_logits:
        z = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    w = np.linspace(0.5, 1.5, 6)
    predictions = keras.Variable(z.astype("float32"))
    loss = case.build(**PLAIN, from_logits=from_logits)
    _, (gradient,) = backend.value_and_gradients(lambda: loss(y, predictions.value, w), [predictions])()
    step = 1e-6
    numeric = np.zeros_like(z)
    for index in np.ndindex(*z.shape):
        up, down = z.copy(), z.copy()
        up[index] += step
        down[index] -= step
        rise = expected(case, y, up, w, from_logits=from_logits) - expected(case, y, down, w, from_logits=from_logits)
        numeric[index] = rise / (2 * step)
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), numeric, rtol=1e-3, atol=1e-5)


@EVERY
def test_gradient_is_finite_where_samples_are_ignored_and_logits_extreme(case):
    z = keras.Variable(np.array([[1e4, -1e4, 0.0], [0.0, 0.0, 0.0]], "float32"))
    loss = case.build(**PLAIN)
    for y in (np.array([1, 2]), np.array([2, 2])):
        _, (gradient,) = backend.value_and_gradients(lambda y=y: loss(y, z.value), [z])()
        assert np.isfinite(ops.convert_to_numpy(gradient)).all()


@EVERY
def test_a_label_that_is_no_class_is_refused_or_nan(case):
    z = np.zeros((2, CLASSES), "float32")
    loss = case.build(**PLAIN)
    for wrong in (CLASSES, -1):
        with pytest.raises(ValueError, match="y_true"):
            loss(np.array([0, wrong]), z)
        assert np.isnan(value(loss, ops.convert_to_tensor(np.array([0, wrong])), z))


@EVERY
def test_shapes_that_do_not_fit_are_refused(case):
    loss = case.build(**PLAIN)
    with pytest.raises(ValueError, match="y_true"):
        loss(np.zeros((4, 2), int), np.zeros((4, 5, 3), "float32"))
    with pytest.raises(ValueError, match="class_weight"):
        loss(np.zeros(4, int), np.zeros((4, 2), "float32"))
    with pytest.raises(ValueError, match="sample_weight"):
        loss(np.zeros(4, int), np.zeros((4, 3), "float32"), np.ones(3))


@EVERY
def test_many_labels_survive_half_precision(case):
    """In bfloat16 the label 257 is 256: labels must never become floats."""
    z = np.zeros((2, 300), "float32")
    z[:, 257] = 20.0
    loss = case.build(**{**PLAIN, "dtype": "bfloat16"}, class_weight=None, label_smoothing=0.0)
    assert value(loss, np.array([257, 257]), z) < 1e-3


@EVERY
def test_trains_in_a_compiled_fit_with_several_outputs(case):
    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(CLASSES)(inputs), keras.layers.Dense(CLASSES)(inputs)]
    model = keras.Model(inputs, outputs)
    loss = case.build(**PLAIN)
    model.compile("sgd", [loss, loss])
    random = np.random.default_rng(0)
    x, y = random.normal(size=(32, 4)), random.integers(0, CLASSES, 32)
    history = model.fit(x, [y, y], epochs=3, batch_size=10, verbose=0).history["loss"]
    assert history[-1] < history[0]
