"""What models must have in common to be trained by the steps of one of them."""

import re
import types

import keras
import numpy as np
from keras import ops

NUMBERING = re.compile(r"_\d+(?=$|/)")  # of the names that Keras gives
UNTOLD = keras.initializers.Initializer | keras.KerasTensor | types.ModuleType  # the first acts on first values alone
DEPTH = 2


def structure(model: keras.Model):
    """Layers with all their settings, connections, variables and the optimizer: equal for models that differ in the
    values of variables alone, and in what `adapted_attributes` names."""
    layers = list(model._flatten_layers())
    numbers = {id(layer): i for i, layer in enumerate(layers)}
    adapted = {(id(layer), name) for layer, name in adapted_attributes(model)}
    return [
        [
            type(layer),
            {name: _described(value, DEPTH) for name, value in vars(layer).items() if (id(layer), name) not in adapted},
            [numbers.get(id(source)) for source in _sources(layer)],
        ]
        for layer in layers
    ] + [_described(model.optimizer, DEPTH), [_described(v, DEPTH) for v in model.variables]]


def adapted_attributes(model: keras.Model) -> list[tuple[keras.Layer, str]]:
    """Tensors that `adapt` left outside of variables, as `Normalization` does: pairs of layer and name."""
    layers = (layer for layer in model._flatten_layers() if callable(getattr(layer, "adapt", None)))
    return [(layer, name) for layer in layers for name, value in vars(layer).items() if _is_tensor(value)]


def _sources(layer):
    return [tensor._keras_history.operation for node in layer._inbound_nodes for tensor in node.input_tensors]


def _described(value, depth):
    if isinstance(value, bool | int | float | complex | bytes | None):
        return value
    if isinstance(value, str):
        return NUMBERING.sub("", value)
    if isinstance(value, keras.Variable):
        return tuple(value.shape), value.dtype, value.trainable
    if isinstance(value, np.ndarray) or _is_tensor(value):
        array = ops.convert_to_numpy(value)
        return array.shape, array.dtype.str, array.tobytes()
    if isinstance(value, list | tuple):
        return [_described(item, depth) for item in value]
    if isinstance(value, dict):
        return [(_described(key, depth), _described(item, depth)) for key, item in value.items()]
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType | type):
        return value.__module__, value.__qualname__
    is_deep = depth == 0 or isinstance(value, UNTOLD | keras.Layer) or not hasattr(value, "__dict__")
    return type(value), None if is_deep else _described(vars(value), depth - 1)


def _is_tensor(value):
    is_array = hasattr(value, "dtype") and not isinstance(value, keras.Variable | keras.KerasTensor)
    return is_array and ops.is_tensor(value)
