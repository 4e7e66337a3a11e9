"""Units that have stopped learning, and layers that are not needed."""

import math

import numpy as np

from kerasparts.diagnostics.findings import Evidence, Finding
from kerasparts.diagnostics.rules._reading import final, hidden_layers, kernel_layers, underfits
from kerasparts.diagnostics.signals import Signals

NOT_ELEMENTWISE = ("softmax", "log_softmax", "sparsemax")
FEW = 3  # units, of which a share means nothing


def dead_relu(signals: Signals, share: float = 0.5) -> Finding | None:
    """Most units of a layer have no slope on any row, and the model does not learn: no gradient passes them.

    Some dead units are found in every healthy net.

    Reference: Lu et al. 2019, https://arxiv.org/abs/1903.06733.
    """
    if not underfits(signals):
        return None
    worst = _worst(signals, signals.dead, share, output_too=True)
    if worst is None:
        return None
    layer, moment, value, first = worst
    unit = "of the layer"
    evidence = {"dead units": Evidence(value, share, unit), "dead at the start": Evidence(first, share, unit)}
    if first >= share:
        remedy = (
            "They were dead before the first step: take `activation=kerasparts.activations.LeakyReLU(0.1)` and "
            "`kernel_initializer=kerasparts.initializers.VarianceMatched('relu')`, and more than a few units."
        )
    else:
        remedy = "Lower the `learning_rate`, or take `activation=kerasparts.activations.LeakyReLU(0.1)`, never dead."
    text = f"{100 * value:.0f}% of the units of the layer give 0 on every row."
    code = ('activation="relu"', "activation=kerasparts.activations.LeakyReLU(0.1)")
    return Finding("dead_relu", text, remedy, evidence, layer.name, float(signals.epoch[moment]), code=code)


def saturated_activation(signals: Signals, share: float = 0.5) -> Finding | None:
    """A hidden layer's sigmoid or tanh is on its flat ends for most rows, and the model does not learn.

    At the flat end, where the slope is below 5% of the greatest, hardly any gradient passes.

    Reference: Glorot and Bengio 2010, section 3.
    """
    if not underfits(signals):
        return None
    worst = _worst(signals, signals.saturated, share)
    if worst is None:
        return None
    layer, moment, value, first = worst
    evidence = {
        "saturated": Evidence(value, share, "of the answers"),
        "saturated at the start": Evidence(first, share),
    }
    text = f"{100 * value:.0f}% of the layer's answers lie on the flat ends of its {layer.activation}."
    remedy = (
        "Scale the inputs with `kerasparts.layers.RobustScaling()`, draw smaller weights with "
        "`kerasparts.initializers.VarianceMatched`, or take `activation='relu'`."
    )
    code = (f'activation="{layer.activation}"', 'activation="relu"')
    return Finding("saturated_activation", text, remedy, evidence, layer.name, float(signals.epoch[moment]), code=code)


def missing_nonlinearity(signals: Signals, enough: float = 0.9) -> Finding | None:
    """Two layers of weights with nothing nonlinear between them are one layer.

    Left alone where the model has the skill `enough`: a product of two matrices can be wanted, as a bottleneck.

    Reference: Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.1.
    """
    if final(signals, "train_skill") >= enough or not signals.layers:
        return None
    is_linear_model = all(layer.is_linear or layer.is_output for layer in signals.layers)
    if not (is_linear_model or underfits(signals)):
        return None
    for _index, layer in kernel_layers(signals):
        before = _linear_kernel_before(signals, layer)
        if before is not None:
            evidence = {"layers of weights that could be one": Evidence(2, 1)}
            text = f"Between {before.name} and {layer.name} there is no activation: together they are one linear layer."
            remedy = f"Give {before.name} `activation='relu'` or `activation=kerasparts.activations.Swish()`."
            code = (f"{before.kind}({before.units})", f'{before.kind}({before.units}, activation="relu")')
            return Finding("missing_nonlinearity", text, remedy, evidence, layer=before.name, code=code)
    return None


def wrong_hidden_activation(signals: Signals) -> Finding | None:
    """A hidden layer has an activation that is made for outputs, or for nothing that is trained.

    A softmax makes its units compete and gives numbers of about 1 / units; a step has no slope anywhere; an exponential
    has one without bound.

    Reference: NeuraLint (Nikanjam et al. 2021, https://arxiv.org/abs/2105.08095).
    """
    for _, layer in hidden_layers(signals):
        if layer.fan_in == 0 and layer.kind not in ("Softmax", "Activation"):
            continue
        name = layer.activation
        if name in NOT_ELEMENTWISE and _feeds_weights(signals, layer):
            evidence = {"mean of its answers": Evidence(1 / max(layer.units, 1), 1)}
            text = f"The hidden layer has a {name}, which makes its {layer.units} units compete and shrinks the signal."
        elif name in ("step", "sign", "heaviside"):
            evidence = {"greatest slope": Evidence(0.0, 0.05)}
            text = "The hidden layer has an activation without a slope: no gradient passes."
        elif name in ("exponential", "exp", "square", "cubic") and underfits(signals):
            evidence = {"greatest slope": Evidence(math.inf, 10.0)}
            text = f"The hidden layer has the activation {name}, which grows faster than any layer can scale down."
        else:
            continue
        remedy = "Take `activation='relu'` or `activation=kerasparts.activations.Swish()` in hidden layers."
        code = (f'{layer.kind}({layer.units}, activation="{name}")', f'{layer.kind}({layer.units}, activation="relu")')
        return Finding("wrong_hidden_activation", text, remedy, evidence, layer=layer.name, code=code)
    return None


def _worst(signals, table, share, output_too=False):
    """The first layer in the run whose last finite value is at least `share`, with its moment, that and the first."""
    for index, layer in enumerate(signals.layers):
        if (layer.is_output and not output_too) or (layer.units < FEW and table is signals.saturated):
            continue
        known = np.flatnonzero(np.isfinite(table[:, index])) if len(table) else np.zeros(0, int)
        if not known.size:
            continue
        last = table[known[-1], index]
        if last >= share:
            reached = known[table[known, index] >= share][0]
            return layer, reached, float(last), float(table[known[0], index])
    return None


def _linear_kernel_before(signals, layer):
    """The layer of weights whose output comes in with nothing nonlinear in between, or None."""
    sources = layer.sources
    while len(sources) == 1 and sources[0] >= 0:
        before = signals.layers[sources[0]]
        if not before.is_linear:
            return None
        if before.fan_in:
            return before
        sources = before.sources
    return None


def _feeds_weights(signals, layer):
    index = signals.layers.index(layer)
    seen = {index}
    for later, other in enumerate(signals.layers):
        if seen & set(other.sources):
            if other.kind in ("Multiply", "Dot"):  # attention
                return False
            if other.fan_in:
                return True
            seen.add(later)
    return False
