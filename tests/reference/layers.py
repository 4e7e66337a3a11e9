"""Layers."""

import numpy as np


def parametric_relu(x, weights, negative_slope, shared_axes):
    (slope,) = weights
    return np.where(x > 0, x, slope * x)


def parametric_swish(x, weights, beta, per_channel):
    (bend,) = weights
    return x / (1 + np.exp(-bend * x))


def maxout(x, weights, units, pieces, **_):
    """Unit by unit and piece by piece."""
    kernel = weights[0]
    bias = weights[1] if len(weights) > 1 else np.zeros(kernel.shape[1])
    z = np.asarray(x, "float64") @ kernel + bias
    return np.stack([z[..., i * pieces : (i + 1) * pieces].max(axis=-1) for i in range(units)], axis=-1)


def dense(x, weights, **_):
    kernel = weights[0]
    bias = weights[1] if len(weights) > 1 else 0.0
    return np.asarray(x, "float64") @ kernel + bias
