"""Output layer, loss and targets, judged together."""

import math

from kerasparts.diagnostics.facts import OutputFacts
from kerasparts.diagnostics.findings import Evidence, Finding
from kerasparts.diagnostics.rules._reading import final
from kerasparts.diagnostics.signals import Signals

OF_VALUES = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "mean_squared_logarithmic_error",
             "mean_absolute_percentage_error")  # fmt: skip
PROBABILITIES = ("sigmoid", "softmax", "hard_sigmoid")


def wrong_output_activation(signals: Signals, outside: float = 0.05) -> Finding | None:
    """The last activation cannot give what the loss takes or what the targets are.

    A softmax over one unit is 1 whatever the input is. A cross-entropy without `from_logits` takes probabilities: a
    linear, relu or tanh output is cut at 0 and 1, where the gradient is zero. Classes that exclude each other need
    probabilities that add up to 1, labels that do not need a sigmoid each. Values must lie in the range of the
    activation, but for a share `outside`.

    Reference: structure as in NeuraLint (Nikanjam et al. 2021, https://arxiv.org/abs/2105.08095).
    """
    for facts in signals.outputs:
        finding = _wrong_activation(facts, outside)
        if finding is not None:
            return finding
    return None


def _wrong_activation(facts: OutputFacts, outside: float) -> Finding | None:
    activation, loss = facts.activation, facts.loss or ""
    if activation is None or facts.form == "other":
        return None
    is_probability = activation in PROBABILITIES
    crossentropy = "crossentropy" in loss or loss in ("kl_divergence", "binary_focal_crossentropy")
    one_class = "categorical" in loss or loss == "kl_divergence"
    last = facts.layer
    if activation == "softmax" and facts.units == 1:
        evidence = {"units under the softmax": Evidence(1, 2)}
        wanted = "sigmoid" if facts.is_classification else "linear"
        return _wrong(facts, evidence, "A softmax over one unit is 1 for every input.", last, wanted, "")
    if crossentropy and not facts.from_logits:
        wanted = "softmax" if one_class else "sigmoid"
        if not (facts.low >= 0 and facts.high <= 1):
            evidence = {
                "lowest output possible": Evidence(facts.low, 0),
                "highest output possible": Evidence(facts.high, 1),
            }
            text = f"The {loss} takes probabilities, which a {activation} output does not give."
            return _wrong(facts, evidence, text, last, wanted, "or give the loss `from_logits=True`")
        if one_class and facts.units > 1 and activation != "softmax":
            evidence = {"classes that exclude each other": Evidence(facts.units, 1)}
            text = f"The {loss} takes probabilities that add up to 1; those of {facts.units} {activation} units do not."
            return _wrong(facts, evidence, text, last, "softmax", "")
        if not one_class and facts.form == "multi_label" and activation == "softmax":
            evidence = {"rows that have not exactly one label": Evidence(facts.not_one, 0.0)}
            text = "Rows have several labels or none, but the outputs of a softmax add up to 1."
            return _wrong(facts, evidence, text, last, "sigmoid", "")
    if crossentropy and facts.from_logits and is_probability:
        evidence = {"activations before the loss": Evidence(2, 1)}
        text = f"The loss has `from_logits=True`, so the {activation} is applied twice."
        return _wrong(facts, evidence, text, last, "linear", "")
    reaches = facts.low, facts.high
    if facts.form == "values" and activation != "linear" and not crossentropy:
        if facts.outside > outside:
            evidence = {"targets outside its range": Evidence(facts.outside, outside, "of the targets")}
            text = f"The {activation} output lies in {_interval(reaches)}, the targets in {_interval(_targets(facts))}."
            return _wrong(facts, evidence, text, last, "linear", "")
        if activation == "softmax" and facts.units > 1:
            evidence = {"sum of the outputs": Evidence(1, abs(facts.target_mean) * facts.units)}
            return _wrong(facts, evidence, "The outputs of a softmax add up to 1.", last, "linear", "")
    if facts.form == "signs" and "hinge" in loss and facts.low >= 0:
        evidence = {"lowest output possible": Evidence(facts.low, -1)}
        text = f"The {loss} wants outputs on both sides of 0; the {activation} gives none below."
        return _wrong(facts, evidence, text, last, "linear", "")
    if facts.form == "multi_label" and loss in OF_VALUES and activation == "softmax":
        evidence = {"rows that have not exactly one label": Evidence(facts.not_one, 0.0)}
        return _wrong(facts, evidence, "Rows have several labels or none.", last, "sigmoid", "")
    return None


