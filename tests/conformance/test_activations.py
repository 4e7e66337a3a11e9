"""What every activation promises."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts import backend
from tests.cases import ACTIVATIONS

EVERY = pytest.mark.parametrize("case", ACTIVATIONS, ids=str)
GRID = np.concatenate([np.linspace(-8, 8, 160) + 0.013, [-1e4, -50.0, 50.0, 1e4]])  # no point on a kink
EXTREMES = [-1e4, -50.0, 0.0, 50.0, 1e4]


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


@EVERY
def test_follows_the_formula(case):
    np.testing.assert_allclose(
        numpy(case.build()(GRID.astype("float32"))), case.oracle(GRID, **case.kwargs), rtol=2e-6, atol=1e-6
    )


@EVERY
def test_gradient_follows_the_formula(case):
    x = keras.Variable(GRID.astype("float32"))
    activation = case.build()
    _, (gradient,) = backend.value_and_gradients(lambda: ops.sum(activation(x)), [x])()
    np.testing.assert_allclose(numpy(gradient), case.gradient(GRID, **case.kwargs), rtol=1e-5, atol=1e-6)


@EVERY
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_is_finite_and_keeps_the_precision_at_the_extremes(case, dtype):
    y = case.build()(ops.cast(np.array(EXTREMES), dtype))
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    tolerance = {"float16": 2e-3, "bfloat16": 1e-2, "float32": 1e-6}[dtype]  # a few units in the last place
    np.testing.assert_allclose(numpy(y), case.oracle(np.array(EXTREMES), **case.kwargs), rtol=tolerance, atol=1e-6)


@EVERY
def test_gradient_is_finite_at_the_extremes(case):
    x = keras.Variable(np.array([*EXTREMES, 3e38, -3e38], "float32"))
    activation = case.build()
    _, (gradient,) = backend.value_and_gradients(lambda: ops.sum(ops.tanh(activation(x))), [x])()
    assert np.isfinite(numpy(gradient)).all()


@EVERY
def test_nan_stays_nan_and_spoils_nothing_else(case):
    y = numpy(case.build()(np.array([np.nan, 1.0], "float32")))
    assert np.isnan(y[0])
    assert np.isfinite(y[1])


@EVERY
def test_takes_integers_and_empty_arrays(case):
    assert np.isfinite(numpy(case.build()(np.array([-2, 0, 2])))).all()
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
    assert eval(repr(case.build()), {case.part.__name__: case.part}).get_config() == case.build().get_config()
