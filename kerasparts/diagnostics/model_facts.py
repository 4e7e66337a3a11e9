"""What a compiled model and its data tell before anything is measured."""

import math

import keras
import numpy as np

from kerasparts.activations import describe
from kerasparts.core.data import to_numpy
from kerasparts.diagnostics.facts import InputFacts, OutputFacts, RunFacts
from kerasparts.diagnostics.row_losses import LOSSES
from kerasparts.diagnostics.targets import class_labels, target_form


def input_facts(model, x, embedded: bool) -> tuple[InputFacts, ...]:
    """Of each input of a model; `embedded` tells whether whole numbers are looked up in an embedding."""
    arrays = keras.tree.flatten(x)
    names = list(getattr(model, "input_names", None) or [])
    facts = []
    for index, array in enumerate(arrays):
        name = names[index] if len(names) == len(arrays) else f"input_{index}"
        if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
            facts.append(InputFacts(name, is_embedded=True))
            continue
        whole = np.issubdtype(array.dtype, np.integer) or bool((array == np.round(array)).all())
        rows = np.asarray(array, "float64").reshape(len(array), -1)
        finite = np.isfinite(rows)
        rows = np.where(finite, rows, 0.0)
        deviation = rows.std(axis=0)
        varied = deviation > 0
        offset = np.abs(rows.mean(axis=0))[varied] / deviation[varied]
        facts.append(
            InputFacts(
                name=name,
                rms=float(np.sqrt(np.square(rows).mean())),
                largest=float(np.abs(rows).max(initial=0)),
                offset=float(np.median(offset)) if varied.any() else 0.0,
                spread=float(deviation[varied].max() / deviation[varied].min()) if varied.any() else 1.0,
                is_embedded=embedded and bool(whole),
                finite=float(finite.mean()),
            )
        )
    return tuple(facts)


def output_facts(model, y, y_pred, layers, ways_out) -> tuple[OutputFacts, ...]:
    """Of each output of a model, by its targets, an answer, and the layers by which it leaves; see `Observer`."""
    guesses, targets = keras.tree.flatten(y_pred), keras.tree.flatten(y)
    losses = losses_of(model, len(guesses))
    names = list(getattr(model, "output_names", None) or [])
    facts = []
    for index, guess in enumerate(guesses):
        name = names[index] if len(names) == len(guesses) else f"output_{index}"
        is_known = len(targets) == len(guesses) and targets[index] is not None
        target = np.asarray(targets[index]) if is_known else np.zeros(0)
        way = [layers[step] for step in ways_out[index]]
        last = next((layer for layer in way if layer.activation is not None), None)
        facts.append(_output(name, guess, target, losses[index], last))
    return tuple(facts)


def run_facts(model, **known) -> RunFacts:
    """What a model tells of its training, with what is known besides."""
    optimizer = model.optimizer
    clips = any(getattr(optimizer, name, None) for name in ("clipnorm", "clipvalue", "global_clipnorm"))
    return RunFacts(
        optimizer=type(optimizer).__name__,
        learning_rate=known.pop("learning_rate", learning_rate(model)),
        momentum=float(getattr(optimizer, "momentum", 0.0) or 0.0),
        clips=clips,
        weight_decay=float(getattr(optimizer, "weight_decay", 0.0) or 0.0),
        parameters=int(sum(math.prod(v.shape) for v in model.trainable_variables)),
        backend=keras.backend.backend(),
        **known,
    )


def learning_rate(model) -> float:
    """Of the optimizer at its present step."""
    try:
        return float(to_numpy(model.optimizer.learning_rate))
    except (AttributeError, TypeError, ValueError):
        return math.nan


def loss_name(loss) -> str | None:
    """Name of a loss, string or function in snake case; None without one."""
    if loss is None:
        return None
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        name = type(loss).__name__
    else:
        name = getattr(loss, "__name__", type(loss).__name__)
    if name.islower():
        return name
    name = name.replace("KLDivergence", "KlDivergence")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def losses_of(model, count):
    loss = model.loss
    if isinstance(loss, dict):
        names = list(getattr(model, "output_names", None) or loss)
        found = [loss.get(name) for name in names]
    elif isinstance(loss, list | tuple):
        found = list(loss)
    else:
        found = [loss] * count
    return found if len(found) == count else [None] * count


def _output(name, guess, target, loss, last):
    activation = None if last is None else last.activation
    units = int(guess.shape[-1]) if guess.ndim > 1 else 1
    loss_text = loss_name(loss)
    from_logits = bool(getattr(loss, "from_logits", False))
    form = target_form(target, units, loss_text) if target.size else "other"
    low, high = -math.inf, math.inf
    if activation is not None:
        if activation == "softmax":
            low, high = 0.0, 1.0
        else:
            try:
                low, high = describe(activation).range
            except Exception:  # an activation that is no function of one number
                low, high = -math.inf, math.inf
    classes, counts = 0, ()
    values = np.asarray(target, "float64") if form != "other" else np.zeros(0)
    finite = np.isfinite(values)
    if form in ("one_hot", "multi_label"):
        counts = tuple(int(c) for c in values.reshape(-1, values.shape[-1]).sum(axis=0))
        classes = len(counts)
    elif form in ("binary", "signs", "index"):
        labels = class_labels(values[finite], form)
        counts = tuple(int(c) for c in np.bincount(labels[labels >= 0]))
        classes = sum(c > 0 for c in counts)
    columns = np.where(finite, values, 0.0).reshape(len(values), -1) if values.size else np.zeros((1, 1))
    deviation = columns.std(axis=0)
    widest = int(deviation.argmax())
    slack = 1e-6 * max(1.0, float(np.abs(columns).max()))
    return OutputFacts(
        name=name,
        units=units,
        activation=activation,
        low=float(low),
        high=float(high),
        loss=loss_text,
        from_logits=from_logits,
        form=form,
        classes=int(classes),
        counts=counts,
        target_low=float(columns.min()),
        target_high=float(columns.max()),
        target_mean=float(columns.mean(axis=0)[widest]),
        target_std=float(deviation[widest]),
        outside=float(np.mean((columns < low - slack) | (columns > high + slack))),
        finite=float(finite.mean()) if finite.size else 1.0,
        is_whole=bool((columns == np.round(columns)).all()) and values.size > 0,
        not_one=float(np.mean(np.abs(columns.sum(axis=1) - 1) > 1e-3)) if columns.shape[1] > 1 else 0.0,
        layer=None if last is None else last.name,
    )


def loss_options(loss, name):
    """Arguments of a loss by which its rows differ; a plain function has its defaults."""
    if name not in LOSSES or not isinstance(loss, keras.losses.Loss):
        return {}
    return {**getattr(loss, "_fn_kwargs", {}), **loss.get_config()}  # the config of Huber leaves `delta` out
