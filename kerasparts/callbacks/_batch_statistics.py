"""Statistics of batch normalization for the weights that a model has now."""

import contextlib

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.core.data import row_count
from kerasparts.core.layers import replaced


def normalizing_layers(model) -> list:
    """The layers whose moving statistics training moves: `BatchNormalization` and its subclasses, unless frozen."""
    layers = model._flatten_layers(include_self=False)
    return [one for one in layers if isinstance(one, keras.layers.BatchNormalization) and one.trainable]


def estimate_batch_statistics(model, batches) -> None:
    """Sets the moving statistics to the means over all rows of those of the batches, in one pass.

    The rest of the model is as at inference, dropout off, where the statistics are to serve.

    Args:
        model: built `keras.Model`.
        batches: iterable of inputs.
    """
    layers = normalizing_layers(model)
    statistics = [variable for one in layers for variable in (one.moving_mean, one.moving_variance)]

    def observe(x):
        with contextlib.ExitStack() as stack:
            for layer in layers:
                stack.enter_context(replaced(layer, "call", _training(layer.call)))
                stack.enter_context(replaced(layer, "momentum", 0.0))
                stack.enter_context(replaced(layer, "renorm", False))
            model(x, training=False)
            return [variable.value for variable in statistics]

    run = backend.compiled(observe, model.variables)
    means, rows = [0.0] * len(statistics), 0
    for x in batches:
        count = row_count(x)
        rows += count
        if count:
            found = [np.asarray(ops.convert_to_numpy(value), "float64") for value in run(x)]
            means = [mean + (value - mean) * count / rows for mean, value in zip(means, found, strict=True)]
    if rows:
        for variable, mean in zip(statistics, means, strict=True):
            variable.assign(mean)


def _training(call):
    return lambda *args, **kwargs: call(*args, **{**kwargs, "training": True})
