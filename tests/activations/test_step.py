"""Step: trains where Keras' own step cannot."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts.activations.step import SURROGATES


def network(activation):
    """One step between input and output: only its own weights can find the direction that separates the classes."""
    keras.utils.set_random_seed(4)
    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(1, activation), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.03), keras.losses.BinaryCrossentropy(from_logits=True))
    return model


X = np.random.default_rng(0).normal(size=(512, 10)).astype("float32")
Y = (X @ np.linspace(-1, 1, 10) > 0.0).astype("float32")


@pytest.mark.slow
@pytest.mark.parametrize("surrogate", SURROGATES)
def test_the_layer_below_a_step_learns(surrogate):
    model = network(kp.activations.Step(surrogate=surrogate))
    model.fit(X, Y, batch_size=32, epochs=15, verbose=0)
    assert ((model.predict(X, verbose=0)[:, 0] > 0) == (Y > 0)).mean() > 0.9


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_the_layer_below_a_plain_step_does_not():
    model = network(lambda x: ops.cast(x > 0, x.dtype))
    before = ops.convert_to_numpy(model.layers[0].kernel)
    model.fit(X, Y, epochs=1, verbose=0)
    np.testing.assert_array_equal(ops.convert_to_numpy(model.layers[0].kernel), before)


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_output_is_exactly_zero_or_one(surrogate):
    x = np.random.default_rng(0).normal(size=10_000).astype("float32") * 10
    y = ops.convert_to_numpy(kp.activations.Step(0.1, surrogate)(x))
    assert set(np.unique(y)) == {0.0, 1.0}
    assert ops.convert_to_numpy(kp.activations.Step(0.0, surrogate)(np.array([np.inf, -np.inf]))).tolist() == [1.0, 0.0]
