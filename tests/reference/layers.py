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
