"""SpectralNorm against the singular value decomposition."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts import backend
from tests.reference import regularizers as reference

RANDOM = np.random.default_rng(0)


def value_and_gradient(penalty, weights):
    w = keras.Variable(weights.astype("float32"))
    value, (gradient,) = backend.value_and_gradients(lambda: penalty(w), [w])()
    return float(ops.convert_to_numpy(value)), ops.convert_to_numpy(gradient)


@pytest.mark.parametrize("shape", [(5,), (1, 7), (7, 1), (10, 4), (4, 10), (3, 3, 2, 8), (40, 30)])
def test_is_the_largest_singular_value_squared(shape):
    w = RANDOM.normal(size=shape)
    value, gradient = value_and_gradient(kp.regularizers.SpectralNorm(0.3, iterations=30), w)
    assert value == pytest.approx(reference.spectral_norm(w, 0.3, 30), rel=1e-5)
    np.testing.assert_allclose(gradient, reference.spectral_norm_gradient(w, 0.3, 30), rtol=1e-3, atol=1e-4)


def test_sixteen_steps_are_close_on_a_large_random_kernel_and_never_above():
    w = RANDOM.normal(size=(784, 300))
    value, _ = value_and_gradient(kp.regularizers.SpectralNorm(1.0), w)
    exact = reference.spectral_norm(w, 1.0, 16)
    assert (1 - 2e-3) * exact < value < (1 + 1e-6) * exact


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_the_scale_of_the_weights_does_not_matter(scale):
    w = RANDOM.normal(size=(8, 6))
    value, _ = value_and_gradient(kp.regularizers.SpectralNorm(1.0), scale * w)
    assert value / scale**2 == pytest.approx(reference.spectral_norm(w, 1.0, 16), rel=1e-5)


@pytest.mark.parametrize("weights", [np.zeros((4, 3)), np.eye(5), np.ones((6, 4)), np.diag([2.0, 2.0, 0.0])])
def test_repeated_and_missing_singular_values_give_finite_gradients(weights):
    value, gradient = value_and_gradient(kp.regularizers.SpectralNorm(1.0), weights)
    assert value == pytest.approx(reference.spectral_norm(weights, 1.0, 16), rel=1e-5)
    assert np.isfinite(gradient).all()


def test_a_top_vector_at_right_angles_to_ones_is_found():
    w = np.outer(np.arange(1.0, 6.0), [1.0, -1.0, 1.0, -1.0])
    value, _ = value_and_gradient(kp.regularizers.SpectralNorm(1.0), w)
    assert value == pytest.approx(reference.spectral_norm(w, 1.0, 16), rel=1e-5)


def test_nan_weights_give_nan_not_an_error():
    assert np.isnan(float(kp.regularizers.SpectralNorm(1.0)(np.full((4, 3), np.nan, "float32"))))


def test_it_holds_back_the_top_direction_alone():
    dense = keras.layers.Dense(3, use_bias=False, kernel_regularizer=kp.regularizers.SpectralNorm(0.5))
    model = keras.Sequential([keras.Input((3,)), dense])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    dense.kernel.assign(np.diag([3.0, 1.0, 0.5]))
    model.fit(np.zeros((8, 3)), np.zeros((8, 3)), epochs=5, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], np.diag([3.0 * 0.9**5, 1.0, 0.5]), atol=1e-5)


def test_the_layer_of_keras_is_another_thing():
    """It fixes the largest singular value to 1 at the output, and adds nothing to the loss."""
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(3))
    layer(np.ones((1, 4), "float32"))
    assert layer.losses == []
