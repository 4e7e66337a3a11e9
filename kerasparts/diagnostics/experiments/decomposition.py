"""Bias, variance and noise: what an error is made of."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from kerasparts.core.tables import html_page, number, text_table
from kerasparts.core.text import plain
from kerasparts.diagnostics.bias_variance import Estimate
from kerasparts.diagnostics.statistics import student_quantile

NAMES = {"squared": "squared error", "zero_one": "share of wrong classes", "cross_entropy": "cross-entropy"}
NOISE = {
    "unknown": "noise: not known, it counts as bias",
    "given": "noise: as given",
    "repeats": "noise: from test points with the same inputs",
    "targets": "noise: from the probabilities that are the targets",
}


@dataclass(frozen=True)
class ErrorPart:
    """A part of an error, mean over the test points, with its two standard errors.

    Attributes:
        value: the estimate.
        replica_error: standard error from the number of replicas, given the test points (jackknife).
        point_error: standard error from the number of test points, given the replicas.
        replicas: their number.
    """

    value: float
    replica_error: float
    point_error: float
    replicas: int

    @property
    def standard_error(self) -> float:
        """Of both sources together."""
        return math.hypot(self.replica_error, self.point_error)

    def estimate(self, confidence: float) -> Estimate:
        """Between two bounds that hold with some confidence together, by Student's t."""
        margin = student_quantile((1 + confidence) / 2, self.replicas - 1) * self.standard_error
        return Estimate(self.value, self.value - margin, self.value + margin)


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class BiasVarianceDecomposition:
    """What an error is made of; made by `decompose_bias_variance` and `model_selection.bias_variance_decomposition`.

    At every test point and in total, to rounding:

        error = noise + bias + variance        error = bias + variance, where the noise is not known

    Attributes:
        loss: "squared", "zero_one" or "cross_entropy".
        error, bias, variance: `ErrorPart`. `bias` is the squared one for the squared loss, and contains the noise where
            that is not known. It is freed of what few replicas add to it, so that it may come out a little below 0.
        noise: `ErrorPart`, or None for not known.
        noise_source: "unknown", "given", "repeats" or "targets": where the noise is known from.
        error_by_point, noise_by_point, bias_by_point, variance_by_point: arrays, a value a test point. One alone may
            be far off; `noise_by_point` may be None.
        main: main prediction at each test point: the mean, the class that most replicas say, or the geometric mean of
            the probabilities made to sum to 1.
        plug_in_bias, plug_in_variance: as they are of these replicas, without the correction for their number.
        unbiased_variance, biased_variance: for "zero_one", what variance spoils where the main prediction is right and
            what it mends where that is wrong; `variance` is the first less the second. Else None.
        replicas, points: how many there are.
        resample: how the replicas differ; None for not known.
        confidence: of the intervals in the text.
    """

    loss: str
    error: ErrorPart
    bias: ErrorPart
    variance: ErrorPart
    noise: ErrorPart | None
    noise_source: str
    error_by_point: np.ndarray
    bias_by_point: np.ndarray
    variance_by_point: np.ndarray
    noise_by_point: np.ndarray | None
    main: np.ndarray
    plug_in_bias: float
    plug_in_variance: float
    unbiased_variance: float | None
    biased_variance: float | None
    replicas: int
    points: int
    resample: str | None
    confidence: float

    def parts(self) -> dict[str, ErrorPart]:
        """What adds up to the error, by its name in the text: noise if it is known, bias, variance."""
        bias = "bias²" if self.loss == "squared" else "bias"
        noise = {} if self.noise is None else {"noise": self.noise}
        return {**noise, f"{bias} and noise" if self.noise is None else bias: self.bias, "variance": self.variance}

    def rows(self) -> list[list[str]]:
        """The table as text: a head, the error, and its parts."""
        table = [["", "value", "low", "high", "of the error"]]
        for name, part in {"error": self.error, **self.parts()}.items():
            estimate = part.estimate(self.confidence)
            share = f"{part.value / self.error.value:.0%}" if self.error.value > 0 else ""
            table.append([name, number(part.value), number(estimate.low), number(estimate.high), share])
        return table

    def notes(self) -> list[str]:
        """What the table means."""
        confidence = f"{100 * self.confidence:.4g}%"
        notes = [f"low, high: {confidence} interval over replicas and test points", NOISE[self.noise_source]]
        if self.unbiased_variance is not None:
            split = f"{number(self.unbiased_variance)} that it spoils less {number(self.biased_variance)} that it mends"
            notes.append(f"variance: {split}")
        return notes

    @property
    def title(self) -> str:
        """What was measured."""
        how = f" ({self.resample})" if self.resample else ""
        return f"Bias and variance of the {NAMES[self.loss]}: {self.replicas} replicas{how}, {self.points} test points"

    def __str__(self):
        return "\n".join([self.title, *text_table(self.rows()), *(f"  ({note})" for note in self.notes())])

    def to_dict(self) -> dict:
        """Plain numbers, lists and text, ready for JSON, which has no NaN and no infinity: these become None."""
        values = dataclasses.asdict(self)
        return plain({name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in values.items()})

    def _repr_html_(self):
        return html_page([self.title, *self.notes()], self.rows())
