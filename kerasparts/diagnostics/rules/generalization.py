"""Bias, variance, and what stands behind them."""

import math

import numpy as np

from kerasparts.diagnostics.findings import Evidence, Finding
from kerasparts.diagnostics.rules._reading import (
    CONFIDENCE,
    final,
    has_broken,
    is_trained,
    single_output,
    underfits,
)
from kerasparts.diagnostics.signals import Signals


def high_variance(signals: Signals, gap: float = 0.12, rise: float = 0.3) -> Finding | None:
    """The model answers far better on the rows that it has seen than on others.

    The gap in skill is above `gap` by more than its sampling error; or, half of that, while the validation loss has
    risen from its lowest by more than `rise` of it. The loss must be higher there too: answers that all lie near the
    border between two classes change sides on a hair.

    Reference: Geman, Bienenstock and Doursat 1992; Prechelt 1998 (generalization loss).
    """
    score = signals.score
    train, validation = score.train_skill, score.validation_skill
    if not (math.isfinite(train) and math.isfinite(validation)) or has_broken(signals):
        return None
    noise = CONFIDENCE * math.hypot(score.train_skill_error, score.validation_skill_error)
    found = train - validation
    risen = _risen(signals)
    is_wide = found - noise > gap
    has_turned = found - noise > gap / 2 and risen > rise
    if not (is_wide or has_turned) or train < 0.2 or not _costs_more(score):
        return None
    evidence = {
        "skill in training above that in validation": Evidence(found, gap + noise if is_wide else gap / 2 + noise)
    }
    if risen > rise:
        evidence["rise of the validation loss from its lowest"] = Evidence(risen, rise, "of it")
    text = f"The skill is {train:z.2f} on training rows and {validation:z.2f} on others."
    remedy = (
        "Stop in time with `kerasparts.callbacks.EarlyStopping(patience=5)`, regularize with "
        "`kernel_regularizer=kerasparts.regularizers.L1L2(l2=1e-3)` or `keras.layers.Dropout(0.3)`, or get more rows."
    )
    code = ("model.fit(x, y)", "model.fit(x, y, callbacks=[kerasparts.callbacks.EarlyStopping(patience=5)])")
    return Finding("high_variance", text, remedy, evidence, severity="warning", code=code)


def too_little_data(signals: Signals, per_class: float = 20.0, rows: int = 100) -> Finding | None:
    """There are too few rows to generalize from, and it shows as high variance.

    Fewer than `per_class` rows for a class on average, or fewer than `rows` in all.

    Reference: van Smeden et al. 2019 (events per variable); Ng 2018, Machine Learning Yearning, chapter 28.
    """
    if not signals.run.rows or high_variance(signals) is None:
        return None
    facts = single_output(signals)
    classes = facts.classes if facts is not None and facts.is_classification else 0
    share = signals.run.rows / classes if classes else math.inf
    if share > per_class and signals.run.rows > rows:
        return None
    evidence = {"training rows": Evidence(signals.run.rows, max(rows, per_class * classes))}
    text = f"{signals.run.rows} rows are too few to learn from."
    remedy = (
        "Get more, augment them (for images `keras.layers.RandomTranslation`), or start from a model trained on other "
        "data; judge by cross-validation."
    )
    return Finding("too_little_data", text, remedy, evidence, severity="warning")


