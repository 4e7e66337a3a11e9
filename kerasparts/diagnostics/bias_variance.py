"""Bias or variance: which of the two a training suffers from."""

import dataclasses
import html
import math
from dataclasses import dataclass

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.text import plain
from kerasparts.diagnostics.statistics import student_quantile, trend

HIGH_BIAS = "high bias"
HIGH_VARIANCE = "high variance"
BOTH = "both"
GOOD_FIT = "good fit"
TOO_EARLY = "too early to say"


@dataclass(frozen=True)
class ErrorCurves:
    """Errors at the end of each epoch, with the standard errors of sampling.

    `epochs` counts from 1. All have the same length; any sequence of numbers will do.
    """

    epochs: tuple[int, ...]
    train: tuple[float, ...]
    validation: tuple[float, ...]
    train_standard_error: tuple[float, ...]
    validation_standard_error: tuple[float, ...]

    def __post_init__(self):
        for field in dataclasses.fields(self):
            kind = int if field.name == "epochs" else float
            object.__setattr__(self, field.name, tuple(map(kind, getattr(self, field.name))))
        lengths = {field.name: len(getattr(self, field.name)) for field in dataclasses.fields(self)}
        check(len(set(lengths.values())) == 1, "curves", lengths, "of one length")


@dataclass(frozen=True)
class Estimate:
    """A number with the bounds between which it lies."""

    value: float
    low: float
    high: float

    def __str__(self):
        width = self.high - self.low
        if not math.isfinite(width) and math.isfinite(self.value):
            return f"{self.value:.4g} (bounds unknown)"
        if width == 0 or math.isnan(width):
            return f"{self.value:.4g}"
        decimals = max(0, 1 - math.floor(math.log10(width)))
        digits = f"z.{decimals}f" if 1e-5 < width < 1e5 else ".3g"
        return f"{self.value:{digits}} ({self.low:{digits}} to {self.high:{digits}})"


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
        best_epoch: epoch of the lowest validation error; None if none was finite.
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
    best_epoch: int | None
    curves: ErrorCurves

    @property
    def title(self) -> str:
        """The verdict with nothing left to guess."""
        return "high bias and high variance" if self.verdict == BOTH else self.verdict

    def rows(self) -> list[tuple[str, str]]:
        """The numbers as pairs of name and text."""
        name = self.error.replace("_", " ")
        target = "not given, 0 is assumed" if self.target_error is None else f"{self.target_error:.4g}"
        return [
            (f"training {name}", f"{self.train_error}{_falls(self.train_falling)}"),
            (f"validation {name}", f"{self.validation_error}{_falls(self.validation_falling)}"),
            (f"target {name}", target),
            ("bias: training above target", str(self.bias)),
            ("variance: validation above training", str(self.variance)),
            ("high is above", f"{self.threshold:.4g} (ignoring the input gives {self.trivial_error:.4g})"),
            (f"lowest validation {name}", "never finite" if self.best_epoch is None else f"epoch {self.best_epoch}"),
        ]

    def _note(self):
        confidence = f"{100 * self.confidence:.4g}%"
        return f"measured after epoch {self.curves.epochs[-1]}; each bound holds with {confidence} confidence"

    def __str__(self):
        rows = self.rows()
        width = max(len(name) for name, _ in rows)
        lines = [f"Verdict: {self.title}", self.reason]
        lines += [f"  {name:<{width}}  {text}" for name, text in rows]
        lines += [f"  ({self._note()})", "What to do:"]
        lines += [f"  {number}. {remedy}" for number, remedy in enumerate(self.remedies, 1)]
        return "\n".join(lines)

    def to_dict(self) -> dict:
        """Plain numbers, lists and text, ready for JSON, which has no NaN and no infinity: these become None."""
        return plain(dataclasses.asdict(self))

    def _repr_html_(self):
        rows = "".join(f"<tr><td>{html.escape(n)}</td><td>{html.escape(t)}</td></tr>" for n, t in self.rows())
        remedies = "".join(f"<li>{html.escape(remedy)}</li>" for remedy in self.remedies)
        title, reason, note = map(html.escape, (self.title, self.reason, self._note()))
        return f"<b>Verdict: {title}</b><p>{reason}</p><table>{rows}</table><p>{note}</p><ol>{remedies}</ol>"


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
    below. Anything else is "too early to say", as are fewer epochs than `min_epochs`, errors that are not finite
    in the last epochs, and a high bias that the falling training curve would bring below the threshold within as
    many epochs again. A verdict of high bias or high variance leaves open whether the other one is low.

    Args:
        curves: what was measured.
        trivial_error: error of a predictor that ignores the input, the natural scale of errors.
        target_error: what a human or the best possible model reaches, in the unit of the curves; None for unknown.
            Then 0 is assumed, and noise that no model can explain counts as bias.
        tolerance: float in (0, 1). Share of the way from target to trivial that counts as high.
        confidence: float in (0.5, 1). Of each bound of the intervals.
        min_epochs: int of at least 3.
        error: name of what is measured. The bounds of an "error_rate" stay between 0 and 1.

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
        target_error = float(target_error)
    check_number("trivial_error", trivial_error)
    trivial_error, target = float(trivial_error), target_error or 0.0
    rule = f"above the target error, which is {target:g}{' where none is given' if target_error is None else ''}"
    check(trivial_error > target, "trivial_error", trivial_error, rule)

    threshold = tolerance * (trivial_error - target)
    count = len(curves.epochs)
    window = max(5, count // 4)
    train_trend, validation_trend = trend(curves.train, window), trend(curves.validation, window)
    t = student_quantile(confidence, train_trend.points - 2)
    train_s = math.hypot(curves.train_standard_error[-1], train_trend.noise)
    validation_s = math.hypot(curves.validation_standard_error[-1], validation_trend.noise)

    least, most = (0.0, 1.0) if error == "error_rate" else (-math.inf, math.inf)
    train, validation = curves.train[-1], curves.validation[-1]
    train_error = _estimate(train, t * train_s, least, most)
    validation_error = _estimate(validation, t * validation_s, least, most)
    bias = Estimate(train - target, train_error.low - target, train_error.high - target)
    variance = _estimate(validation - train, t * math.hypot(train_s, validation_s), least - most, most - least)

    material = 0.01 * (trivial_error - target) / count  # a slope that matters if training goes on as long again
    train_falling = train_trend.is_falling(confidence) and -train_trend.slope > material
    validation_falling = validation_trend.is_falling(confidence) and -validation_trend.slope > material
    finite = [pair for pair in zip(curves.validation, curves.epochs, strict=True) if math.isfinite(pair[0])]
    lowest, best_epoch = min(finite, default=(math.nan, None))
    luck = math.sqrt(2 * math.log(count)) * validation_trend.noise  # of the lowest among as many noisy epochs
    stop_at = best_epoch if validation - lowest > t * validation_s + luck else None
    pairs = zip(curves.train[-window:], curves.validation[-window:], curves.epochs[-window:], strict=True)
    diverged = [epoch for *errors, epoch in pairs if not all(map(math.isfinite, errors))]
    more_epochs = math.ceil((bias.value - threshold) / -train_trend.slope) if train_falling else math.inf

    name = error.replace("_", " ")
    high = f"above the threshold {threshold:.4g}"
    advice: tuple[str, ...] = ()
    if diverged:
        verdict, reason = TOO_EARLY, f"The {name} after epoch {diverged[0]} is not finite."
        advice = ("Lower the `learning_rate`, or clip gradients with `clipnorm`.", "Look for NaN in the data.")
    elif count < min_epochs:
        verdict, reason = TOO_EARLY, f"Only {count} of at least {min_epochs} epochs were measured."
        advice = (f"Train for at least {min_epochs} epochs.",)
    elif bias.low > threshold and more_epochs <= count:
        verdict = TOO_EARLY
        reason = (
            f"Bias {bias} is {high}, but the training {name} still falls by {-train_trend.slope:.2g} an epoch: at "
            f"this pace bias is below it in {more_epochs} more."
        )
        advice = (f"Train for at least {more_epochs} more epochs.",)
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
        reason = f"The noise leaves open whether bias {bias} or variance {variance} is {high}."
        advice = (
            "Measure on more rows: more validation data, a larger `sample_size`.",
            "Train on, with a lower `learning_rate` if the errors jump from epoch to epoch.",
        )

    return BiasVarianceDiagnosis(
        verdict=verdict,
        reason=reason,
        remedies=advice or _remedies(verdict, curves, train_falling, stop_at, target_error is None, bias, variance),
        error=error,
        train_error=train_error,
        validation_error=validation_error,
        bias=bias,
        variance=variance,
        target_error=target_error,
        trivial_error=trivial_error,
        threshold=threshold,
        confidence=confidence,
        train_falling=train_falling,
        validation_falling=validation_falling,
        best_epoch=best_epoch,
        curves=curves,
    )


def _estimate(value: float, margin: float, least: float, most: float) -> Estimate:
    return Estimate(value, max(value - margin, least), min(value + margin, most))


def _falls(falling: bool) -> str:
    return ", still falling" if falling else ""


def _remedies(verdict, curves, train_falling, stop_at, no_target, bias, variance) -> tuple[str, ...]:
    longer = f"Train longer than {curves.epochs[-1]} epochs: the training error still falls."
    slower = "Train longer, with a learning rate that is lowered gradually, not too early."
    larger = "Take a larger model: more units or layers."
    fit_better = (longer, larger) if train_falling else (larger, slower)
    features = (
        "Give it better features, and scale them with `kerasparts.layers.RobustScaling`.",
        *(["If the task itself is noisy, give the reachable error as `target_error`."] if no_target else []),
    )
    stop = "with `kerasparts.callbacks.EarlyStopping(patience=5)`"
    stop_early = (f"Stop at epoch {stop_at}, after which validation got worse, {stop}.",) if stop_at else ()
    more_data = "Get more training data."
    augment = "Augment the data, for images with `keras.layers.RandomTranslation` or `keras.layers.RandomRotation`."
    if verdict == HIGH_BIAS:
        less = "Regularize less: lower `kerasparts.regularizers.L1L2(l1, l2)` or the `rate` of `keras.layers.Dropout`."
        return (*fit_better, less, *features)
    if verdict == HIGH_VARIANCE:
        return (
            *stop_early,
            more_data,
            "Regularize more: `kernel_regularizer=kerasparts.regularizers.L1L2(l2=1e-4)`, "
            "`kerasparts.optimizers.AdamW(weight_decay=0.01)` or `keras.layers.Dropout(0.3)`.",
            augment,
            "Take a simpler model: fewer units or layers.",
            *([] if stop_early else [f"Stop earlier, {stop}."]),
        )
    if verdict == BOTH:  # without what lowers the one by raising the other
        return (*fit_better, *features, more_data, augment)
    part, remedy = ("bias", fit_better[0]) if bias.value > variance.value else ("variance", (*stop_early, more_data)[0])
    return (
        "Keep the model and measure it once on the test set.",
        f"If it must be better still, {part} is the larger part. {remedy}",
    )
