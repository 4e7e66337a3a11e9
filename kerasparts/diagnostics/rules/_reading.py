"""What several rules read out of the signals."""

import math

import numpy as np

from kerasparts.diagnostics.facts import LayerFacts, OutputFacts
from kerasparts.diagnostics.signals import Signals

CONFIDENCE = 2.0  # standard errors


def final(signals: Signals, name: str) -> float:
    """The score of that name, or what the last moment that has one measured."""
    value = getattr(signals.score, name, math.nan)
    if math.isfinite(value):
        return value
    known = getattr(signals, name)
    known = known[np.isfinite(known)]
    return float(known[-1]) if known.size else math.nan


def shortfall(signals: Signals) -> float:
    """How much skill on the training rows is missing to what simple predictors attain, beyond the sampling error.

    Zero or less where the model is as good, NaN where nothing is known.
    """
    reached, error = final(signals, "train_skill"), signals.score.train_skill_error
    goal, goal_error = signals.score.attainable, signals.score.attainable_error
    if not math.isfinite(reached):
        return 1.0 if has_broken(signals) else math.nan
    if not math.isfinite(goal):
        return math.nan
    noise = math.hypot(error if math.isfinite(error) else 0.0, goal_error)
    return goal - reached - CONFIDENCE * noise


def underfits(signals: Signals, margin: float = 0.05, least: float = 0.15) -> bool:
    """Whether the model misses on the training rows what can be had.

    That is: simple predictors are better by `margin` beyond the noise, or where they find nothing, it has a skill below
    `least`. Before the first step, when there is no telling, the answer is yes.
    """
    if has_broken(signals) or not is_trained(signals):
        return True
    missing, reached = shortfall(signals), final(signals, "train_skill")
    if missing > margin:
        return True
    goal = signals.score.attainable
    return reached < least and not goal < least


def is_trained(signals: Signals) -> bool:
    """Whether a step was taken."""
    return bool(signals.moments) and signals.step[-1] > 0


def has_broken(signals: Signals) -> bool:
    """Whether loss or weights were not finite at the last moment, or the loss of an epoch was not."""
    loss = signals.curves.get("loss", np.zeros(0))
    broken = bool(loss.size) and not np.isfinite(loss[-1])
    if signals.moments:
        broken |= not np.isfinite(signals.train_loss[-1]) or not np.isfinite(signals.weight_norm[-1]).all()
    return bool(broken)


def kernel_layers(signals: Signals) -> list[tuple[int, LayerFacts]]:
    """Layers with a trainable kernel, in the order of the run, each kernel once."""
    found, seen = [], set()
    for index, layer in enumerate(signals.layers):
        if layer.kernel is not None and layer.kernel not in seen:
            seen.add(layer.kernel)
            found.append((index, layer))
    return found


def hidden_layers(signals: Signals) -> list[tuple[int, LayerFacts]]:
    """All layers but those that an output leaves by."""
    return [(index, layer) for index, layer in enumerate(signals.layers) if not layer.is_output]


def single_output(signals: Signals) -> OutputFacts | None:
    return signals.outputs[0] if len(signals.outputs) == 1 else None


def ratio_of_update(signals: Signals) -> np.ndarray:
    """Size of one step by the size of the weights, now or at the start, `(M, V)`.

    From two moments one step apart where there are. Weights that a penalty has shrunk to nothing are no measure.
    """
    update = signals.update_norm.copy()
    one = np.flatnonzero(np.diff(signals.step) == 1) + 1
    update[one] = np.where(np.isnan(update[one]), signals.displacement[one], update[one])
    with np.errstate(divide="ignore", invalid="ignore"):
        return update / np.maximum(np.maximum(signals.weight_norm, signals.weight_norm[:1]), 1e-12)


def first_inputs(signals: Signals) -> list[tuple[int, LayerFacts]]:
    """Kernel layers that take an input of the model, or a reshaping of it."""
    found = []
    for index, layer in enumerate(signals.layers):
        if layer.fan_in and all(_comes_from_input(signals, source) for source in layer.sources):
            found.append((index, layer))
    return found


def _comes_from_input(signals, source):
    if source < 0:
        return True
    layer = signals.layers[source]
    return layer.fan_in == 0 and layer.is_linear and all(_comes_from_input(signals, one) for one in layer.sources)


def jumps(signals: Signals, share: float = 0.25, of_trivial: float = 0.05, epochs: int = 5) -> float | None:
    """How far the loss on the probe jumps from epoch to epoch, by its mean, where that is much; else None.

    The root mean square of the rises in the last half of at least `epochs`, which for noise around a level is the
    standard deviation, and for a falling curve zero. The rows are always the same, without dropout, so it is the steps
    of the optimizer that make it rise. Much is more than `share` of the mean loss and more than `of_trivial` of the
    loss of a constant answer; of a model that does not underfit, half as much again, and with a mean well above zero.
    """
    curve = signals.train_loss[signals.epoch_ends]
    half = curve[len(curve) // 2 :]
    if len(half) < epochs or not np.isfinite(half).all():
        return None
    size = float(np.sqrt(np.mean(np.square(np.maximum(np.diff(half), 0)))))
    mean = abs(float(half.mean()))
    scale = (
        signals.score.trivial_loss if math.isfinite(signals.score.trivial_loss) else abs(float(signals.train_loss[0]))
    )
    if not underfits(signals):
        of_trivial *= 1.5
        if mean < 2 * of_trivial * scale:
            return None
    return size / mean if size > share * mean and size > of_trivial * scale else None
