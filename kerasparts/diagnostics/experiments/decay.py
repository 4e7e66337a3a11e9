"""How an error falls with the number of rows: curves fitted to it, and what they promise."""

import math
from dataclasses import dataclass

import numpy as np

from kerasparts.diagnostics.bias_variance import Estimate
from kerasparts.diagnostics.statistics import student_quantile

KINDS = {  # shape and the speeds that are tried; n is in units of the greatest number of rows
    "power law": (lambda n, speed: n**-speed, np.linspace(0.1, 2, 96)),
    "exponential": (lambda n, speed: np.exp(-speed * n), np.geomspace(0.5, 30, 192)),
}


@dataclass(frozen=True)
class Decay:
    """An error that falls with the number of rows `n`, to a floor that more rows do not break.

    As a power law, or exponentially:

        error = floor + scale * (n / rows)**-speed
        error = floor + scale * exp(-speed * n / rows)

    Attributes:
        kind: "power law" or "exponential".
        floor, scale, speed: as above.
        rows: the greatest number of rows that it was fitted to.
        residual: weighted mean square of what the fit leaves.
    """

    kind: str
    floor: float
    scale: float
    speed: float
    rows: int
    residual: float

    def __call__(self, n):
        shape, _ = KINDS[self.kind]
        return self.floor + self.scale * shape(np.asarray(n, dtype="float64") / self.rows, self.speed)

    @property
    def gain(self) -> float:
        """By how much twice the rows lower the error."""
        return float(self(self.rows) - self(2 * self.rows))


def fit_decay(kind: str, rows, errors, least: float = -math.inf) -> Decay:
    """Least squares, with weights in proportion to `rows`, as the variance of an error falls with them.

    Args:
        kind: "power law" or "exponential".
        rows: numbers of rows, in rising order.
        errors: at these.
        least: bound that the floor stays above.

    Example:
    >>> decay = fit_decay("power law", [100, 200, 400], [0.30, 0.20, 0.15])
    >>> round(decay.floor, 2), round(decay.speed, 2), round(decay.gain, 3)
    (0.1, 1.0, 0.025)
    """
    shape, speeds = KINDS[kind]
    errors = np.asarray(errors, dtype="float64")
    n = np.asarray(rows, dtype="float64") / rows[-1]
    weight = n / n.sum()
    z = shape(n, speeds[:, None])  # a row a speed: given it, the rest is linear
    z_mean = (z @ weight)[:, None]
    scale = ((z - z_mean) * (errors - errors @ weight)) @ weight / ((z - z_mean) ** 2 @ weight)
    floor = errors @ weight - scale * z_mean[:, 0]
    if math.isfinite(least):
        bounded = floor < least
        scale = np.where(bounded, z * (errors - least) @ weight / (z**2 @ weight), scale)
        floor = np.maximum(floor, least)
    residuals = (errors - floor[:, None] - scale[:, None] * z) ** 2 @ weight
    best = residuals.argmin()
    return Decay(
        kind, float(floor[best]), float(scale[best]), float(speeds[best]), int(rows[-1]), float(residuals[best])
    )


def forecast(rows, errors, test_ratio: float, confidence: float = 0.95) -> tuple[Decay, Estimate, Estimate]:
    """What twice the rows would bring.

    Power law and exponential are fitted to the mean over the runs; the one that fits better gives the values and
    the lower bound of the gain. Its upper bound is the higher one of the two, as curves that look alike so far may
    part later on. Standard errors are those of the jackknife over the runs, widened as `fold_scores` does.

    Args:
        rows: numbers of rows, in rising order, at least three.
        errors: array of (runs, sizes). Each run at every size, of the same rows or fold.
        test_ratio: as in `fold_scores`.
        confidence: float in (0.5, 1). Of each bound.

    Returns:
        The better fit, the gain, and the error with twice the rows.

    Reference: power law: Cortes et al. 1993, Learning Curves: Asymptotic Values and Rate of Convergence.
    Jackknife: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 11.
    """
    errors = np.asarray(errors, dtype="float64")
    runs = len(errors)
    least = 0.0 if (errors >= 0).all() else -math.inf
    widen = student_quantile(confidence, runs - 1) * math.sqrt(1 / runs + test_ratio)
    fits = sorted((fit_decay(kind, rows, errors.mean(axis=0), least) for kind in KINDS), key=lambda fit: fit.residual)
    gains, doubled = [], []
    for fit in fits:
        value = np.array([fit.gain, fit(2 * fit.rows)])
        margin = np.full(2, math.inf)
        if runs > 1:
            others = [fit_decay(fit.kind, rows, np.delete(errors, run, 0).mean(axis=0), least) for run in range(runs)]
            left_out = np.array([[other.gain, other(2 * other.rows)] for other in others])
            margin = widen * (runs * value - (runs - 1) * left_out).std(axis=0, ddof=1)
        gain, error = (Estimate(float(v), float(v - m), float(v + m)) for v, m in zip(value, margin, strict=True))
        gains.append(gain)
        doubled.append(error)
    high = max(gain.high for gain in gains)
    return fits[0], Estimate(gains[0].value, gains[0].low, high), doubled[0]
