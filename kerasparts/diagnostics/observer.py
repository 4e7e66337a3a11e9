"""Sees what the layers of a model do while it runs."""

import contextlib
import math

import keras
import numpy as np
from keras import ops

from kerasparts.activations import Activation, describe
from kerasparts.core.layers import KERNEL_LAYERS, replaced
from kerasparts.diagnostics.facts import LayerFacts

# Layers that run others in a loop or under their own mapping: their insides are no part of the graph outside.
CLOSED = (keras.layers.RNN, keras.layers.Wrapper, keras.layers.MultiHeadAttention)
RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional)  # their kernels lie in a cell
# Affine in their input, with what they keep fixed.
LINEAR = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
    keras.layers.GaussianNoise,
    keras.layers.GaussianDropout,
    keras.layers.BatchNormalization,
    keras.layers.Normalization,
    keras.layers.Rescaling,
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.Permute,
    keras.layers.RepeatVector,
    keras.layers.Identity,
    keras.layers.Add,
    keras.layers.Average,
    keras.layers.Subtract,
    keras.layers.Concatenate,
    keras.layers.AveragePooling1D,
    keras.layers.AveragePooling2D,
    keras.layers.AveragePooling3D,
    keras.layers.GlobalAveragePooling1D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.GlobalAveragePooling3D,
    keras.layers.ZeroPadding1D,
    keras.layers.ZeroPadding2D,
    keras.layers.ZeroPadding3D,
    keras.layers.Cropping1D,
    keras.layers.Cropping2D,
    keras.layers.UpSampling1D,
    keras.layers.UpSampling2D,
    keras.layers.InputLayer,
    keras.layers.ActivityRegularization,
)
# Change neither the values of an output nor their bounds.
RESHAPING = (
    keras.layers.Reshape,
    keras.layers.Flatten,
    keras.layers.Permute,
    keras.layers.Identity,
    keras.layers.Dropout,
)
NAMES = ("finite", "scale", "input_scale", "variation", "dead", "saturated")
ENOUGH = 2**18  # numbers of a layer that are looked at
STEP = 1e-3  # of the difference quotient of an activation without a closed form


class Observer:
    """Measures the layers of a model in a forward pass; `watching` is the `observe` of `backend.model_probe`.

    After the first pass `layers` holds the facts, and `ways_out` for each output the indices of the layers that it
    leaves by, the last first. Each pass gives an array `(len(NAMES), layers)`, NaN where a layer has nothing of it.
    """

    def __init__(self, model):
        self.layers: tuple[LayerFacts, ...] = ()
        self.ways_out: tuple[tuple[int, ...], ...] = ()
        self.leaves = list(_leaves(model))
        self._variables = {id(v): index for index, v in enumerate(model.trainable_variables)}
        # Here, not in the pass: a derivative without a closed form takes a program of its own.
        self._slopes = {id(layer): _slope(layer) for layer in self.leaves}

    @contextlib.contextmanager
    def watching(self):
        calls = []
        with contextlib.ExitStack() as stack:
            for layer in self.leaves:
                stack.enter_context(replaced(layer, "call", self._watched(layer, layer.call, calls)))
            yield lambda y_pred: self._summarize(calls, y_pred)

    def _watched(self, layer, call, calls):
        def watched(*args, **kwargs):
            steps = []
            activation = getattr(layer, "activation", None)
            if callable(activation) and not isinstance(layer, CLOSED):

                def recorded(z, *rest, **options):
                    steps.append((z, activation))
                    return activation(z, *rest, **options)

                with replaced(layer, "activation", recorded):
                    result = call(*args, **kwargs)
            else:
                result = call(*args, **kwargs)
                if isinstance(layer, ACTIVATIONS):
                    steps.append((args[0], layer))
            inputs = [leaf for leaf in keras.tree.flatten((args, kwargs)) if _is_float(leaf)]
            outputs = [leaf for leaf in keras.tree.flatten(result) if _is_float(leaf)]
            if outputs and all(layer is not call[0] for call in calls):  # the first call of a shared layer
                calls.append((layer, inputs, outputs, steps))
            return result

        return watched

    def _summarize(self, calls, y_pred):
        # A layer that does nothing hands on the very tensor that it got: what ran last before counts as its maker.
        produced, sources = {}, []
        for index, (_, inputs, outputs, _) in enumerate(calls):
            sources.append(tuple(dict.fromkeys(produced.get(id(tensor), -1) for tensor in inputs)))
            produced.update({id(tensor): index for tensor in outputs})
        ways_out = []
        for tensor in keras.tree.flatten(y_pred):
            way = [produced.get(id(tensor), len(calls) - 1)]
            while way[-1] >= 0 and isinstance(calls[way[-1]][0], RESHAPING):  # through what only changes the shape
                way.append(sources[way[-1]][0] if sources[way[-1]] else -1)
            ways_out.append(tuple(index for index in way if index >= 0))
        self.ways_out = tuple(ways_out)
        final = {index for way in ways_out for index in way}
        facts, rows = [], []
        for index, (layer, inputs, outputs, steps) in enumerate(calls):
            kernel = _kernel(layer)
            activation = describe_layer(layer)
            has_kernel = kernel is not None
            facts.append(
                LayerFacts(
                    name=layer.path or layer.name,
                    kind=type(layer).__name__,
                    activation=activation,
                    sources=sources[index],
                    kernel=self._variables.get(id(kernel)) if has_kernel else None,
                    fan_in=_fan_in(layer, kernel, inputs),
                    units=int(outputs[0].shape[_channels(layer)] or 0) if len(outputs[0].shape) > 1 else 1,
                    is_output=index in final,
                    is_linear=_is_linear(layer, activation),
                    rate=float(getattr(layer, "rate", 0.0) or 0.0) if "Drop" in type(layer).__name__ else 0.0,
                )
            )
            rows.append(self._measure(layer, inputs, outputs, steps))
        self.layers = tuple(facts)
        if not rows:
            return ops.zeros((len(NAMES), 0), "float32")
        return ops.stack([ops.stack(row) for row in rows], axis=1)

    def _measure(self, layer, inputs, outputs, steps):
        nan = ops.full((), float("nan"), "float32")
        output = ops.cast(_some(outputs[0]), "float32")
        is_finite = ops.cast(ops.isfinite(output), "float32")
        square = ops.mean(ops.square(output))
        variation = ops.mean(ops.square(output - ops.mean(output, axis=0, keepdims=True))) / (square + 1e-30)
        input_scale = nan
        if inputs and (_kernel(layer) is not None or isinstance(layer, RECURRENT)):
            input_scale = ops.sqrt(ops.mean(ops.square(ops.cast(_some(inputs[0]), "float32"))))
        dead = saturated = nan
        slope = self._slopes[id(layer)] if steps else None
        if slope is not None:
            function, steepest, is_bounded = slope
            z = ops.cast(_some(steps[0][0]), "float32")
            steepness = ops.abs(function(z))
            axis = _channels(layer) % len(z.shape)
            others = [i for i in range(len(z.shape)) if i != axis]
            dead = ops.mean(ops.cast(ops.max(steepness, axis=others) == 0, "float32"))
            if is_bounded:
                saturated = ops.mean(ops.cast(steepness <= 0.05 * steepest, "float32"))
        return ops.mean(is_finite), ops.sqrt(square), input_scale, variation, dead, saturated


