"""The tables of a report: `Signals` in, rows of text out."""

import numpy as np

from kerasparts.plots.moments import matrix, short_names
from kerasparts.reports._scale import DASH, number


def run(signals):
    """Facts of the run as pairs of name and text; what is unknown is left out."""
    facts = signals.run
    epochs = f"{facts.epochs} of {facts.planned_epochs}" if facts.planned_epochs else f"{facts.epochs}"
    pairs = [
        ("training rows", _count(facts.rows)),
        ("validation rows", _count(facts.validation_rows)),
        ("batch size", _count(facts.batch_size)),
        ("steps an epoch", _count(facts.steps_per_epoch)),
        ("epochs finished", epochs),
        ("optimizer", facts.optimizer),
        ("learning rate", number(facts.learning_rate) if np.isfinite(facts.learning_rate) else ""),
        ("momentum", number(facts.momentum) if facts.momentum else ""),
        ("gradients clipped", "yes" if facts.clips else ""),
        ("trainable parameters", _count(facts.parameters)),
        ("batch statistics", "yes" if facts.has_batch_statistics else ""),
        ("metrics", ", ".join(facts.metrics)),
        ("backend", facts.backend),
    ]
    return [(name, text) for name, text in pairs if text]


def layers(signals):
    """A row a layer: path as (short, full), kind, activation, units; dead, saturated and scale when last measured."""
    columns = {name: _last(matrix(signals, name, len(signals.layers))) for name in ("dead", "saturated", "scale")}
    names = short_names([layer.name for layer in signals.layers])
    return [
        (
            (short, layer.name),
            layer.kind,
            layer.activation or DASH,
            _count(layer.units) or DASH,
            _percent(columns["dead"][index]),
            _percent(columns["saturated"][index]),
            number(columns["scale"][index]),
        )
        for index, (short, layer) in enumerate(zip(names, signals.layers, strict=True))
    ]


def inputs(signals):
    """A row an input: name as above, root mean square, greatest absolute value, offset, spread, finite share."""
    return [((item.name, item.name), *map(number, _scales(item)), _percent(item.finite)) for item in signals.inputs]


def outputs(signals):
    """A row an output: name, units, activation, loss, form of the targets, classes, range of the targets."""
    return [
        (
            (item.name, item.name),
            _count(item.units) or DASH,
            item.activation or DASH,
            f"{item.loss}{' (from logits)' if item.from_logits else ''}" if item.loss else DASH,
            item.form.replace("_", " "),
            _count(item.classes) or DASH,
            f"{number(item.target_low)} to {number(item.target_high)}",
        )
        for item in signals.outputs
    ]


def _scales(item):
    return [np.nan] * 4 if item.is_embedded else (item.rms, item.largest, item.offset, item.spread)


def _last(values):
    """The last finite number of each column, NaN without one."""
    known = np.isfinite(values)
    last = len(values) - 1 - np.argmax(known[::-1], axis=0) if len(values) else np.zeros(values.shape[1], dtype=int)
    return [values[row, column] if known[:, column].any() else np.nan for column, row in enumerate(last)]


def _count(value):
    return f"{value:,}" if value else ""


def _percent(share):
    if not np.isfinite(share):
        return DASH
    return "< 0.1 %" if 0 < share < 1e-3 else f"{100 * float(share):.3g} %"
