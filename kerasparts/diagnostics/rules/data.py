"""Inputs, targets and labels."""

import math

import numpy as np

from kerasparts.diagnostics.findings import Evidence, Finding
from kerasparts.diagnostics.rules._reading import CONFIDENCE, first_inputs, is_trained, single_output, underfits
from kerasparts.diagnostics.rules.output_layer import OF_VALUES
from kerasparts.diagnostics.signals import Signals


def unnormalized_inputs(
    signals: Signals, largest: float = 10.0, least: float = 0.1, offset: float = 10.0
) -> Finding | None:
    """The numbers that reach the first weights are far from 1, and the model does not learn.

    Scaled to a standard deviation of 1 or to [0, 1] they have a root mean square near 1; what counts is what arrives at
    the first kernel, behind `Normalization`, `Rescaling` or batch normalization. Far above 1 the first layer saturates
    or its gradients are too large for the learning rate of the others; far below, where not even the greatest number is
    near 1, it learns too slowly; a mean far from 0 makes the loss a ravine.

    Reference: LeCun, Bottou, Orr and Mueller 1998, Efficient BackProp, section 4.3.
    """
    if not signals.moments or not underfits(signals):
        return None
    finite = min((facts.finite for facts in signals.inputs), default=1.0)
    if finite < 1:
        evidence = {"finite inputs": Evidence(finite, 1.0, "of the numbers")}
        remedy = "Fill in what is missing, or scale with `kerasparts.layers.RobustScaling()`, which passes over NaN."
        return Finding("unnormalized_inputs", "Inputs are NaN or infinite.", remedy, evidence, epoch=0.0)
    embedded = all(facts.is_embedded for facts in signals.inputs)
    peak = max((facts.largest for facts in signals.inputs), default=math.nan)
    evidence, where = {}, None
    for index, layer in first_inputs(signals):
        scale = signals.input_scale[0, index]
        if embedded or not math.isfinite(scale):
            continue
        if scale > largest:
            evidence["root mean square at the first weights"] = Evidence(scale, largest)
        elif 0 < scale < least and (peak < 5 * least or not _takes_input(layer)):
            evidence["root mean square at the first weights"] = Evidence(scale, least)
        else:
            continue
        where = layer.name
        break
    worst = max((facts for facts in signals.inputs if not facts.is_embedded), key=lambda f: f.offset, default=None)
    has_direct = any(_takes_input(layer) for _, layer in first_inputs(signals))
    if worst is not None and worst.offset > offset and worst.rms > 1 and has_direct:
        evidence["mean / standard deviation of a feature"] = Evidence(worst.offset, offset)
    if not evidence:
        return None
    remedy = (
        "Put `kerasparts.layers.RobustScaling()` or `keras.layers.Normalization()` first, and `adapt` it to the "
        "training inputs."
    )
    text = f"The inputs reach {peak:.3g}; the first weights expect a standard deviation of about 1."
    code = (
        "keras.Sequential([",
        "scaling = kerasparts.layers.RobustScaling(); scaling.adapt(x)\nkeras.Sequential([scaling,",
    )
    return Finding("unnormalized_inputs", text, remedy, evidence, layer=where, epoch=0.0, code=code)


def _takes_input(layer):
    return set(layer.sources) <= {-1}


def unnormalized_targets(signals: Signals, largest: float = 10.0, least: float = 0.01) -> Finding | None:
    """Targets of a regression are far from the size that a new network gives, and the model does not learn.

    A new network answers with numbers of about 1. The way to targets far away is long, and the gradients of the
    squared error grow with it; targets that hardly differ leave gradients too small to learn by.

    Reference: LeCun, Bottou, Orr and Mueller 1998, Efficient BackProp, section 4.5.
    """
    if not underfits(signals):
        return None
    for facts in signals.outputs:
        if facts.form != "values" or facts.loss not in OF_VALUES:
            continue
        size = math.hypot(facts.target_mean, facts.target_std)
        if size > largest:
            evidence = {"root mean square of the targets": Evidence(size, largest)}
        elif 0 < facts.target_std < least:
            evidence = {"standard deviation of the targets": Evidence(facts.target_std, least)}
        else:
            continue
        text = f"The targets have mean {facts.target_mean:.3g} and standard deviation {facts.target_std:.3g}."
        remedy = (
            "Train on `(y - y.mean()) / y.std()`, validate on targets with the same two numbers taken off, and take "
            "predictions back by `* y.std() + y.mean()`."
        )
        code = ("model.fit(x, y)", "model.fit(x, (y - y.mean(0)) / y.std(0))")
        return Finding("unnormalized_targets", text, remedy, evidence, layer=facts.layer, epoch=0.0, code=code)
    return None


