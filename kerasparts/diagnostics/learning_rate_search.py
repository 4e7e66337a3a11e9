"""LearningRateSearch: which learning rate the losses of a range test speak for."""

import math
from dataclasses import dataclass

import numpy as np

from kerasparts.core.tables import number
from kerasparts.core.text import plain


@dataclass(frozen=True, eq=False)
class LearningRateSearch:
    """Loss by a learning rate that rose from step to step; made by `judge_learning_rates`.

    Attributes:
        rates: array, in rising order.
        losses: array, of the batch of each rate, before its step.
        smoothed: array, what is judged.
        steepest: the rate at which the smoothed loss falls steepest; None where it does not fall beyond its noise.
        conservative: the rate from which on, up to that one, it falls at least half as steeply; None as well.
        lowest: the rate with the lowest smoothed loss.
        diverged: the rate at which the search was stopped; None where it came to its end.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    steepest: float | None
    conservative: float | None
    lowest: float
    diverged: float | None

    @property
    def title(self) -> str:
        """What was found, in one sentence."""
        if self.steepest is None:
            return "No learning rate to suggest: the loss does not fall beyond its noise."
        return (
            f"Learning rate: {number(self.steepest)}, where the loss falls steepest; "
            f"{number(self.conservative)} to be careful."
        )

    def notes(self) -> list[str]:
        """What the figure shows."""
        tried = f"{len(self.rates)} rates from {number(self.rates[0])} to {number(self.rates[-1])}"
        end = "" if self.diverged is None else f"; diverged at {number(self.diverged)}"
        return [f"{tried}: lowest loss {number(np.nanmin(self.smoothed))} at {number(self.lowest)}{end}"]

    def __str__(self):
        return "\n".join([self.title, *(f"  ({note})" for note in self.notes())])

    def to_dict(self) -> dict:
        """The numbers, ready for JSON."""
        arrays = {name: getattr(self, name).tolist() for name in ("rates", "losses", "smoothed")}
        names = ("steepest", "conservative", "lowest", "diverged")
        return plain({**arrays, **{name: getattr(self, name) for name in names}})

    def _repr_html_(self):
        return f"<b>{self.title}</b>" + "".join(f"<p>{note}</p>" for note in self.notes())


def judge_learning_rates(rates, losses, smoothing: float = 3.0, diverged: float | None = None) -> LearningRateSearch:
    """Finds the rates to suggest, on the way from the first rate to that with the lowest smoothed loss.

    The slope is that of the smoothed loss by the logarithm of the rate. The fall to the lowest loss must be larger
    than twice the standard deviation of what smoothing takes off, up to there; else there is nothing to suggest.

    Args:
        rates: in rising order.
        losses: one for each; those that are not finite are left out.
        smoothing: float in [0, inf). Standard deviation, in steps, of the Gaussian around each loss that smooths it.
        diverged: rate at which the search was stopped.

    Example:
    >>> rates = np.geomspace(1e-4, 1.0, 41)
    >>> losses = 1 / (1 + (rates / 1e-2)**2) + 10 * rates**2
    >>> found = judge_learning_rates(rates, losses, smoothing=1.0)
    >>> round(found.steepest, 4), round(found.conservative, 4), round(found.lowest, 4)
    (0.01, 0.004, 0.0501)
    """
    rates, losses = np.asarray(rates, "float64"), np.asarray(losses, "float64")
    smooth = smoothed(losses, smoothing)
    known = np.flatnonzero(np.isfinite(losses))
    steepest = conservative = None
    lowest = math.nan
    if len(known):
        last = known[np.argmin(smooth[known])]
        lowest = float(rates[last])
        way = known[known <= last]
        noise = np.std(losses[way] - smooth[way])
        if len(way) >= 3 and smooth[way].max() - smooth[last] > 2 * noise:
            slopes = np.gradient(smooth[way], np.log(rates[way]))
            at = np.argmin(slopes)
            slower = np.flatnonzero(slopes[:at] > slopes[at] / 2)
            steepest = float(rates[way[at]])
            conservative = float(rates[way[slower[-1] + 1 if len(slower) else 0]])
    return LearningRateSearch(rates, losses, smooth, steepest, conservative, lowest, diverged)


def smoothed(losses, smoothing: float) -> np.ndarray:
    """Means of the finite losses around each, weighted by a Gaussian; NaN where there are none."""
    losses = np.asarray(losses, "float64")
    steps = np.arange(len(losses))
    weights = np.exp(-0.5 * ((steps[:, None] - steps) / max(smoothing, 1e-3)) ** 2) * np.isfinite(losses)
    total = weights.sum(axis=1)
    sums = weights @ np.where(np.isfinite(losses), losses, 0.0)
    return np.divide(sums, total, out=np.full(len(losses), math.nan), where=total > 0)
