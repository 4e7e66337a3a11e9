"""Wrappers, normalization and blocks, at inference; their training is held against what must be true of any draw."""

import numpy as np


def leaky(z, slope=0.1):
    return np.where(z > 0, z, slope * z)


def dense(x, weights, **_):
    kernel, bias = weights
    return np.asarray(x, "float64") @ kernel + bias


def weight_normalization(x, weights, **_):
    length, v, bias = weights
    y = np.empty((*x.shape[:-1], len(length)))
    for unit, of_unit in enumerate(length):
        w = of_unit * v[:, unit] / np.sqrt((v[:, unit] ** 2).sum())
        y[..., unit] = np.asarray(x, "float64") @ w + bias[unit]
    return y


def noisy_dense(x, weights, **_):
    kernel, _ = weights
    return leaky(np.asarray(x, "float64") @ kernel)


def batch_normalization(x, weights, axis, epsilon, **_):
    mean, variance = weights
    x = np.moveaxis(np.asarray(x, "float64"), axis, -1)
    return np.moveaxis((x - mean) / np.sqrt(variance + epsilon), -1, axis)


def virtual_batches(x, size, epsilon):
    """Channels last: each virtual batch by its own mean and variance; and those, `(groups, channels)`."""
    parts = np.array_split(np.asarray(x, "float64"), max(len(x) // size, 1))
    places = tuple(range(x.ndim - 1))
    means, variances = ([f(part, axis=places) for part in parts] for f in (np.mean, np.var))
    normal = [(part - m) / np.sqrt(v + epsilon) for part, m, v in zip(parts, means, variances, strict=True)]
    return np.concatenate(normal), np.array(means), np.array(variances)


def layer_scale(x, weights, **_):
    (scale,) = weights
    return scale * np.asarray(x, "float64")


def squeeze_excite(x, weights, axis, **_):
    into, into_bias, out, out_bias = weights
    x = np.moveaxis(np.asarray(x, "float64"), axis, -1)
    pooled = x.reshape(len(x), -1, x.shape[-1]).mean(axis=1)
    gates = np.tanh(leaky(pooled @ into + into_bias) @ out + out_bias)
    gates = gates.reshape(len(x), *[1] * (x.ndim - 2), x.shape[-1])
    return np.moveaxis(x * gates, -1, axis)


def residual(x, weights, **_):
    """Two dense layers, a scale for each channel, and a dense projection without bias."""
    first, first_bias, second, second_bias, projection, scale = weights
    x = np.asarray(x, "float64")
    branch = np.tanh(x @ first + first_bias) @ second + second_bias
    return leaky(x @ projection + scale * branch)
