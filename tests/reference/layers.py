"""Layers."""

import numpy as np


def robust_scaling(x, axis, quantile_range):
    """Per feature (index along `axis`), NaN left out of the quantiles and kept in the output."""
    x = np.asarray(x, "float64")
    kept = axis if isinstance(axis, tuple) else () if axis is None else (axis,)
    kept = {a % x.ndim for a in kept}
    others = tuple(a for a in range(x.ndim) if a not in kept)
    low, median, high = np.nanpercentile(x, [quantile_range[0], 50, quantile_range[1]], axis=others, keepdims=True)
    iqr = np.where(high > low, high - low, 1.0)
    return (x - median) / iqr


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
