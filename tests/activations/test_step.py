"""Step: trains where Keras' own step cannot."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts.activations.step import SURROGATES


def xor_network(activation):
    keras.utils.set_random_seed(4)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(16, activation), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.03), keras.losses.BinaryCrossentropy(from_logits=True))
    return model


X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
Y = np.array([0, 1, 1, 0], "float32")


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_a_net_of_steps_learns_the_layer_below(surrogate):
    model = xor_network(kp.activations.Step(surrogate=surrogate))
    before = ops.convert_to_numpy(model.layers[0].kernel)
    model.fit(np.tile(X, (16, 1)), np.tile(Y, 16), batch_size=4, epochs=12, verbose=0)
    assert not np.array_equal(ops.convert_to_numpy(model.layers[0].kernel), before)
    assert ((model.predict(X, verbose=0)[:, 0] > 0) == (Y > 0)).all()


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_a_plain_step_gives_the_layer_below_nothing():
    model = xor_network(lambda x: ops.cast(x > 0, x.dtype))
    before = ops.convert_to_numpy(model.layers[0].kernel)
    model.fit(X, Y, epochs=1, verbose=0)
    np.testing.assert_array_equal(ops.convert_to_numpy(model.layers[0].kernel), before)


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_output_is_exactly_zero_or_one(surrogate):
    x = np.random.default_rng(0).normal(size=10_000).astype("float32") * 10
    y = ops.convert_to_numpy(kp.activations.Step(0.1, surrogate)(x))
    assert set(np.unique(y)) == {0.0, 1.0}
    assert ops.convert_to_numpy(kp.activations.Step(0.0, surrogate)(np.array([np.inf, -np.inf]))).tolist() == [1.0, 0.0]
