"""What every activation promises."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts import activations, backend
from tests.cases import ACTIVATIONS
from tests.reference.initializers import second_moment

ELEMENTWISE = [case for case in ACTIVATIONS if case.elementwise]
EVERY = pytest.mark.parametrize("case", ACTIVATIONS, ids=str)
EVERY_ELEMENTWISE = pytest.mark.parametrize("case", ELEMENTWISE, ids=str)
DTYPES = pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
EXTREMES = np.array([-1e4, -50.0, 0.0, 50.0, 1e4])
GRID = np.concatenate([np.linspace(-8, 8, 160) + 0.013, EXTREMES])[:, None] * [1.0, 0.999]  # two columns, no kink but 0
# A few units in the last place, and what float32 loses of a phase of 1e4.
TOLERANCES = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 4e-3}


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def autodiff(activation, x):
    """Gradient of the sum of the values, in the precision of `x`."""
    variable = keras.Variable(x, dtype=keras.backend.standardize_dtype(x.dtype))
    _, (gradient,) = backend.value_and_gradients(lambda: ops.sum(activation(variable.value)), [variable])()
    return gradient


def away_from_kinks(case, x):
    return np.all([np.abs(x - kink) > 1e-6 for kink in (*case.kinks, np.inf)], axis=0)


@EVERY
def test_follows_the_formula(case):
    values = numpy(case.build()(GRID.astype("float32")))
    np.testing.assert_allclose(values, case.oracle(GRID.astype("float32").astype("float64"), **case.kwargs), 1e-5, 2e-6)


@EVERY
def test_derivative_follows_the_formula(case):
    x = np.concatenate([np.linspace(-8, 8, 160) + 0.013])[:, None] * [1.0, 0.999]
    slopes = numpy(case.build().derivative(x.astype("float32")))
    np.testing.assert_allclose(slopes, case.gradient(x, **case.kwargs), rtol=2e-5, atol=2e-6)


@EVERY_ELEMENTWISE
def test_gradient_in_training_follows_the_formula(case):
    x = GRID[:160]
    gradient = numpy(autodiff(case.build(), ops.cast(x, "float32")))
    np.testing.assert_allclose(gradient, case.gradient(x, **case.kwargs), rtol=2e-5, atol=4e-6)


@EVERY_ELEMENTWISE
@DTYPES
def test_is_right_and_keeps_its_precision_at_the_extremes(case, dtype):
    x = ops.cast(EXTREMES, dtype)
    y = case.build()(x)
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    np.testing.assert_allclose(numpy(y), case.oracle(numpy(x), **case.kwargs), TOLERANCES[dtype], 1e-6)


@EVERY_ELEMENTWISE
@DTYPES
def test_derivative_agrees_with_automatic_differentiation_at_the_extremes(case, dtype):
    x = ops.cast(EXTREMES, dtype)
    ours, theirs = numpy(case.build().derivative(x)), numpy(autodiff(case.build(), x))
    smooth = away_from_kinks(case, EXTREMES)
    assert np.isfinite(ours).all()
    assert np.isfinite(theirs).all()
    np.testing.assert_allclose(ours[smooth], theirs[smooth], rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype])
    np.testing.assert_allclose(
        ours[smooth], case.gradient(numpy(x), **case.kwargs)[smooth], rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype]
    )
    sides = [
        case.gradient(EXTREMES + side, **case.kwargs) for side in (-1e-5, 1e-5)
    ]  # frameworks take either at a kink
    low, high = np.minimum(*sides), np.maximum(*sides)
    assert ((theirs >= low - TOLERANCES[dtype]) & (theirs <= high + TOLERANCES[dtype]))[~smooth].all()


@EVERY_ELEMENTWISE
def test_gain_is_the_integral(case):
    kinks = sorted({0.0, *case.kinks})
    moment = second_moment(lambda z: float(case.oracle(np.array([z]), **case.kwargs)[0]), kinks)
    assert case.build().gain ** -2 == pytest.approx(moment, rel=2e-5)  # jumps fall inside a cell of 1e-4


@EVERY_ELEMENTWISE
def test_range_is_that_of_the_values(case):
    low, high = case.build().range
    values = case.oracle(np.concatenate([np.linspace(-30, 30, 60_001), EXTREMES]), **case.kwargs)
    assert values.min() >= low - 1e-6
    assert values.max() <= high + 1e-6
    assert values.min() == pytest.approx(low, abs=1e-4) if np.isfinite(low) else values.min() < -100
    assert values.max() == pytest.approx(high, abs=1e-4) if np.isfinite(high) else values.max() > 100


@EVERY_ELEMENTWISE
def test_zero_centered_says_whether_the_mean_is_zero(case):
    z = np.linspace(-8, 8, 160_001)
    mean = (case.oracle(z, **case.kwargs) * np.exp(-z * z / 2)).sum() / np.exp(-z * z / 2).sum()
    assert case.build().zero_centered == (abs(mean) < 1e-3)


@EVERY_ELEMENTWISE
def test_steepest_is_the_greatest_slope(case):
    x = np.linspace(-12, 12, 240_001)
    assert case.build().steepest == pytest.approx(np.abs(case.gradient(x, **case.kwargs)).max(), rel=1e-4)


@EVERY_ELEMENTWISE
def test_saturated_and_dead_are_what_the_derivative_says(case):
    x = np.concatenate([np.linspace(-10, 10, 401) + 0.001, [-1e4, 1e4]])
    slope = np.abs(case.gradient(x, **case.kwargs))
    activation = case.build()
    clear = np.abs(slope - 0.05 * activation.steepest) > 1e-3 * activation.steepest
    saturated = ops.convert_to_numpy(activation.saturated(x.astype("float32")))
    np.testing.assert_array_equal(saturated[clear], (slope <= 0.05 * activation.steepest)[clear])
    dead = ops.convert_to_numpy(activation.dead(x.astype("float32")))
    assert not dead[slope > 1e-30].any()
    assert dead[slope == 0].all()
    with pytest.raises(ValueError, match="tolerance"):
        activation.saturated(x, tolerance=1.0)


@EVERY_ELEMENTWISE
def test_nan_stays_nan_and_spoils_nothing_else(case):
    x = np.array([np.nan, 1.0], "float32")
    for y in (numpy(case.build()(x)), numpy(case.build().derivative(x))):
        assert np.isfinite(y[1])
    assert np.isnan(numpy(case.build()(x))[0])


@EVERY
def test_takes_integers_and_empty_arrays(case):
    assert np.isfinite(numpy(case.build()(np.array([[-2, 0, 2]])))).all()
    assert tuple(case.build()(np.zeros((0, 3), "float32")).shape) == (0, 3)


@EVERY
def test_works_in_any_layer_and_in_the_activation_layer(case):
    x = np.linspace(-2, 2, 12, dtype="float32").reshape(4, 3)
    layer = keras.layers.Dense(3, activation=case.build(), kernel_initializer="identity")
    expected = case.oracle(x.astype("float64"), **case.kwargs)
    np.testing.assert_allclose(numpy(layer(x)), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(numpy(keras.layers.Activation(case.build())(x)), expected, rtol=1e-5, atol=1e-6)


@EVERY
def test_shape_is_known_before_data(case):
    y = case.build()(keras.KerasTensor((None, 5), dtype="float32"))
    assert y.shape == (None, 5)


@EVERY
def test_says_its_arguments(case):
    again = eval(repr(case.build()), {case.part.__name__: case.part})
    assert all(getattr(again, name) == value for name, value in case.kwargs.items())


@EVERY
def test_describes_itself(case):
    activation = case.build()
    assert activations.describe(activation) is activation
