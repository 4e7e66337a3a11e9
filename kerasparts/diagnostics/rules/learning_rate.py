"""Steps too long or too short, and too few of them."""

import math

import numpy as np

from kerasparts.diagnostics.findings import Evidence, Finding
from kerasparts.diagnostics.rules._reading import has_broken, jumps, kernel_layers, ratio_of_update, underfits
from kerasparts.diagnostics.rules.initialization import bad_init_scale
from kerasparts.diagnostics.signals import Signals


def lr_too_high(
    signals: Signals, rise: float = 2.0, ratio: float = 0.1, killed: float = 0.5, share: float = 0.25
) -> Finding | None:
    """The steps are longer than the loss is smooth: they make it worse, break it, or kill units.

    Evidence is any of: the loss after some steps is `rise` times what it was (and what a constant answer has), or no
    longer finite; one step changes a kernel by more than `ratio` of its size; a share of `killed` of a layer's units
    died on the way, or saturated after first steps as large; the loss on the same rows jumps from epoch to epoch by
    `share` of its mean. But for that last one, the model does not learn what it could. Weights that were drawn too
    small are another fault.

    Reference: Goodfellow, Bengio and Courville 2016, Deep Learning, section 11.4.1; the ratio: TheDeepChecker
    (Ben Braiek and Khomh 2023), update / weight above 0.1.
    """
    jumping = jumps(signals, share=share) if signals.moments else None
    if not signals.moments or not (underfits(signals) or jumping):
        return None
    drawn = bad_init_scale(signals)
    if drawn is not None and all(number.relation == "<" for number in drawn.evidence.values()):
        return None
    evidence = {}
    loss = signals.train_loss
    start = np.nanmax([loss[0], signals.score.trivial_loss if math.isfinite(signals.score.trivial_loss) else 0.0])
    later = loss[1:]
    if len(later) and math.isfinite(loss[0]) and start > 0:
        if not np.isfinite(later).all() or has_broken(signals):
            evidence["highest loss by that at the start"] = Evidence(math.inf, rise)
        elif later.max() > rise * start:
            evidence["highest loss by that at the start"] = Evidence(float(later.max() / start), rise)
    typical, early = _step_sizes(signals)
    if typical > ratio:
        evidence["change of a kernel in one step"] = Evidence(typical, ratio, "of its size")
    if jumping and typical > 0.05 * ratio:
        evidence["jumps of the loss between epochs"] = Evidence(jumping, share, "of its mean")
    died, saturated = _rise(signals, signals.dead), _rise(signals, signals.saturated)
    if died > killed:
        evidence["units that died on the way"] = Evidence(died, killed, "of a layer")
    if saturated > killed and early > ratio:
        evidence["answers that saturated on the way"] = Evidence(saturated, killed, "of a layer")
    if not evidence:
        return None
    rate = signals.run.learning_rate
    text = f"A learning rate of {rate:.3g} is too high for {signals.run.optimizer} on this model."
    remedy = (
        f"Take `learning_rate={rate / 10:.1g}` or less, or clip with `clipnorm=1.0`; "
        "`kerasparts.callbacks.LearningRateFinder().find(model, x, y)` suggests a rate."
    )
    code = (f"{signals.run.optimizer}({_text(rate)})", f"{signals.run.optimizer}({_text(rate / 10, 1)})")
    return Finding("lr_too_high", text, remedy, evidence, epoch=_when(signals, rise * start), code=code)


def lr_too_low(signals: Signals, ratio: float = 1e-4, travel: float = 0.1, steps: int = 50) -> Finding | None:
    """The weights hardly move: the model could learn, but would take for ever.

    One step changes no kernel by more than `ratio` of its size, and all steps together, at least `steps`, none by more
    than `travel`.

    Reference: the ratio: TheDeepChecker (Ben Braiek and Khomh 2023), update / weight below 1e-4.
    """
    columns = [layer.kernel for _, layer in kernel_layers(signals)]
    if not columns or not signals.moments or signals.step[-1] < steps:
        return None
    if not underfits(signals) or has_broken(signals):
        return None
    typical, _ = _step_sizes(signals)
    if not typical > 0 or not np.isfinite(signals.weight_norm).all():  # where nothing moves, no rate would help
        return None
    moved = np.nansum(signals.displacement[:, columns], axis=0) / np.maximum(signals.weight_norm[0, columns], 1e-12)
    if typical > ratio and not (moved.max() < travel):
        return None
    if moved.max() > 5 * travel:
        return None
    evidence = {
        "change of the fastest kernel in one step": Evidence(typical, ratio, "of its size"),
        "change of the fastest kernel in all steps": Evidence(float(moved.max()), travel, "of its size"),
    }
    rate = signals.run.learning_rate
    text = f"A learning rate of {rate:.3g} is too low for {signals.run.optimizer} on this model."
    remedy = f"Take `learning_rate={10 * rate:.1g}` or more, or `kerasparts.optimizers.AdamW(1e-3)`."
    code = (f"{signals.run.optimizer}({_text(rate)})", f"{signals.run.optimizer}({_text(10 * rate, 1)})")
    return Finding("lr_too_low", text, remedy, evidence, epoch=0.0, code=code)


