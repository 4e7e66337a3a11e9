"""Bias or variance: which of the two a training suffers from."""

import dataclasses
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.diagnostics.statistics import student_quantile, trend

HIGH_BIAS = "high bias"
HIGH_VARIANCE = "high variance"
BOTH = "both"
GOOD_FIT = "good fit"
TOO_EARLY = "too early to say"


@dataclass(frozen=True)
class ErrorCurves:
    """Errors at the end of each epoch, with the standard errors of sampling.

    `epochs` counts from 1. All have the same length.
    """

    epochs: tuple[int, ...]
    train: tuple[float, ...]
    validation: tuple[float, ...]
    train_standard_error: tuple[float, ...]
    validation_standard_error: tuple[float, ...]

    def __post_init__(self):
        lengths = {field.name: len(getattr(self, field.name)) for field in dataclasses.fields(self)}
        check(len(set(lengths.values())) == 1, "curves", lengths, "of one length")


@dataclass(frozen=True)
class Estimate:
    """A number with the bounds between which it lies."""

    value: float
    low: float
    high: float

    def __str__(self):
        return f"{self.value:.4g} ({self.low:.4g} to {self.high:.4g})"


@dataclass(frozen=True)
class BiasVarianceDiagnosis:
    """Verdict on a training, with the numbers it stands on; made by `diagnose_bias_variance`.

    Attributes:
        verdict: "high bias", "high variance", "both", "good fit" or "too early to say".
        reason: one sentence with the numbers that decided.
        remedies: what to change, the most promising first.
        error: what is measured, "loss" or "error_rate".
        train_error, validation_error: at the last epoch.
        bias: training error above the target.
        variance: validation error above the training error, the generalization gap.
        target_error: what a human or the best possible model reaches; None if nobody said.
        trivial_error: error of a predictor that ignores the input.
        threshold: bias or variance above it is high: `tolerance * (trivial_error - target_error)`.
        confidence: of each bound of the estimates.
        train_falling, validation_falling: whether the curves still fall, beyond their noise.
        best_epoch: epoch of the lowest validation error.
        curves: the measurements, `ErrorCurves`.
    """

    verdict: str
    reason: str
    remedies: tuple[str, ...]
    error: str
    train_error: Estimate
    validation_error: Estimate
    bias: Estimate
    variance: Estimate
    target_error: float | None
    trivial_error: float
    threshold: float
    confidence: float
    train_falling: bool
    validation_falling: bool
    best_epoch: int
    curves: ErrorCurves

    def rows(self) -> list[tuple[str, str]]:
        """The numbers as pairs of name and text."""
        last = self.curves.epochs[-1]
        target = "not given, 0 is assumed" if self.target_error is None else f"{self.target_error:.4g}"
        return [
            (f"training {self.error} at epoch {last}", f"{self.train_error}{_falls(self.train_falling)}"),
            (f"validation {self.error}", f"{self.validation_error}{_falls(self.validation_falling)}"),
            ("target", target),
            ("bias: training above target", str(self.bias)),
            ("variance: validation above training", str(self.variance)),
            ("high is above", f"{self.threshold:.4g} (ignoring the input gives {self.trivial_error:.4g})"),
            ("lowest validation error", f"epoch {self.best_epoch}"),
        ]

    def __str__(self):
        rows = self.rows()
        width = max(len(name) for name, _ in rows)
        title = "high bias and high variance" if self.verdict == BOTH else self.verdict
        lines = [f"Verdict: {title}", self.reason]
        lines += [f"  {name:<{width}}  {text}" for name, text in rows]
        lines += [f"  bounds hold with {self.confidence:.0%} each", "What to do:"]
        lines += [f"  {number}. {remedy}" for number, remedy in enumerate(self.remedies, 1)]
        return "\n".join(lines)

    def to_dict(self) -> dict:
        """Plain numbers, lists and text, ready for JSON."""
        return {
            **dataclasses.asdict(self),
            "remedies": list(self.remedies),
            "curves": {k: list(v) for k, v in dataclasses.asdict(self.curves).items()},
        }

    def _repr_html_(self):
        rows = "".join(f"<tr><td>{html.escape(n)}</td><td>{html.escape(t)}</td></tr>" for n, t in self.rows())
        remedies = "".join(f"<li>{html.escape(remedy)}</li>" for remedy in self.remedies)
        title = html.escape(self.verdict)
        return f"<b>{title}</b><p>{html.escape(self.reason)}</p><table>{rows}</table><ol>{remedies}</ol>"