def wrong_loss(signals: Signals, enough: float = 0.9) -> Finding | None:
    """The loss is not one for such targets.

    A squared or absolute error of class labels behind a sigmoid or softmax is flat where the answer is surely wrong;
    behind a linear output it takes classes for numbers. One output cannot tell more than two classes apart, and is
    nothing to a categorical cross-entropy. A model whose skill is `enough` anyway is left alone with its squared error.

    Reference: Golik, Doetsch and Ney 2013, Cross-entropy vs. squared error training.
    """
    reached = final(signals, "validation_skill")
    reached = final(signals, "train_skill") if math.isnan(reached) else reached
    for facts in signals.outputs:
        loss, form = facts.loss or "", facts.form
        if form == "index" and facts.units == 1 and facts.classes > 2 and not loss.startswith("sparse"):
            evidence = {"classes for one output": Evidence(facts.classes, 2)}
            text = f"One output with the {loss} tells two classes apart, not {facts.classes}."
            remedy = (
                f"Take `keras.layers.Dense({facts.classes}, activation='softmax')` as last layer and "
                "`kerasparts.losses.SparseCategoricalCrossentropy()` as loss."
            )
            code = (f'loss="{loss}"', 'loss="sparse_categorical_crossentropy"')
            return Finding("wrong_loss", text, remedy, evidence, code=code)
        if loss in ("categorical_crossentropy", "categorical_focal_crossentropy", "kl_divergence") and facts.units == 1:
            evidence = {"outputs": Evidence(1, 2)}
            text = f"The {loss} compares the probabilities of several classes; of one output it learns nothing about 0."
            remedy = "Take `keras.losses.BinaryCrossentropy()` as loss, behind one sigmoid."
            code = (f'loss="{loss}"', 'loss="binary_crossentropy"')
            return Finding("wrong_loss", text, remedy, evidence, code=code)
        if loss == "cosine_similarity" and facts.units == 1:
            evidence = {"outputs": Evidence(1, 2)}
            text = "The cosine_similarity compares directions: of one output it sees the sign alone."
            remedy = "Take `'mean_squared_error'` as loss."
            return Finding("wrong_loss", text, remedy, evidence, code=(f'loss="{loss}"', 'loss="mean_squared_error"'))
        if loss in OF_VALUES and form in ("binary", "one_hot", "multi_label") and not reached >= enough:
            better = _loss_for(facts)
            evidence = {"skill reached": Evidence(reached, enough), "classes": Evidence(facts.classes, 1)}
            text = f"The targets are classes, and the {loss} is a loss of values."
            remedy = f"Take `{better}` as loss, behind a {'softmax' if form == 'one_hot' else 'sigmoid'}."
            return Finding("wrong_loss", text, remedy, evidence, code=(f'loss="{loss}"', f'loss="{_short(better)}"'))
        if loss in OF_VALUES and _counts_classes(signals, facts) and not reached >= enough:
            evidence = {"distinct whole numbers": Evidence(facts.classes or facts.target_high + 1, 1)}
            text = f"The targets are class numbers, which the {loss} takes for values."
            number = int(facts.target_high) + 1
            remedy = (
                f"Take `keras.layers.Dense({number}, activation='softmax')` as last layer and "
                "`kerasparts.losses.SparseCategoricalCrossentropy()` as loss."
            )
            code = (f'loss="{loss}"', 'loss="sparse_categorical_crossentropy"')
            return Finding("wrong_loss", text, remedy, evidence, code=code)
        if loss == "binary_crossentropy" and form == "one_hot" and facts.units > 2 and facts.activation == "softmax":
            evidence = {"classes that exclude each other": Evidence(facts.units, 2)}
            text = "The binary_crossentropy judges each class alone, and its accuracy counts the many right zeros."
            remedy = "Take `keras.losses.CategoricalCrossentropy()` or `'categorical_crossentropy'` as loss."
            code = ('loss="binary_crossentropy"', 'loss="categorical_crossentropy"')
            return Finding("wrong_loss", text, remedy, evidence, code=code)
        if "crossentropy" in loss and form == "values":
            evidence = {
                "lowest target": Evidence(facts.target_low, 0),
                "highest target": Evidence(facts.target_high, 1),
            }
            if facts.target_low < 0 or facts.target_high > 1:
                text = f"The targets are values from {facts.target_low:.3g} to {facts.target_high:.3g}, no labels."
                remedy = "Take `'mean_squared_error'` as loss, behind a linear output."
                return Finding(
                    "wrong_loss", text, remedy, evidence, code=(f'loss="{loss}"', 'loss="mean_squared_error"')
                )
    return None