def unrelated_labels(signals: Signals, rows: int = 100, margin: float = 0.05) -> Finding | None:
    """The targets have nothing to do with the inputs: labels that were shuffled, or joined to other rows.

    Neither the nearest rows nor a linear model tell more of a target than the best constant does, and the model,
    however well it remembers its training rows, is no better on the validation rows.

    Reference: memorizing random labels: Zhang et al. 2017, https://arxiv.org/abs/1611.03530.
    """
    score, facts = signals.score, single_output(signals)
    if facts is None or min(signals.run.rows or rows, signals.run.validation_rows) < rows / 2:
        return None
    known = np.isfinite([score.attainable, score.validation_skill]).all()
    if not known or signals.run.rows < rows:
        return None
    limit = margin + CONFIDENCE * score.attainable_error
    reached = margin + CONFIDENCE * score.validation_skill_error
    if score.attainable > margin or limit > 0.3 or score.validation_skill > min(reached, 0.15):
        return None
    evidence = {
        "skill of simple predictors": Evidence(score.attainable, margin),
        "skill on validation rows": Evidence(score.validation_skill, reached),
    }
    text = "The targets have nothing to do with the inputs that they stand beside."
    remedy = (
        "Check that x and y have the same order of rows: shuffle both with one permutation, or with "
        "`kerasparts.model_selection.train_dev_test_split(x, y)`, and look at some rows."
    )
    code = ("rng.shuffle(y)", "order = rng.permutation(len(x)); x, y = x[order], y[order]")
    return Finding("wrong_labels", text, remedy, evidence, code=code)


def class_imbalance(signals: Signals, ratio: float = 5.0, recall: float = 0.5, rows: int = 30) -> Finding | None:
    """A rare class is hardly ever found while the frequent ones, of at least `rows` each, are.

    The mean loss is that of the frequent classes, so the rare ones are given up first.

    Reference: Japkowicz and Stephen 2002, The class imbalance problem.
    """
    facts, score = single_output(signals), signals.score
    if (
        facts is None
        or not is_trained(signals)
        or facts.form not in ("binary", "signs", "one_hot", "index")
        or not score.recall
    ):
        return None
    counts = np.array(facts.counts, "float64")
    found = np.array(score.recall[: len(counts)])
    if len(found) < len(counts) or (counts > 0).sum() < 2 or counts.max() < rows:
        return None
    counts = np.where(counts > 0, counts, np.nan)
    rare = counts * ratio <= np.nanmax(counts)
    if not rare.any() or np.isnan(found[rare]).all():
        return None
    worst = float(np.nanmin(found[rare]))
    frequent = float(np.nanmean(found[~rare]))
    if not (worst < recall and frequent > recall and frequent - worst > 0.3):
        return None
    evidence = {
        "rows of the most by those of the rarest class": Evidence(float(np.nanmax(counts) / np.nanmin(counts)), ratio),
        "share found of the rare class": Evidence(worst, recall),
    }
    text = f"A rare class is found in {100 * worst:.0f}% of its rows, the frequent ones in {100 * frequent:.0f}%."
    remedy = (
        "Give `kerasparts.losses.SparseCategoricalCrossentropy(class_weight=[...])` the inverse of the class counts, "
        "or get more rows of the rare class; judge by recall, not by accuracy."
    )
    code = ("model.fit(x, y)", "model.fit(x, y, class_weight=dict(enumerate(counts.max() / counts)))")
    return Finding("class_imbalance", text, remedy, evidence, severity="warning", code=code)