def diagnose_bias_variance(
    curves: ErrorCurves,
    trivial_error: float,
    target_error: float | None = None,
    tolerance: float = 0.1,
    confidence: float = 0.95,
    min_epochs: int = 5,
    error: str = "loss",
) -> BiasVarianceDiagnosis:
    """Tells high bias from high variance, or that the numbers do not say yet.

    With the errors at the last epoch:

        bias = training - target
        variance = validation - training
        threshold = tolerance * (trivial - target)

    Evidence beyond noise: each quantity has an interval, its value give or take `t * s`, where `s**2` adds the
    sampling errors of the curves and the scatter of the last epochs around their trend, and `t` is Student's
    quantile. A quantity is high only if its whole interval lies above the threshold, low only if all of it lies
    below. Anything else is "too early to say", as are fewer epochs than `min_epochs`, errors that are not finite,
    and a high bias that the falling training curve would bring below the threshold within as many epochs again.

    Args:
        curves: what was measured.
        trivial_error: error of a predictor that ignores the input, the natural scale of errors.
        target_error: what a human or the best possible model reaches, in the unit of the curves; None for unknown.
            Then 0 is assumed, and noise that no model can explain counts as bias.
        tolerance: float in (0, 1). Share of the way from target to trivial that counts as high.
        confidence: float in (0.5, 1). Of each bound of the intervals.
        min_epochs: int of at least 3.
        error: name of what is measured.

    Raises:
        ValueError: no epoch; a trivial error that is not above the target.

    Example:
    >>> flat, fallen, small = (0.5,) * 8, (0.1,) * 8, (0.01,) * 8
    >>> curves = ErrorCurves(tuple(range(1, 9)), fallen, flat, small, small)
    >>> diagnose_bias_variance(curves, trivial_error=2.3).verdict
    'high variance'

    Reference: bias and variance by training and validation error: Ng 2018, Machine Learning Yearning,
    chapters 20 to 27 (avoidable bias: chapter 22).
    """
    check(len(curves.epochs) > 0, "curves", len(curves.epochs), "of at least one epoch")
    check_number("tolerance", tolerance, "(0, 1)")
    check_number("confidence", confidence, "(0.5, 1)")
    check_integer("min_epochs", min_epochs, "[3, inf)")
    if target_error is not None:
        check_number("target_error", target_error)
    target = target_error or 0.0
    finite_scale = isinstance(trivial_error, int | float) and math.isfinite(trivial_error)
    rule = f"a finite number above the target error {target}"
    check(finite_scale and trivial_error > target, "trivial_error", trivial_error, rule)

    threshold = tolerance * (trivial_error - target)
    count = len(curves.epochs)
    window = max(5, count // 4)
    train_trend, validation_trend = trend(curves.train, window), trend(curves.validation, window)
    t = student_quantile(confidence, max(min(count, window) - 2, 1))
    train_s = math.hypot(curves.train_standard_error[-1], train_trend.noise)
    validation_s = math.hypot(curves.validation_standard_error[-1], validation_trend.noise)

    train, validation = curves.train[-1], curves.validation[-1]
    train_error = _estimate(train, t * train_s)
    validation_error = _estimate(validation, t * validation_s)
    bias = _estimate(train - target, t * train_s)
    variance = _estimate(validation - train, t * math.hypot(train_s, validation_s))

    material = 0.01 * (trivial_error - target) / count  # a slope that would matter if training went on as long again
    train_falling = train_trend.is_falling(confidence) and -train_trend.slope > material
    validation_falling = validation_trend.is_falling(confidence) and -validation_trend.slope > material
    finite = [(value, epoch) for value, epoch in zip(curves.validation, curves.epochs, strict=True) if value == value]
    best_epoch = min(finite)[1] if finite else curves.epochs[0]
    arrives = train_falling and bias.value + train_trend.slope * count <= threshold

    high = f"above the threshold {threshold:.4g}"
    if not math.isfinite(train + validation):
        verdict, reason = TOO_EARLY, f"The {error} is not finite: the training has diverged."
    elif count < min_epochs:
        verdict, reason = TOO_EARLY, f"{count} of at least {min_epochs} epochs were measured."
    elif bias.low > threshold and arrives:
        verdict = TOO_EARLY
        reason = (
            f"Bias {bias} is {high}, but the training {error} still falls by {-train_trend.slope:.3g} an epoch, "
            f"enough to get below it in {count} more epochs."
        )
    elif bias.low > threshold and variance.low > threshold:
        verdict, reason = BOTH, f"Bias {bias} and variance {variance} are both {high}."
    elif bias.low > threshold:
        verdict, reason = HIGH_BIAS, f"Bias {bias} is {high}; variance is {variance}."
    elif variance.low > threshold:
        verdict, reason = HIGH_VARIANCE, f"Variance {variance} is {high}; bias is {bias}."
    elif bias.high <= threshold and variance.high <= threshold:
        verdict, reason = GOOD_FIT, f"Bias {bias} and variance {variance} are both below the threshold {threshold:.4g}."
    else:
        verdict = TOO_EARLY
        reason = f"The noise leaves it open whether bias {bias} or variance {variance} is {high}."

    rising = curves.epochs[-1] > best_epoch and validation - min(curves.validation) > t * validation_s
    return BiasVarianceDiagnosis(
        verdict=verdict,
        reason=reason,
        remedies=_remedies(verdict, curves, train_falling, best_epoch if rising else None, target_error, bias, variance),
        error=error,
        train_error=train_error,
        validation_error=validation_error,
        bias=bias,
        variance=variance,
        target_error=target_error,
        trivial_error=float(trivial_error),
        threshold=threshold,
        confidence=confidence,
        train_falling=train_falling,
        validation_falling=validation_falling,
        best_epoch=best_epoch,
        curves=curves,
    )


def _estimate(value: float, margin: float) -> Estimate:
    return Estimate(float(value), float(value - margin), float(value + margin))


def _falls(falling: bool) -> str:
    return ", still falling" if falling else ""


def _remedies(verdict, curves, train_falling, stop_at, target_error, bias, variance) -> tuple[str, ...]:
    longer = f"Train longer than {curves.epochs[-1]} epochs: the training error still falls."
    for_bias: Sequence[str] = [
        "Take a larger model: more units or layers.",
        *([] if train_falling else ["Train longer, with a learning rate that is lowered gradually, not too early."]),
        "Regularize less: lower `kerasparts.regularizers.L1L2(l1, l2)` or the `rate` of `keras.layers.Dropout`.",
        "Give it better features, and scale them with `kerasparts.layers.RobustScaling`.",
    ]
    if train_falling:
        for_bias = [longer, *for_bias]
    if target_error is None:
        for_bias = [*for_bias, "If the task itself is noisy, give the reachable error as `target_error`."]
    stopping = "with `kerasparts.callbacks.EarlyStopping(patience=5)`"
    for_variance: Sequence[str] = [
        *([f"Stop at epoch {stop_at}, after which validation got worse, {stopping}."] if stop_at else []),
        "Get more training data.",
        "Regularize more: `kernel_regularizer=kerasparts.regularizers.L1L2(l2=1e-4)`, "
        "`kerasparts.optimizers.AdamW(weight_decay=0.01)` or `keras.layers.Dropout(0.3)`.",
        "Augment the data, for images with `keras.layers.RandomTranslation` or `keras.layers.RandomRotation`.",
        "Take a simpler model: fewer units or layers.",
        *([] if stop_at else [f"Stop earlier, {stopping}."]),
    ]
    if verdict == HIGH_BIAS:
        return tuple(for_bias)
    if verdict == HIGH_VARIANCE:
        return tuple(for_variance)
    if verdict == BOTH:
        return (*for_bias, *for_variance)
    if verdict == GOOD_FIT:
        larger, remedy = ("bias", for_bias[0]) if bias.value > variance.value else ("variance", for_variance[0])
        return (
            "Keep the model and measure it once on the test set.",
            f"If it must be better still, {larger} is the larger part. {remedy}",
        )
    if not math.isfinite(curves.train[-1] + curves.validation[-1]):
        return ("Lower the `learning_rate` and look for NaN in the data.",)
    return (
        longer if train_falling else "Train for more epochs.",
        "Measure on more rows: a larger `sample_size`, more validation data.",
    )
