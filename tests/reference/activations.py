"""Activations and their derivatives, the left one at a kink."""

import numpy as np
from scipy.special import erf, expit


def swish(x, beta):
    return x * expit(beta * x)


def swish_derivative(x, beta):
    s = expit(beta * x)
    return s + beta * x * s * expit(-beta * x)


def step(x, threshold, surrogate):
    return (x > threshold).astype("float64")


def step_derivative(x, threshold, surrogate):
    u = x - threshold
    if surrogate == "sigmoid":
        return expit(u) * expit(-u)
    if surrogate == "arctan":
        return 1 / (1 + (np.pi * u) ** 2)
    if surrogate == "hard_tanh":
        return (np.abs(u) < 1).astype("float64")
    return np.ones_like(u)


def linear(x):
    return x


def linear_derivative(x):
    return np.ones_like(x)


def sigmoid(x):
    return expit(x)


def sigmoid_derivative(x):
    return expit(x) * expit(-x)


def tanh(x):
    return np.tanh(x)


def tanh_derivative(x):
    return 4 * expit(2 * x) * expit(-2 * x)


def relu(x, max_value):
    return np.clip(x, 0, max_value)


def relu_derivative(x, max_value):
    return ((x > 0) & (x < max_value)).astype("float64")


def leaky_relu(x, negative_slope):
    return np.where(x > 0, x, negative_slope * x)


def leaky_relu_derivative(x, negative_slope):
    return np.where(x > 0, 1.0, negative_slope)


def elu(x, alpha):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_derivative(x, alpha):
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))


def selu(x):
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def selu_derivative(x):
    return 1.0507009873554805 * elu_derivative(x, 1.6732632423543772)


def softplus(x, beta):
    return np.logaddexp(0, beta * x) / beta


def softplus_derivative(x, beta):
    return expit(beta * x)


def _gelu_phase(x):
    return np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)


def gelu(x, approximate):
    if approximate:
        return x * expit(2 * _gelu_phase(x))
    return x * 0.5 * (1 + erf(x / np.sqrt(2)))


def gelu_derivative(x, approximate):
    if approximate:
        v = 2 * _gelu_phase(x)
        slope = 2 * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
        return expit(v) + x * expit(v) * expit(-v) * slope
    return 0.5 * (1 + erf(x / np.sqrt(2))) + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def softmax(x, axis, temperature):
    e = np.exp((x - x.max(axis=axis, keepdims=True)) / temperature)
    return e / e.sum(axis=axis, keepdims=True)


def softmax_derivative(x, axis, temperature):
    """Jacobian with the classes as the last two axes."""
    p = np.moveaxis(softmax(x, axis, temperature), axis, -1)
    jacobian = np.zeros((*p.shape, p.shape[-1]))
    for i in range(p.shape[-1]):
        for j in range(p.shape[-1]):
            jacobian[..., i, j] = p[..., i] * ((i == j) - p[..., j]) / temperature
    return jacobian


def snake(x, frequency):
    return x + np.sin(frequency * x) ** 2 / frequency


def snake_derivative(x, frequency):
    return 1 + np.sin(2 * frequency * x)


def lisht(x):
    return x * np.tanh(x)


def lisht_derivative(x):
    return np.tanh(x) + x * tanh_derivative(x)


def rrelu(x, lower, upper, seed):
    """At inference."""
    return leaky_relu(x, (lower + upper) / 2)


def rrelu_derivative(x, lower, upper, seed):
    return leaky_relu_derivative(x, (lower + upper) / 2)