def wrong_labels(signals: Signals) -> Finding | None:
    """The targets are not encoded as the loss takes them.

    A binary cross-entropy is one of numbers in [0, 1]; beyond, it has no lower bound, and the loss goes below zero.

    Reference: AutoTrainer takes a negative loss for a wrong loss (Zhang et al. 2021, section III).
    """
    for facts in signals.outputs:
        loss = facts.loss or ""
        is_crossentropy = "crossentropy" in loss
        if facts.finite < 1:
            evidence = {"finite targets": Evidence(facts.finite, 1.0, "of the targets")}
            remedy = "Remove the rows, or fill in the targets, before `fit`."
            return Finding("wrong_labels", "Targets are NaN or infinite.", remedy, evidence)
        if is_crossentropy and not loss.startswith("sparse") and facts.form in ("index", "signs"):
            evidence = {
                "lowest label": Evidence(facts.target_low, 0),
                "highest label": Evidence(facts.target_high, 1),
            }
            text = (
                f"The {loss} takes labels from 0 to 1; these go from {facts.target_low:.3g} to {facts.target_high:.3g}."
            )
            if facts.classes > 2:
                remedy = (
                    f"Take `keras.layers.Dense({facts.classes}, activation='softmax')` as last layer with "
                    "`kerasparts.losses.SparseCategoricalCrossentropy()`, and labels from 0."
                )
            else:
                remedy = "Encode the labels as 0 and 1: `y = (y == y.max()).astype('float32')`."
            code = ("model.fit(x, y)", "model.fit(x, (y == y.max()).astype('float32'))") if facts.classes <= 2 else None
            return Finding("wrong_labels", text, remedy, evidence, code=code)
        if loss.startswith("sparse") and facts.form == "index" and facts.target_high >= facts.units:
            evidence = {"highest label": Evidence(facts.target_high, facts.units - 1)}
            text = f"There are labels up to {facts.target_high:.0f}, but {facts.units} outputs."
            remedy = f"Take `keras.layers.Dense({int(facts.target_high) + 1})` as last layer, or number labels from 0."
            return Finding("wrong_labels", text, remedy, evidence)
    return None


def _counts_classes(signals, facts):
    """Whole numbers from 0 that the user measures by accuracy."""
    wants_classes = any("acc" in name for name in signals.run.metrics)
    few = facts.target_low == 0 and 1 < facts.target_high < 20 and facts.form == "values" and facts.units == 1
    return wants_classes and few and facts.is_whole


def _wrong(facts, evidence, text, last, wanted, besides):
    layer = "keras.layers.Dense"
    remedy = f"Take `{layer}({facts.units}, activation='{wanted}')` as last layer{', ' + besides if besides else ''}."
    old = "" if facts.activation == "linear" else f', activation="{facts.activation}"'
    new = "" if wanted == "linear" else f', activation="{wanted}"'
    code = (f"Dense({facts.units}{old})", f"Dense({facts.units}{new})")
    return Finding("wrong_output_activation", text, remedy, evidence, layer=last, code=code)


def _loss_for(facts):
    return {
        "one_hot": "keras.losses.CategoricalCrossentropy()",
        "binary": "keras.losses.BinaryCrossentropy()",
        "multi_label": "keras.losses.BinaryCrossentropy()",
    }[facts.form]


def _short(loss):
    return "categorical_crossentropy" if "Categorical" in loss else "binary_crossentropy"


def _targets(facts):
    return facts.target_low, facts.target_high


def _interval(bounds):
    low, high = bounds
    return f"[{low:.3g}, {high:.3g}]" if math.isfinite(low) and math.isfinite(high) else f"({low:.3g}, {high:.3g})"
