"""ScaledOrthogonal against the definition, and against Keras."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import expit

import kerasparts as kp
from tests.reference.initializers import second_moment

ScaledOrthogonal = kp.initializers.ScaledOrthogonal
FORMULAS = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0.0),
    "tanh": np.tanh,
    "silu": lambda z: z * expit(z),
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("shape", [(40, 30), (30, 40), (30, 30), (3, 3, 4, 20), (3, 2, 50), (2, 2, 2, 3, 30), (1, 9)])
def test_columns_or_rows_are_orthogonal_and_of_the_length_of_the_gain(name, shape):
    kernel = ops.convert_to_numpy(ScaledOrthogonal(name, seed=1)(shape)).astype("float64").reshape(-1, shape[-1])
    squares = kernel.T @ kernel if kernel.shape[0] >= kernel.shape[1] else kernel @ kernel.T
    gain = second_moment(FORMULAS[name]) ** -0.5
    # float32 QR of at most 40 columns
    np.testing.assert_allclose(squares, gain**2 * np.eye(len(squares)), atol=1e-5)


def test_gain_is_that_of_variance_matched_for_names_functions_and_objects():
    for activation in ("gelu", keras.activations.mish, kp.activations.Swish(2.0)):
        assert ScaledOrthogonal(activation).gain == kp.initializers.VarianceMatched(activation).gain


def test_directions_are_drawn_evenly():
    """The sign of the diagonal of R is fixed: without it Q is not evenly distributed (Saxe's matrices are)."""
    initializer = ScaledOrthogonal("linear", seed=1)
    corners = [float(initializer((2, 2))[0, 0]) for _ in range(200)]
    # The mean of 200 cosines of even angles has a standard error of 0.05.
    assert abs(np.mean(corners)) < 0.25


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
def test_the_signal_keeps_its_power_through_20_layers(activation):
    function, initializer = keras.activations.get(activation), ScaledOrthogonal(activation, seed=3)
    z = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(128, 256)).astype("float32"))
    for _ in range(20):
        z = ops.matmul(function(z), initializer((256, 256)))
    assert 1 / 3 < float(ops.mean(ops.square(z))) < 3


def test_layers_that_share_an_instance_differ_where_those_of_keras_are_equal():
    ours, keras_own = ScaledOrthogonal("relu", seed=1), keras.initializers.Orthogonal(gain=2**0.5, seed=1)
    equal = [np.array_equal(*(ops.convert_to_numpy(s((3, 3))) for _ in range(2))) for s in (keras_own, ours)]
    assert equal == [True, False]


def test_works_in_bfloat16_where_keras_fails():
    with pytest.raises(Exception):  # noqa: B017, PT011 - each framework has an error of its own
        keras.initializers.Orthogonal()((8, 8), dtype="bfloat16")
    layer = keras.layers.Dense(8, dtype="bfloat16", kernel_initializer=ScaledOrthogonal("linear", seed=1))
    layer.build((None, 8))
    kernel = ops.convert_to_numpy(ops.cast(layer.kernel, "float32"))
    # Each of 8 products of two numbers that are off by 2**-9 of themselves.
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(8), atol=0.02)
