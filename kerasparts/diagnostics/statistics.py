"""Means, trends and their uncertainty."""

import math
import statistics
from dataclasses import dataclass

import numpy as np

from kerasparts.core.checks import check, check_integer, check_number


def student_quantile(confidence: float, degrees_of_freedom: float) -> float:
    """Quantile of Student's t, by the expansion of Cornish and Fisher.

    Exact with 1 and 2 degrees of freedom. With 3 it falls short by 0.05% at a confidence of 0.95, by 0.4% at 0.99
    and by 2.8% at 0.999; with more, by less.

    Args:
        confidence: probability below the quantile, in (0.5, 1).
        degrees_of_freedom: int. Below 1 there is no information and the answer is infinite.

    Example:
    >>> round(student_quantile(0.95, 5), 2), round(student_quantile(0.95, 1000), 3)
    (2.01, 1.646)

    Reference: Abramowitz and Stegun 1964, formula 26.7.5.
    """
    check_number("confidence", confidence, "(0.5, 1)")
    n = degrees_of_freedom
    if n < 1:
        return math.inf
    if n == 1:
        return math.tan(math.pi * (confidence - 0.5))
    if n == 2:
        return (2 * confidence - 1) / math.sqrt(2 * confidence * (1 - confidence))
    z = statistics.NormalDist().inv_cdf(confidence)
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )


def batch_mean(values, sizes) -> tuple[float, float]:
    """Mean over samples of which only the means of batches are known, and its standard error.

        mean = sum(sizes * values) / sum(sizes)
        error**2 = B / (B - 1) * sum((sizes * (values - mean))**2) / sum(sizes)**2

    Args:
        values: means of `B` batches that share no sample.
        sizes: number of samples in each.

    Returns:
        `(mean, standard error)`; the error of a single batch is infinite.

    Example:
    >>> mean, error = batch_mean([1.0, 3.0], [10, 10])
    >>> mean, round(error, 6)
    (2.0, 1.0)

    Reference: Cochran 1977, Sampling Techniques, section 6.8 (ratio estimate).
    """
    values, sizes = np.asarray(values, dtype="float64"), np.asarray(sizes, dtype="float64")
    check(values.shape == sizes.shape, "sizes", sizes.shape, f"of the shape {values.shape} of `values`")
    check((sizes > 0).all() and values.size > 0, "sizes", sizes.tolist(), "at least one, and all positive")
    total = sizes.sum()
    mean = float((sizes * values).sum() / total)
    count = len(values)
    if count < 2:
        return mean, math.inf
    spread = ((sizes * (values - mean)) ** 2).sum()
    return mean, float(math.sqrt(count / (count - 1) * spread) / total)


@dataclass(frozen=True)
class Trend:
    """Straight line through the last points of a curve.

    `slope` per epoch with its `standard_error`; `noise`, the standard deviation of a point around the line;
    `points` that it was fitted to.
    """

    slope: float
    standard_error: float
    noise: float
    points: int

    def is_falling(self, confidence: float = 0.95) -> bool:
        """Whether the slope is below zero beyond the noise."""
        return self.slope + student_quantile(confidence, self.points - 2) * self.standard_error < 0


def trend(values, points: int) -> Trend:
    """Least-squares line through the last `points` of a curve; of fewer than three nothing is known.

    Example:
    >>> trend([5.0, 4.0, 3.0, 2.0], points=4).slope
    -1.0
    """
    check_integer("points", points, "[1, inf)")
    y = np.asarray(values, dtype="float64")[-points:]
    count = len(y)
    if count < 3 or not np.isfinite(y).all():
        return Trend(0.0, math.inf, math.inf, count)
    t = np.arange(count) - (count - 1) / 2
    y = y - y[0]  # a constant curve has a slope of exactly zero
    slope = float((t * y).sum() / (t * t).sum())
    residuals = y - y.mean() - slope * t
    noise = math.sqrt(float((residuals**2).sum()) / (count - 2))
    return Trend(slope, noise / math.sqrt(float((t * t).sum())), noise, count)
