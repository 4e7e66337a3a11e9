"""Layers that scale their input, adapted to that input."""

from statistics import NormalDist

import numpy as np


def _by_feature(x, axis, missing, fitted):
    """`fitted(values)` gives, for all values of one feature but NaN, a function of its values and what NaN become."""
    x = np.asarray(x, "float64")
    kept = axis if isinstance(axis, tuple) else () if axis is None else (axis,)
    kept = [a % x.ndim for a in kept]
    y = np.empty_like(x)
    for feature in np.ndindex(*(x.shape[a] for a in kept)):
        place = [slice(None)] * x.ndim
        for a, index in zip(kept, feature, strict=True):
            place[a] = index
        values = x[tuple(place)]
        function, stand_in = fitted(values[~np.isnan(values)])
        filled = values if missing == "keep" else np.where(np.isnan(values), stand_in, values)
        y[tuple(place)] = function(filled)
    return np.concatenate([y, np.isnan(x)], axis=-1) if missing == "indicate" else y


def standard_scaling(x, axis, missing):
    def fitted(values):
        deviation = np.sqrt(np.mean((values - values.mean()) ** 2))
        return lambda v: (v - values.mean()) / (deviation or 1.0), values.mean()

    return _by_feature(x, axis, missing, fitted)


def min_max_scaling(x, axis, feature_range, clip, missing):
    lower, upper = feature_range

    def fitted(values):
        low, high = values.min(), values.max()

        def function(v):
            y = lower + (v - low) / ((high - low) or 1.0) * (upper - lower)
            return np.clip(y, lower, upper) if clip else y

        return function, values.mean()

    return _by_feature(x, axis, missing, fitted)


def robust_scaling(x, axis, quantile_range, missing):
    def fitted(values):
        low, median, high = np.percentile(values, [quantile_range[0], 50, quantile_range[1]])
        return lambda v: (v - median) / ((high - low) or 1.0), median

    return _by_feature(x, axis, missing, fitted)


def quantile_scaling(x, axis, n_quantiles, output_distribution, missing):
    """Value by value. Ties by interpolation from both sides; the ends of the data are the ends of the output."""

    def fitted(values):
        shares = np.linspace(0, 1, min(n_quantiles, len(values)))
        quantiles = np.quantile(values, shares)

        def rank(v):
            if np.isnan(v):
                return v
            if quantiles[0] == quantiles[-1] == v:
                return 0.5
            if v <= quantiles[0] or v >= quantiles[-1]:
                return float(v >= quantiles[-1])
            up = np.interp(v, quantiles, shares)
            down = -np.interp(-v, -quantiles[::-1], -shares[::-1])
            return (up + down) / 2

        def function(v):
            ranks = np.reshape([rank(one) for one in np.ravel(v)], np.shape(v))
            if output_distribution == "uniform":
                return ranks
            ends = np.clip(ranks, 1e-7, 1 - 1e-7)
            return np.vectorize(lambda p: p if np.isnan(p) else NormalDist().inv_cdf(p))(ends)

        return function, np.median(values)

    return _by_feature(x, axis, missing, fitted)
