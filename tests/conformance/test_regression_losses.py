"""What every loss on numbers promises."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts import backend
from tests.cases import REGRESSION_LOSSES

EVERY = pytest.mark.parametrize("case", REGRESSION_LOSSES, ids=str)
PLAIN = dict(dtype="float32", reduction="sum_over_batch_size")
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", None]
SHAPES = [(8,), (4, 5), (3, 4, 2)]
LARGEST = 65504.0  # of float16


def data(case, shape=(8,), seed=0):
    """Targets, two a sample where one output is one number, and predictions."""
    random = np.random.default_rng(seed)
    targets = 2 if case.outputs == 1 else 1
    return random.normal(size=(*shape, targets)) * 2, random.normal(size=(*shape, targets * case.outputs)) * 2


def expected(case, y, p, sample_weight=None, mask=None, oracle=None, **changes):
    arguments = {k: v for k, v in {**case.kwargs, **PLAIN, **changes}.items() if k not in ("name", "dtype")}
    if arguments.get("delta") == "auto":
        del arguments["delta"]
    elif "delta" in arguments:
        del arguments["quantile"]
    return (oracle or case.oracle)(y, p, sample_weight=sample_weight, mask=mask, **arguments)


def value(loss, y, p, *weight):
    p = np.asarray(p, "float32") if isinstance(p, np.ndarray) else p
    return ops.convert_to_numpy(ops.cast(loss(y, p, *weight), "float32"))


@EVERY
def test_follows_the_formula(case):
    for shape in SHAPES:
        y, p = data(case, shape)
        for w in (None, np.random.default_rng(1).uniform(size=shape)):
            for reduction in REDUCTIONS:
                found = value(case.build(**{**PLAIN, "reduction": reduction}), y, p, w)
                np.testing.assert_allclose(found, expected(case, y, p, w, reduction=reduction), rtol=2e-5, atol=1e-6)


@EVERY
def test_a_sample_weight_with_fewer_axes_weighs_whole_samples(case):
    y, p = data(case, (4, 4))
    w = np.array([0.0, 1.0, 2.0, 5.0])
    assert value(case.build(**PLAIN), y, p, w) == pytest.approx(expected(case, y, p, w), rel=2e-5)


@EVERY
def test_masked_steps_count_for_nothing(case):
    y, p = data(case, (4, 5))
    mask = np.arange(5) < np.array([[5], [3], [1], [4]])
    masked = keras.layers.Masking(mask_value=-7.0)(np.where(mask[..., None], p, -7.0).astype("float32"))
    loss = case.build(**PLAIN)
    y_of_mask = np.where(mask[..., None], y, -7.0)  # so that the first threshold of Huber sees no other errors
    assert value(loss, y_of_mask, masked) == pytest.approx(expected(case, y_of_mask, masked, mask=mask), rel=2e-5)


@EVERY
def test_all_weights_zero_is_zero(case):
    y, p = data(case)
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight", "sum"):
        assert value(case.build(**{**PLAIN, "reduction": reduction}), y, p, np.zeros(8)) == 0.0


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_is_right_at_the_extremes(case, dtype):
    y, p = data(case, (6,))
    y[:], p[:] = 0.0, 0.0
    p[:4] = np.array([1e4, -1e4, 0.5, -0.25])[:, None]
    tolerance = {"float32": 2e-5, "bfloat16": 1e-2, "float16": 2e-3}[dtype]
    loss = case.build(**{**PLAIN, "dtype": dtype})
    assert keras.backend.standardize_dtype(loss(y, p).dtype) == dtype
    for rows in (slice(0, 4), slice(2, 6), slice(4, 6), slice(0, 0)):
        found = value(loss, y[rows], ops.cast(p[rows], dtype))
        wanted = expected(case, y[rows], p[rows])
        wanted = min(wanted, LARGEST) if dtype == "float16" else wanted
        assert found == pytest.approx(wanted, rel=tolerance, abs=1e-6)


@EVERY
def test_is_summed_in_float32_where_keras_overflows(case):
    y, p = np.zeros((3000, 1), "float16"), np.full((3000, case.outputs), 100.0, "float16")
    keras_own = keras.losses.MeanAbsoluteError(dtype="float16")
    assert not np.isfinite(value(keras_own, y, ops.convert_to_tensor(p)[:, :1]))
    found = value(case.build(**{**PLAIN, "dtype": "float16"}), y, ops.convert_to_tensor(p))
    assert found == pytest.approx(min(expected(case, y[:1], p[:1]), LARGEST), rel=2e-3)


@EVERY
def test_gradient_agrees_with_finite_differences(case):
    y, p = data(case, (6,))
    w = np.linspace(0.5, 1.5, 6)
    predictions = keras.Variable(p, dtype="float32")
    loss = case.build(**PLAIN)
    _, (gradient,) = backend.value_and_gradients(lambda: loss(y, predictions.value, w), [predictions])()
    oracle = case.gradient and case.gradient(y, p)
    step = 1e-6
    numeric = np.zeros_like(p)
    for index in np.ndindex(*p.shape):
        up, down = p.copy(), p.copy()
        up[index] += step
        down[index] -= step
        rise = expected(case, y, up, w, oracle=oracle) - expected(case, y, down, w, oracle=oracle)
        numeric[index] = rise / (2 * step)
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), numeric, rtol=1e-3, atol=1e-5)


@EVERY
def test_gradient_is_finite_at_the_extremes(case):
    y, p = data(case, (8,))
    p[:] = np.array([1e4, -1e4, 0.0, 1e-30, 1e18, -1e18, 1e-18, 3.0])[:, None]
    y[:] = 0.0
    for dtype in ("float32", "bfloat16"):
        predictions = keras.Variable(p, dtype=dtype)
        loss = case.build(**PLAIN)
        _, (gradient,) = backend.value_and_gradients(lambda v=predictions, f=loss: f(y, v.value), [predictions])()
        assert np.isfinite(ops.convert_to_numpy(ops.cast(gradient, "float32"))).all()


@EVERY
def test_an_unknown_target_stays_unknown(case):
    y, p = data(case)
    y[3] = np.nan
    found = value(case.build(**{**PLAIN, "reduction": None}), y, p)
    assert np.isnan(found).tolist() == [row == 3 for row in range(8)]


@EVERY
def test_shapes_that_do_not_fit_are_refused_and_not_spread(case):
    y, p = data(case, (5,))
    loss = case.build(**PLAIN)
    for wrong in (np.zeros((4, y.shape[-1])), np.zeros((1, y.shape[-1])), np.zeros((5, 7)), np.zeros((5, 1, 5, 1))):
        with pytest.raises(ValueError, match="y_true"):
            loss(wrong, p)
    with pytest.raises(ValueError, match="sample_weight"):
        loss(y, p, np.ones(3))


@EVERY
def test_targets_may_lack_a_last_axis_of_one(case):
    random = np.random.default_rng(0)
    y, p = random.normal(size=(6, 1)), random.normal(size=(6, case.outputs))
    loss = case.build(**PLAIN)
    assert value(loss, y[:, 0], p) == pytest.approx(float(value(loss, y, p)))
    assert value(loss, y[:, 0], p) == pytest.approx(expected(case, y, p), rel=2e-5)
