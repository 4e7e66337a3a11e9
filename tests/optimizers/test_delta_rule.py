"""The delta rule and backpropagation, as the notes write them, are what these parts do.

Delta rule (Widrow and Hoff 1960): after each sample, with input `x`, target `t` and the linear output `o`,

    w = w + learning_rate * (t - o) * x          b = b + learning_rate * (t - o)

Backpropagation is the same with the chain rule: for one neuron `y_hat = sigma(W x + b)`,

    dL/dW = (y_hat - y) * sigma'(z) * x
"""

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts import backend

RATE = 0.1
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 3)).astype("float32")
SIGMOID = kp.activations.Sigmoid


def sigma(z):
    return 1 / (1 + np.exp(-z))


def compiled(layers, scale=0.5):
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile(kp.optimizers.SGD(RATE), kp.losses.MeanSquaredError(scale=scale))
    return model


class Steps(keras.callbacks.Callback):
    """The weights after each sample."""

    def on_train_begin(self, logs=None):
        self.weights = []

    def on_train_batch_end(self, batch, logs=None):
        self.weights.append(self.model.get_weights())


@pytest.mark.parametrize("use_bias", [False, True], ids=["weights", "weights and bias"])
def test_a_linear_unit_follows_widrow_and_hoff_sample_by_sample(use_bias):
    t = X @ [1.0, -2.0, 0.5] + 0.3 + RANDOM.normal(size=40) * 0.1
    model = compiled([keras.layers.Dense(1, use_bias=use_bias)])
    w, b = model.get_weights()[0][:, 0].astype("float64"), 0.0
    steps = Steps()
    model.fit(X, t, batch_size=1, shuffle=False, verbose=0, callbacks=[steps])
    for x, target, after in zip(X.astype("float64"), t, steps.weights, strict=True):
        error = target - (x @ w + b)
        w = w + RATE * error * x
        b = b + RATE * error * use_bias
        np.testing.assert_allclose(after[0][:, 0], w, rtol=1e-4, atol=1e-6)
        if use_bias:
            np.testing.assert_allclose(after[1], [b], rtol=1e-4, atol=1e-6)


def test_several_linear_units_follow_it_each():
    """The loss averages over outputs; `scale = outputs / 2` is the notes' sum of halves."""
    t = (X @ RANDOM.normal(size=(3, 2))).astype("float32")
    model = compiled([keras.layers.Dense(2, use_bias=False)], scale=1.0)
    w = model.get_weights()[0].astype("float64")
    model.fit(X, t, batch_size=1, shuffle=False, verbose=0)
    for x, target in zip(X.astype("float64"), t, strict=True):
        w = w + RATE * np.outer(x, target - x @ w)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4, atol=1e-6)


def test_it_finds_the_least_squares_solution():
    t = X @ [1.0, -2.0, 0.5] + 0.3
    model = compiled([keras.layers.Dense(1)])
    model.fit(X, t, batch_size=1, epochs=5, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose([*kernel[:, 0], *bias], [1.0, -2.0, 0.5, 0.3], atol=1e-3)


def test_without_the_half_the_step_is_twice_as_long():
    """The loss of Keras, and `scale=1.0`."""
    t = np.ones(1)
    model = compiled([keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")], scale=1.0)
    model.fit(X[:1], t, batch_size=1, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0][:, 0], 2 * RATE * X[0], rtol=1e-5)


def test_one_neuron_has_the_gradient_of_the_notes():
    model = compiled([keras.layers.Dense(1, activation=SIGMOID())])
    (kernel, bias), y = model.get_weights(), np.array([0.8])
    _, (by_kernel, by_bias) = backend.model_value_and_gradients(model)(X[:1], y)
    z = X[0].astype("float64") @ kernel[:, 0] + bias[0]
    delta = (sigma(z) - y[0]) * sigma(z) * (1 - sigma(z))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(by_kernel)[:, 0], delta * X[0], rtol=1e-4)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(by_bias), [delta], rtol=1e-4)


def test_two_layers_have_the_gradients_written_by_hand():
    model = compiled([keras.layers.Dense(4, activation=SIGMOID()), keras.layers.Dense(2, activation=SIGMOID())])
    y = RANDOM.uniform(size=(40, 2))
    w1, b1, w2, b2 = (weight.astype("float64") for weight in model.get_weights())
    _, found = backend.model_value_and_gradients(model)(X, y)

    x = X.astype("float64")
    a1 = sigma(x @ w1 + b1)
    a2 = sigma(a1 @ w2 + b2)
    delta2 = (a2 - y) * a2 * (1 - a2) / y.size  # the loss is the mean of halves
    delta1 = (delta2 @ w2.T) * a1 * (1 - a1)
    by_hand = [x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)]
    for ours, theirs in zip(found, by_hand, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(ours), theirs, rtol=1e-4, atol=1e-8)


def test_a_step_on_two_layers_is_the_generalized_delta_rule():
    model = compiled([keras.layers.Dense(4, activation=SIGMOID()), keras.layers.Dense(1)])
    t = np.array([0.7])
    w1, b1, w2, b2 = (weight.astype("float64") for weight in model.get_weights())
    x = X[:1].astype("float64")
    hidden = sigma(x @ w1 + b1)
    output_delta = t - (hidden @ w2 + b2)
    hidden_delta = output_delta @ w2.T * hidden * (1 - hidden)
    expected = [
        w1 + RATE * x.T @ hidden_delta,
        b1 + RATE * hidden_delta[0],
        w2 + RATE * hidden.T @ output_delta,
        b2 + RATE * output_delta[0],
    ]
    model.fit(X[:1], t, batch_size=1, verbose=0)
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
