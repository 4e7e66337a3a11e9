"""LearningCurve and its verdict: will more data help?"""

import math
from dataclasses import dataclass

import numpy as np

from kerasparts.core.checks import check, check_number
from kerasparts.core.tables import html_page, number, text_table
from kerasparts.core.text import plain
from kerasparts.diagnostics.bias_variance import Estimate
from kerasparts.diagnostics.experiments.decay import Decay, forecast
from kerasparts.diagnostics.experiments.folds import mean_and_spread
from kerasparts.diagnostics.statistics import student_quantile

HELPS = "more data will help"
HELPS_NOT = "more data will not help"
CANNOT_SAY = "cannot say whether more data will help"
SHORT_OF_STEPS = (
    "mind: training gets better with more rows, as they are more steps; more epochs would tell data from training time"
)


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Error by the number of training rows, and whether more of them will help; made by `judge_learning_curve`.

    Attributes:
        verdict: "more data will help", "more data will not help" or "cannot say whether more data will help".
        reason: one sentence with the numbers that decided.
        metric: name of what is measured.
        mode: "min" or "max", what is best of it.
        sizes: numbers of training rows, in rising order.
        train, dev: arrays of (runs, sizes), the metric on the training rows and on rows held out.
        gain: by how much twice the rows are expected to better the metric.
        doubled: the metric that is expected with twice the rows.
        threshold: a gain below it is no help.
        gap: how far the metric on the training rows is better than on rows held out, with all rows.
        undertrained: whether training gets better with more rows, beyond its noise: then the smaller sizes are short of
            steps, and the curve is one of training time as well.
        decay: the curve that was fitted to the error; None where nothing could be.
        confidence: of each bound.
    """

    verdict: str
    reason: str
    metric: str
    mode: str
    sizes: tuple[int, ...]
    train: np.ndarray
    dev: np.ndarray
    gain: Estimate
    doubled: Estimate
    threshold: float
    gap: float
    undertrained: bool
    decay: Decay | None
    confidence: float

    def fitted(self, rows):
        """The metric on the fitted curve, at any numbers of rows."""
        return _error(self.decay(rows), self.mode)  # of an error, the metric again

    def rows(self) -> list[list[str]]:
        """The table as text: a head and a row a size."""
        head = ["rows", f"train {self.metric}", "spread", f"dev {self.metric}", "spread"]
        body = [
            [
                str(size),
                *(number(value) for curve in (self.train, self.dev) for value in mean_and_spread(curve[:, place])),
            ]
            for place, size in enumerate(self.sizes)
        ]
        return [head, *body]

    def notes(self) -> list[str]:
        """What the table says."""
        expected, twice = [], 2 * self.sizes[-1]
        if self.decay is not None:
            expected = [
                f"gain of twice the rows: {self.gain}; it matters above {number(self.threshold)}",
                f"{self.metric} with {twice} rows: {self.doubled}, by the {self.decay.kind} that fits best",
            ]
        return [
            self.reason,
            *([SHORT_OF_STEPS] if self.undertrained else []),
            *expected,
            f"gap between training and dev with all rows: {number(self.gap)}",
            f"spread: standard deviation over {len(self.dev)} runs; each bound holds with {100 * self.confidence:.4g}% "
            "confidence",
        ]

    @property
    def title(self) -> str:
        """The verdict."""
        return f"Verdict: {self.verdict}"

    def __str__(self):
        reason, *others = self.notes()
        return "\n".join([self.title, reason, *text_table(self.rows()), *(f"  ({note})" for note in others)])

    def to_dict(self) -> dict:
        """The numbers, ready for JSON."""
        fields = {name: getattr(self, name) for name in ("verdict", "reason", "metric", "mode", "sizes", "threshold")}
        arrays = {"train": self.train.tolist(), "dev": self.dev.tolist()}
        parts = {name: part and vars(part) for name, part in vars(self).items() if name in ("gain", "doubled", "decay")}
        others = {name: getattr(self, name) for name in ("gap", "undertrained", "confidence")}
        return plain({**fields, **arrays, **parts, **others})

    def _repr_html_(self):
        return html_page([self.title, *self.notes()], self.rows())


def judge_learning_curve(
    sizes,
    train,
    dev,
    *,
    test_ratio: float,
    metric: str = "loss",
    mode: str = "min",
    tolerance: float = 0.05,
    confidence: float = 0.95,
) -> LearningCurve:
    """Tells whether more data will help, or that the numbers do not say.

    With the error `e`, which is the metric, or `1 - metric` where it should rise:

        gain = e(rows) - e(2 * rows)
        threshold = tolerance * e(rows)

    `forecast` gives the gain with an interval, from curves fitted to the error on rows held out. More data will help
    if its whole interval lies above the threshold, and will not if all of it lies below.

    Args:
        sizes: numbers of training rows, in rising order.
        train, dev: arrays of (runs, sizes).
        test_ratio: rows held out in a run, over all its training rows.
        metric: name of what is measured.
        mode: "min" or "max".
        tolerance: float in (0, 1). Share of the error with all rows that is worth as many rows again.
        confidence: float in (0.5, 1). Of each bound.

    Example:
    >>> sizes, noise = np.array([100, 200, 400, 800]), np.random.default_rng(0).normal(size=(5, 4))
    >>> dev = 0.1 + 4 / sizes**0.5 + 0.002 * noise
    >>> judge_learning_curve(sizes, 0 * dev, dev, test_ratio=0.25).verdict
    'more data will help'
    """
    check_number("tolerance", tolerance, "(0, 1)")
    check_number("confidence", confidence, "(0.5, 1)")
    train, dev = np.asarray(train, dtype="float64"), np.asarray(dev, dtype="float64")
    sizes = tuple(map(int, sizes))
    rule = f"of the shape (runs, {len(sizes)})"
    check(dev.ndim == 2 and dev.shape[1] == len(sizes), "dev", dev.shape, rule)
    check(train.shape == dev.shape, "train", train.shape, f"of the shape {dev.shape} of `dev`")

    error, train_error = _error(dev, mode), _error(train, mode)
    now = float(error[:, -1].mean())
    gap, threshold = now - float(train_error[:, -1].mean()), tolerance * abs(now)
    unknown = Estimate(math.nan, math.nan, math.nan)
    decay, gain, doubled = None, unknown, unknown
    share = f"{100 * tolerance:.3g}%"
    if not np.isfinite(error).all():
        verdict, reason = CANNOT_SAY, f"The dev {metric} is not finite in every run."
    elif len(sizes) < 3:
        verdict, reason = CANNOT_SAY, f"A curve takes at least 3 sizes; there are {len(sizes)}."
    else:
        decay, gain, doubled = forecast(sizes, error, test_ratio, confidence)
        if mode == "max":
            doubled = Estimate(1 - doubled.value, 1 - doubled.high, 1 - doubled.low)
        told = f"Twice the rows are expected to better the dev {metric} of {number(_error(now, mode))} by {gain}"
        if len(dev) < 2:
            verdict, reason = CANNOT_SAY, f"{told}; a single run does not tell how sure that is."
        elif gain.low > threshold:
            verdict, reason = HELPS, f"{told}: more than {share} of the error."
        elif gain.high < threshold:
            verdict, reason = (
                HELPS_NOT,
                f"{told}: less than {share} of the error. {_instead(gap, threshold)}",
            )
        else:
            verdict = CANNOT_SAY
            reason = f"{told}: the noise leaves open whether that is more than {share} of the error."
    return LearningCurve(
        verdict=verdict,
        reason=reason,
        metric=metric,
        mode=mode,
        sizes=sizes,
        train=train,
        dev=dev,
        gain=gain,
        doubled=doubled,
        threshold=threshold,
        gap=gap,
        undertrained=_falls(train_error, threshold, confidence),
        decay=decay,
        confidence=confidence,
    )


def _error(metric, mode):
    return 1 - metric if mode == "max" else metric


def _falls(train_error, threshold, confidence):
    """Whether the training error falls from the first size to the last, by more than the threshold and the noise."""
    drop = train_error[:, 0] - train_error[:, -1]
    if len(drop) < 2:
        return False
    noise = student_quantile(confidence, len(drop) - 1) * drop.std(ddof=1) / math.sqrt(len(drop))
    return bool(drop.mean() > max(threshold, noise))


def _instead(gap, threshold):
    if gap <= threshold:
        return "Training is hardly better than dev: a larger model or better features may help, longer training too."
    return "Training is better than dev nonetheless: regularize more, or take a simpler model."