ACTIVATIONS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU, keras.layers.PReLU, keras.layers.Softmax)


def describe_layer(layer):
    """Name of a layer's activation in snake case, or None where it has none."""
    if isinstance(layer, ACTIVATIONS):
        return {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "PReLU": "prelu", "Softmax": "softmax"}.get(
            type(layer).__name__, type(layer).__name__.lower()
        )
    activation = getattr(layer, "activation", None)
    if not callable(activation):
        return None
    if isinstance(activation, Activation):
        return _snake(type(activation).__name__)
    if isinstance(activation, keras.layers.Layer):
        return describe_layer(activation) or _snake(type(activation).__name__)
    return getattr(activation, "__name__", _snake(type(activation).__name__))


def _snake(name):
    known = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "RReLU": "rrelu", "GELU": "gelu", "ELU": "elu", "SELU": "selu"}
    return known.get(name, "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"))


def _leaves(model):
    """The layers that do the work, those inside closed ones left out, each once."""
    seen = set()

    def visit(layer):
        if id(layer) in seen:
            return
        seen.add(id(layer))
        inside = [] if isinstance(layer, CLOSED) else _sublayers(layer)
        if not inside:
            yield layer
        for one in inside:
            yield from visit(one)

    for layer in _sublayers(model):
        yield from visit(layer)


def _sublayers(layer):
    inside = layer._flatten_layers(include_self=False, recursive=False)
    return [one for one in inside if not isinstance(one, keras.metrics.Metric)]


def _kernel(layer):
    kernel = getattr(layer, "kernel", None)
    return kernel if isinstance(kernel, keras.Variable) and len(kernel.shape) > 1 else None


def _some(tensor):
    """The first rows, as many as have `ENOUGH` numbers: of a feature map a few tell all."""
    sizes = tensor.shape[1:]
    if all(size is not None for size in sizes):
        tensor = tensor[: max(16, ENOUGH // max(1, math.prod(sizes)))]
    return ops.stop_gradient(tensor)


def _fan_in(layer, kernel, inputs):
    if kernel is not None:
        return int(np.prod(kernel.shape[:-1]))
    return int(inputs[0].shape[-1] or 0) if isinstance(layer, RECURRENT) and inputs else 0


def _channels(layer):
    return 1 if getattr(layer, "data_format", None) == "channels_first" else -1


def _is_linear(layer, activation):
    if isinstance(layer, LINEAR) or getattr(layer, "is_linear", False):  # so layers of ours say
        return True
    return isinstance(layer, (*KERNEL_LAYERS, keras.layers.Activation)) and activation == "linear"


def _is_float(leaf):
    return hasattr(leaf, "dtype") and keras.backend.is_float_dtype(keras.backend.standardize_dtype(leaf.dtype))


def _slope(layer):
    """Derivative of a layer's activation, its greatest value, and whether the activation is bounded on both sides.

    None where it has none, or does not act on one number at a time.
    """
    if isinstance(layer, (keras.layers.PReLU, keras.layers.Softmax, *CLOSED)) or describe_layer(layer) is None:
        return None
    function = layer if isinstance(layer, ACTIVATIONS) else layer.activation
    try:
        activation = _as_ours(function)
        steepest = float(activation.steepest)
        is_bounded = bool(np.isfinite(activation.range).all())
    except Exception:  # not element-wise, or with weights of its own
        return None
    if describe_layer(layer) in ("softmax", "log_softmax", "linear", "sparsemax") or not steepest > 0:
        return None
    if type(activation).__name__ != "_Measured":
        return activation.derivative, steepest, is_bounded

    def quotient(z):
        h = STEP * ops.maximum(ops.abs(z), 1.0)
        return (function(z + h) - function(z - h)) / (2 * h)

    return quotient, steepest, is_bounded


def _as_ours(function):
    if isinstance(function, keras.layers.LeakyReLU):
        return describe(lambda z: keras.activations.leaky_relu(z, negative_slope=function.negative_slope))
    if isinstance(function, keras.layers.ReLU) and not (function.negative_slope or function.threshold):
        return describe("relu" if function.max_value is None else function)
    return describe(function)
