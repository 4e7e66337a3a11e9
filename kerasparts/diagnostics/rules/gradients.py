"""Gradients on their way back."""

import numpy as np

from kerasparts.diagnostics.findings import Evidence, Finding
from kerasparts.diagnostics.rules._reading import has_broken, kernel_layers, underfits
from kerasparts.diagnostics.signals import Signals


def vanishing_gradient(signals: Signals, ratio: float = 0.03) -> Finding | None:
    """The first layers learn far slower than the last, and the model does not learn.

        speed = norm of the gradient / norm of the kernel

    of a layer, by that of the fastest layer behind it. Measured while the model has not learned: in every finished run
    gradients are small. Layers with nothing but dead units are another fault.

    Reference: Hochreiter 1991; Glorot and Bengio 2010, section 4.
    """
    layers = kernel_layers(signals)
    if len(layers) < 2 or not underfits(signals) or not signals.moments:
        return None
    columns = [layer.kernel for _, layer in layers]
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = signals.gradient_norm[:, columns] / signals.weight_norm[:, columns]
        speed = speed[np.isfinite(speed).all(axis=1) & (speed.max(axis=1) > 0)]
        if not len(speed):
            return None
        behind = np.maximum.accumulate(speed[:, ::-1], axis=1)[:, ::-1]
        shares = np.median(speed / np.maximum(behind, 1e-30), axis=0)
    for (_, layer), share in zip(layers[:-1], shares[:-1], strict=True):
        if share < ratio:
            evidence = {"speed of the layer by that of the fastest behind it": Evidence(float(share), ratio)}
            name = layer.activation or "activation"
            weaker = f"is {1 / share:,.0f} times weaker than" if share > 1e-9 else "is nothing beside that"
            text = f"The gradient that reaches the layer {weaker} further on."
            relu = "" if name == "relu" else "`activation='relu'` with "
            remedy = (
                f"Take {relu}`kernel_initializer=kerasparts.initializers.VarianceMatched('relu')`, "
                "`keras.layers.BatchNormalization()` between the layers, or skip connections."
            )
            code = (f'activation="{name}"', 'activation="relu"') if relu else None
            return Finding("vanishing_gradient", text, remedy, evidence, layer.name, 0.0, code=code)
    return None


def exploding_gradient(signals: Signals, growth: float = 1e3) -> Finding | None:
    """Loss or weights are no longer finite, or the gradient has grown beyond all measure.

    Reference: Pascanu, Mikolov and Bengio 2013, https://arxiv.org/abs/1211.5063.
    """
    if any(facts.finite < 1 for facts in [*signals.inputs, *signals.outputs]) or not signals.moments:
        return None
    if has_broken(signals):
        is_finite = np.isfinite(signals.train_loss) & np.isfinite(signals.weight_norm).all(axis=1)
        moment = int(np.argmin(is_finite)) if not is_finite.all() else signals.moments - 1
        broken = np.flatnonzero(~(signals.finite[moment] >= 1)) if signals.finite.size else np.zeros(0, int)
        layer = signals.layers[broken[0]].name if broken.size else None
        evidence = {"steps until it was not finite": Evidence(float(signals.step[moment]), float(signals.step[-1]) + 1)}
        text = "Loss and weights are no longer finite."
        return _exploded(text, evidence, layer, float(signals.epoch[moment]))
    norms = np.sqrt(np.square(signals.gradient_norm).sum(axis=1))
    if len(norms) < 2 or not np.isfinite(norms).all() or norms[0] <= 0:
        return None
    loss = signals.train_loss
    if norms.max() > growth * max(norms[0], 1.0) and loss[-1] > 2 * loss[0]:
        moment = int(norms.argmax())
        evidence = {"growth of the gradient": Evidence(float(norms.max() / max(norms[0], 1.0)), growth, "times")}
        return _exploded("The gradient has grown beyond all measure.", evidence, None, float(signals.epoch[moment]))
    return None


def _exploded(text, evidence, layer, epoch):
    remedy = (
        "Clip: `kerasparts.optimizers.AdamW(1e-3, clipnorm=1.0)`; lower the `learning_rate`; draw the weights with "
        "`kerasparts.initializers.VarianceMatched`."
    )
    code = (
        "optimizer=keras.optimizers.SGD(learning_rate)",
        "optimizer=keras.optimizers.SGD(learning_rate / 10, clipnorm=1.0)",
    )
    return Finding("exploding_gradient", text, remedy, evidence, layer, epoch, code=code)
