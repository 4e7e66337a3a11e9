"""Layers that measure the data by `adapt` before the first step."""

import keras

from kerasparts.core.checks import check


def build_by(model: keras.Model, x) -> None:
    """Builds a model for inputs like `x`, by a symbolic call, which a layer that is yet to be adapted lets pass."""
    if not model.built:
        model(keras.tree.map_structure(_symbolic, x))


def adapts(layer: keras.Layer) -> bool:
    """Whether the layer, or one in it, has yet to be adapted."""
    return any(_is_adaptable(one) for one in layer._flatten_layers())


def adapt_layers(model: keras.Model, x) -> None:
    """Adapts each layer of a built model that can be, in their order, to what reaches it when `x` enters the model."""
    for layer in filter(adapts, model.layers):
        source = _source(model, layer)
        reaching = x
        if source is not model.inputs[0] or len(model.inputs) > 1:
            reaching = keras.Model(model.inputs, source).predict(x, verbose=0)
        if _is_adaptable(layer):
            layer.adapt(reaching)
        else:
            is_model = isinstance(layer, keras.Model)
            check(is_model, "model", layer.name, "without a layer that is to be adapted inside of one that is no model")
            adapt_layers(layer, reaching)


def _is_adaptable(layer):
    if not callable(getattr(layer, "adapt", None)):
        return False
    return getattr(layer, "input_mean", None) is None  # of `Normalization`: fixed by its author


def _source(model, layer):
    """What enters a layer, as a symbolic tensor of the model."""
    try:
        return layer.input
    except (AttributeError, ValueError):
        raise ValueError(
            f"`model` must be sequential or functional and use {layer.name!r} once: what enters it is not known else. "
            f"Adapt it yourself, in experiments by `build_model` with adapt=False. Received: model={model.name!r}"
        ) from None


def _symbolic(array):
    dtype = keras.config.floatx() if array.dtype.kind == "f" else array.dtype.name
    return keras.Input(array.shape[1:], dtype="string" if array.dtype.kind in "OSU" else dtype)