def too_few_epochs(signals: Signals, pace: float = 0.1, steps: int = 100) -> Finding | None:
    """The loss still falls fast when training ends, at a learning rate that is not too low.

    In the last third of the steps the loss fell by more than `pace` of what it is now, or there were fewer than
    `steps`, and it has fallen.

    Reference: Prechelt 1998, Early stopping, but when? (the other end).
    """
    if not underfits(signals) or has_broken(signals) or signals.moments < 2:
        return None
    loss, step = signals.train_loss, signals.step
    if not np.isfinite(loss).all() or step[-1] <= 0:
        return None
    before = float(np.interp(step[-1] * 2 / 3, step, loss))
    fallen = (before - loss[-1]) / max(abs(loss[-1]), 1e-12)
    is_short = step[-1] < steps and loss[-1] < loss[0]
    if not (fallen > pace or is_short):
        return None
    evidence = {"fall of the loss in the last third of the steps": Evidence(float(fallen), pace, "of the loss")}
    if is_short:
        evidence["steps"] = Evidence(float(step[-1]), float(steps))
    epochs = max(signals.run.epochs, 1)
    more = max(epochs * 4, math.ceil(4 * steps / max(signals.run.steps_per_epoch, 1)))
    text = f"After {step[-1]:.0f} steps the loss still falls."
    remedy = (
        f"Train for `epochs={more}` with `kerasparts.callbacks.EarlyStopping(patience=5)`, or with smaller batches."
    )
    code = (f"epochs={epochs}", f"epochs={more}, callbacks=[kerasparts.callbacks.EarlyStopping(patience=5)]")
    return Finding("too_few_epochs", text, remedy, evidence, severity="warning", epoch=float(epochs), code=code)


def oscillating_loss(signals: Signals, share: float = 0.25) -> Finding | None:
    """From epoch to epoch the loss on the same rows jumps by more than `share` of its mean, far from zero.

    Reference: TheDeepChecker's smoothness (Ben Braiek and Khomh 2023), AutoTrainer's oscillation (Zhang et al. 2021).
    """
    jumping = jumps(signals, share=share) if signals.moments else None
    if jumping is None:
        return None
    evidence = {"jumps of the loss between epochs": Evidence(jumping, share, "of its mean")}
    remedy = (
        "Lower the `learning_rate` as training goes on: `keras.optimizers.schedules.CosineDecay`; take larger batches."
    )
    text = "The loss on the same rows jumps from epoch to epoch."
    code = ("learning_rate=0.1", "learning_rate=keras.optimizers.schedules.CosineDecay(0.1, steps)")
    return Finding("oscillating_loss", text, remedy, evidence, severity="warning", code=code)


def _text(rate, digits=3):
    """As Python writes it: Keras refuses a learning rate of 3, which is no float."""
    return str(float(f"{rate:.{digits}g}"))


def _step_sizes(signals):
    """Change of a kernel in one step by its size, in the kernel where that is most: typical, and most of the first."""
    ratios = ratio_of_update(signals)[:, [layer.kernel for _, layer in kernel_layers(signals)]]
    known = ratios[np.isfinite(ratios).all(axis=1)]
    if not known.size:
        return math.nan, math.nan
    return float(np.median(known, axis=0).max()), float(known[:4].max())


def _rise(signals, table):
    """How much more of a hidden layer it is at the end than at the start, in the layer where that is most."""
    hidden = [index for index, layer in enumerate(signals.layers) if not layer.is_output]
    return float(np.nanmax(np.append(table[-1, hidden] - table[0, hidden], 0.0)))


def _when(signals, bound):
    over = np.flatnonzero(~(signals.train_loss <= bound))
    return float(signals.epoch[over[0]]) if over.size else 0.0
