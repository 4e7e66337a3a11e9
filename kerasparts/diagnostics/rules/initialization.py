"""The weights before the first step."""

import math

import numpy as np

from kerasparts.diagnostics.findings import Evidence, Finding
from kerasparts.diagnostics.rules._reading import first_inputs, kernel_layers, underfits
from kerasparts.diagnostics.signals import Signals

RECTIFIERS = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "prelu", "relu6", "softplus")


def symmetric_init(signals: Signals, equal: float = 0.9999) -> Finding | None:
    """All units of a hidden layer have the same weights and keep them: they are one unit.

    Equal units get equal gradients, unless the layer behind tells them apart; so they must be equal at the start and at
    the end.

    Reference: Goodfellow, Bengio and Courville 2016, Deep Learning, section 8.4.
    """
    if not signals.moments:
        return None
    ends = np.flatnonzero(np.isfinite(signals.weight_norm).all(axis=1))
    for _, layer in kernel_layers(signals):
        if layer.is_output or layer.units < 2 or not ends.size:
            continue
        values = signals.equal_units[[0, ends[-1]], layer.kernel]
        zero = signals.weight_norm[0, layer.kernel] == 0 and signals.weight_norm[ends[-1], layer.kernel] == 0
        if (values >= equal).all() or zero:
            evidence = {"likeness of the units": Evidence(float(values.min()) if not zero else 1.0, equal)}
            text = f"All {layer.units} units of the layer have the same weights and stay so."
            remedy = "Draw them: `kernel_initializer=kerasparts.initializers.VarianceMatched('relu')`."
            code = ('kernel_initializer="zeros"', 'kernel_initializer=kerasparts.initializers.VarianceMatched("relu")')
            return Finding("symmetric_init", text, remedy, evidence, layer=layer.name, epoch=0.0, code=code)
    return None


def bad_init_scale(signals: Signals, factor: float = 6.0, product: float = 30.0, mean: float = 2.0) -> Finding | None:
    """Kernels are drawn so large or small that the signal grows or fades with every layer, and the model suffers.

        gain = root mean square of the kernel * sqrt(fan_in)

    keeps the size of a signal at about 1 (with relu at 1.4); with the mean of `fan_in` and `fan_out` in its place, that
    of a gradient too, so a kernel is too small only by both. A layer is off by `factor`; or all of them together by
    `product`, if they are by more than `mean` on average. Inputs of a wrong size are another fault, and behind layers
    that normalize the size of a kernel does not count.

    Reference: Glorot and Bengio 2010, section 4.2.1; He et al. 2015, https://arxiv.org/abs/1502.01852.
    """
    if not signals.moments or not underfits(signals):
        return None
    if any(layer.kind.endswith("Normalization") and set(layer.sources) != {-1} for layer in signals.layers):
        return None
    scales = [signals.input_scale[0, index] for index, _ in first_inputs(signals)]
    if any(scale > 10 or scale < 0.01 for scale in scales if np.isfinite(scale)):
        return None
    gains = []
    for _, layer in kernel_layers(signals):
        norm = signals.weight_norm[0, layer.kernel]
        is_last = layer.is_output and layer.activation in ("linear", None) and len(kernel_layers(signals)) > 1
        is_known = (
            not layer.kind.endswith("Transpose") and layer.kind != "EinsumDense" and np.isfinite(norm) and norm > 0
        )
        if is_last or not is_known or layer.units * layer.fan_in < 16:  # too few draws tell no scale
            continue
        gain = float(norm / np.sqrt(layer.units))
        if gain < 1:
            gain = min(1.0, gain * float(np.sqrt(max(1.0, (1 + layer.units / layer.fan_in) / 2))))
        elif layer.activation in RECTIFIERS:
            gain = max(1.0, gain / math.sqrt(2))
        gains.append((layer, gain))
    if not gains:
        return None
    for layer, gain in gains:
        if not 1 / factor <= gain <= factor:
            bound = factor if gain > factor else 1 / factor
            return _badly_drawn(layer, {"size of the kernel * sqrt(fan_in)": Evidence(gain, bound)}, gain)
    total = math.prod(gain for _, gain in gains)
    each = total ** (1 / len(gains))
    if not 1 / product <= total <= product and not 1 / mean <= each <= mean:
        layer = max(gains, key=lambda pair: abs(math.log(pair[1])))[0]
        evidence = {"size of all kernels together": Evidence(total, product if total > 1 else 1 / product)}
        return _badly_drawn(layer, evidence, each)
    return None


def _badly_drawn(layer, evidence, gain):
    text = f"The first weights make signals {'grow' if gain > 1 else 'fade'} by {gain:.2g} in a layer."
    remedy = "Take `kernel_initializer=kerasparts.initializers.VarianceMatched(activation)`, which keeps them at 1."
    code = (
        "kernel_initializer=keras.initializers.RandomNormal(stddev=...)",
        f'kernel_initializer=kerasparts.initializers.VarianceMatched("{layer.activation or "linear"}")',
    )
    return Finding("bad_init_scale", text, remedy, evidence, layer=layer.name, epoch=0.0, code=code)