def over_regularized(signals: Signals, share: float = 0.5, rate: float = 0.7, shrunk: float = 0.3) -> Finding | None:
    """Penalties, dropout or weight decay keep the model from fitting even its training rows.

    The penalty is more than `share` of the loss, a dropout takes out `rate` or more, or penalty or weight decay have
    shrunk a kernel below `shrunk` of its first size.

    Reference: TheDeepChecker (Ben Braiek and Khomh 2023): regularization against data gradient.
    """
    if not underfits(signals) or has_broken(signals) or not signals.moments:
        return None
    evidence, remedy, where = {}, "", None
    loss, penalty = np.abs(signals.train_loss), signals.penalty
    shares = penalty / np.maximum(penalty + loss, 1e-12)
    if np.isfinite(shares).all() and np.median(shares) > share:
        evidence["share of the loss that is penalty"] = Evidence(float(np.median(shares)), share)
        remedy = "Divide the factors by 100: `kernel_regularizer=kerasparts.regularizers.L1L2(l2=1e-4)`."
    strongest = max(signals.layers, key=lambda layer: layer.rate, default=None)
    if strongest is not None and strongest.rate >= rate:
        evidence["dropout rate"] = Evidence(strongest.rate, rate)
        remedy, where = "Lower it: `keras.layers.Dropout(0.3)`.", strongest.name
    kernels = np.array(signals.kernels, bool)
    norms = signals.weight_norm[:, kernels]
    if norms.size and np.isfinite(norms).all():
        left = norms[-1] / np.maximum(norms[0], 1e-12)
        left = float(left.min()) if shares[0] > share else float(left.max()) if signals.run.weight_decay else 1.0
        if left < shrunk:
            evidence["size of a kernel by that at the start"] = Evidence(left, shrunk)
            remedy = remedy or (
                "Divide the factors by 100: `kernel_regularizer=kerasparts.regularizers.L1L2(l2=1e-4)`."
                if shares[0] > share
                else "Lower it: `kerasparts.optimizers.AdamW(1e-3, weight_decay=1e-4)`."
            )
    if not evidence:
        return None
    text = "Regularization keeps the model from fitting the rows that it trains on."
    code = ("kernel_regularizer=keras.regularizers.L2(1.0)", "kernel_regularizer=kerasparts.regularizers.L1L2(l2=1e-4)")
    return Finding("over_regularized", text, remedy, evidence, layer=where, code=None if where else code)


def high_bias(signals: Signals, least: float = 0.15) -> Finding | None:
    """The model misses on its training rows what simple predictors find in them, so it is no noise.

    Reference: Ng 2018, Machine Learning Yearning, chapters 20 to 24; the bar is `attainable_skill`.
    """
    if not is_trained(signals) or not underfits(signals):
        return None
    reached, goal = final(signals, "train_skill"), signals.score.attainable
    known = math.isfinite(goal) and goal > reached
    name = "skill in training, against that of simple predictors" if known else "skill in training"
    evidence = {name: Evidence(reached, goal if known else least)}
    fallen, gained = _progress(signals)
    if fallen > 0.3 and gained < 0.05:
        evidence["fall of the loss, while the skill gained nothing"] = Evidence(fallen, 0.3, "of it")
    text = (
        f"The model has a skill of {reached:z.2f} on the rows that it trains on, where 1 is perfect and 0 a constant."
    )
    remedy = "Mend what stands above first. If nothing does: more units or layers, more epochs, better features."
    return Finding("high_bias", text, remedy, evidence)


def _progress(signals):
    """Share of the first loss that is gone, and the skill gained: a loss that falls alone does not mean the task."""
    loss, skill = signals.train_loss, signals.train_skill
    if signals.moments < 2 or not np.isfinite([loss[0], loss[-1], skill[0], skill[-1]]).all() or loss[0] <= 0:
        return 0.0, 0.0
    return float(1 - loss[-1] / loss[0]), float(skill[-1] - skill[0])


def _costs_more(score):
    """Whether the validation loss is above the training loss beyond its sampling error; yes where that is unknown."""
    noise = CONFIDENCE * math.hypot(score.train_loss_error, score.validation_loss_error)
    return not (math.isfinite(noise) and score.validation_loss - score.train_loss <= noise)


def _risen(signals):
    curve = signals.curves.get("val_loss", np.zeros(0))
    curve = curve[np.isfinite(curve)]
    if len(curve) < 3 or curve.min() <= 0:
        return 0.0
    return float(np.median(curve[-3:]) / curve.min() - 1)
