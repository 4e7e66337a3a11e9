"""describe: Keras' functions answer as ours do, and unknown ones are measured."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts.activations.describe import KNOWN, _Measured

X = (np.linspace(-6, 6, 241) + 0.0123).astype("float32")


@pytest.mark.parametrize("function", [f for f in KNOWN if f is not keras.activations.softmax], ids=lambda f: f.__name__)
def test_what_is_known_agrees_with_what_is_measured(function):
    known, measured = kp.activations.describe(function), _Measured(function)
    np.testing.assert_allclose(
        ops.convert_to_numpy(known(X)), ops.convert_to_numpy(function(ops.convert_to_tensor(X))), rtol=1e-6
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(known.derivative(X)), ops.convert_to_numpy(measured.derivative(X)), rtol=1e-4, atol=1e-5
    )
    assert measured.gain == pytest.approx(known.gain, rel=1e-5)
    assert measured.steepest == pytest.approx(known.steepest, rel=1e-3)
    assert measured.range == pytest.approx(known.range, abs=1e-3)
    assert measured.zero_centered == known.zero_centered


@pytest.mark.parametrize(
    "name", ["mish", "hard_sigmoid", "softsign", "celu", "tanh_shrink", "exponential", "hard_silu"]
)
def test_other_names_of_keras_are_measured(name):
    activation = kp.activations.describe(name)
    assert np.isfinite(activation.gain)
    assert activation.derivative(X).shape == X.shape
    assert activation.range[0] < activation.range[1]


def test_functions_objects_layers_and_none_are_taken():
    assert kp.activations.describe(lambda x: 3 * x).gain == pytest.approx(1 / 3)
    assert kp.activations.describe(None).gain == 1.0
    assert kp.activations.describe(keras.layers.ReLU(max_value=1.0)).range == (0.0, 1.0)
    swish = kp.activations.Swish(2.0)
    assert kp.activations.describe(swish) is swish


def test_softmax_has_no_gain():
    with pytest.raises(ValueError, match="element-wise"):
        _ = kp.activations.describe("softmax").gain


@pytest.mark.parametrize("identifier", ["no_such", 5, keras.layers.ReLU])
def test_what_is_no_activation_is_refused(identifier):
    with pytest.raises(ValueError, match="identifier"):
        kp.activations.describe(identifier)


def test_softmax_jacobian_is_that_of_automatic_differentiation():
    from kerasparts import backend

    softmax = kp.activations.Softmax(axis=1, temperature=0.5)
    x = keras.Variable(np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32"))
    jacobian = ops.convert_to_numpy(softmax.derivative(x.value))
    assert jacobian.shape == (2, 4, 3, 3)
    for output in range(3):
        _, (gradient,) = backend.value_and_gradients(lambda i=output: ops.sum(softmax(x.value)[:, i]), [x])()
        np.testing.assert_allclose(
            np.moveaxis(ops.convert_to_numpy(gradient), 1, -1), jacobian[..., output, :], atol=1e-5
        )


def test_softmax_survives_a_low_temperature_in_half_precision():
    p = kp.activations.Softmax(temperature=0.01)(ops.cast([[1e4, -1e4, 1e4]], "float16"))
    assert ops.convert_to_numpy(ops.cast(p, "float32")).tolist() == [[0.5, 0.0, 0.5]]


def test_softmax_knows_where_it_is_saturated():
    saturated = kp.activations.Softmax().saturated(np.array([[10.0, 0.0], [0.1, 0.0]], "float32"))
    assert ops.convert_to_numpy(saturated).tolist() == [[True, True], [False, False]]


def test_rrelu_is_random_in_training_alone():
    layer = kp.activations.RReLU(0.2, 0.4, seed=1)
    x = -np.ones((1000,), "float32")
    inference, training = (ops.convert_to_numpy(layer(x, training=t)) for t in (False, True))
    np.testing.assert_allclose(inference, -0.3, rtol=1e-6)
    assert training.min() >= -0.4
    assert training.max() <= -0.2
    assert training.std() > 0.03


def test_rrelu_inside_a_layer_knows_whether_it_is_training():
    dense = keras.layers.Dense(50, activation=kp.activations.RReLU(seed=1), kernel_initializer="ones")
    x = -np.ones((2, 1), "float32")
    one, other = (ops.convert_to_numpy(dense(x, training=True)) for _ in range(2))
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(*(ops.convert_to_numpy(dense(x, training=False)) for _ in range(2)))
