"""diagnose."""

import dataclasses
import math

from kerasparts.core.checks import check
from kerasparts.diagnostics import rules
from kerasparts.diagnostics.findings import FAULTS, Diagnosis, Finding
from kerasparts.diagnostics.rules._reading import final
from kerasparts.diagnostics.signals import Signals

OF_GENERALIZATION = ("high_bias", "high_variance", "too_little_data", "class_imbalance")
RULES = tuple(getattr(rules, name) for name in rules.__all__)

# What follows from what. A finding that is explained stays in the list, behind its cause.
FOLLOWS = {
    "saturated_activation": ("unnormalized_inputs", "bad_init_scale", "lr_too_high"),
    "dead_relu": ("unnormalized_inputs", "unnormalized_targets", "bad_init_scale", "lr_too_high", "over_regularized"),
    "vanishing_gradient": (
        *("wrong_output_activation", "unnormalized_inputs", "unnormalized_targets", "bad_init_scale"),
        *("wrong_hidden_activation", "saturated_activation", "dead_relu"),
    ),
    "exploding_gradient": ("unnormalized_inputs", "unnormalized_targets", "bad_init_scale", "lr_too_high"),
    "oscillating_loss": ("unnormalized_inputs", "lr_too_high", "wrong_labels"),
    "too_few_epochs": ("lr_too_low",),
    "high_variance": ("too_little_data", "wrong_labels"),
}
GENERAL = {"high_bias", "high_variance"}
# A fault whose own evidence means nothing beside another.
HIDDEN_BY = {
    "lr_too_high": ("unnormalized_inputs", "unnormalized_targets", "wrong_labels", "over_regularized"),
    "lr_too_low": (
        *("wrong_output_activation", "symmetric_init", "over_regularized"),
        *("dead_relu", "vanishing_gradient", "saturated_activation"),
    ),
    "too_few_epochs": tuple(
        set(FAULTS) - {"too_few_epochs", "exploding_gradient", "class_imbalance", "too_little_data"} - GENERAL
    ),
    "vanishing_gradient": ("symmetric_init",),
    "bad_init_scale": ("unnormalized_inputs",),
    "class_imbalance": ("wrong_labels", "wrong_output_activation"),
    "high_variance": ("wrong_labels",),
    "too_little_data": ("wrong_labels",),
}


def diagnose(signals: Signals) -> Diagnosis:
    """What is wrong with a training, by all the rules, the cause before the symptom.

    Args:
        signals: what was measured, of a training that may still go on.

    Returns:
        `Diagnosis`; its first finding is what to change first.

    Example:
    >>> diagnose(Signals()).findings
    ()
    """
    check(isinstance(signals, Signals), "signals", signals, "Signals")
    found: dict[str, Finding] = {}
    for rule in RULES:
        finding = rule(signals)
        if finding is not None and finding.fault not in found:
            found[finding.fault] = finding
    for fault, causes in HIDDEN_BY.items():
        if fault in found and any(cause in found for cause in causes):
            del found[fault]
    causes = [fault for fault in found if fault not in OF_GENERALIZATION]
    findings = []
    for fault in FAULTS:
        if fault in found:
            because = tuple(cause for cause in FOLLOWS.get(fault, ()) if cause in found)
            because = tuple(causes) if fault == "high_bias" and causes else because
            findings.append(dataclasses.replace(found[fault], explained_by=because))
    return Diagnosis(tuple(findings), _verdict(signals, findings), _numbers(signals), signals.run.epochs, signals.notes)


def _verdict(signals, findings):
    if findings:
        causes = [finding.title for finding in findings if not finding.explained_by]
        text = causes[0] if len(causes) == 1 else f"{', '.join(causes[:-1])} and {causes[-1]}"
        return f"{text[0].upper()}{text[1:]}."
    if not signals.moments:
        return "Nothing was measured."
    if not signals.run.epochs:
        return "No fault found before training; the learning rate shows in `fit` alone."
    reached = final(signals, "validation_skill")
    reached = final(signals, "train_skill") if math.isnan(reached) else reached
    if math.isnan(reached):
        return "No fault found, but the skill is not known."
    return f"No fault found; skill {reached:z.2f}, where 1 is perfect."


def _numbers(signals):
    score, numbers = signals.score, {}
    if signals.run.epochs and signals.moments:
        numbers["trained"] = f"{signals.run.epochs} epochs, {signals.step[-1]:.0f} steps"
    for name, value, error in (
        ("training skill", final(signals, "train_skill"), score.train_skill_error),
        ("validation skill", final(signals, "validation_skill"), score.validation_skill_error),
        ("skill of simple predictors", score.attainable, score.attainable_error),
    ):
        if math.isfinite(value):
            numbers[name] = f"{value:z.3f}" + (f" ± {error:.3f}" if math.isfinite(error) else "")
    gap = score.train_skill - score.validation_skill
    if math.isfinite(gap):
        error = math.hypot(score.train_skill_error, score.validation_skill_error)
        numbers["variance, as a gap in skill"] = f"{gap:z.3f} ± {error:.3f}"
        numbers["bias, as skill missing in training"] = f"{1 - score.train_skill:.3f} ± {score.train_skill_error:.3f}"
        if math.isfinite(score.attainable):
            numbers["of it perhaps noise"] = f"{max(1 - score.attainable, 0):.3f} at most"
    return numbers
