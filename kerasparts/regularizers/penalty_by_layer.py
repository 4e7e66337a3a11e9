"""What each layer pays."""

import keras

from kerasparts.core.checks import check
from kerasparts.regularizers._weights import own_weights


def penalty_by_layer(model):
    """What each layer adds to the loss through the regularizers of its weights, ours and Keras'.

    Keras adds them to the loss one and all, and shows only the total: `sum(penalty_by_layer(model).values())`.
    Activity regularizers and `add_loss` depend on the data and are left out. So are frozen weights, which pay nothing.

    Args:
        model: built `keras.Model` or layer.

    Returns:
        Dict from the names of a layer and the layers it is in, such as "encoder/dense", to a float; only layers
        that have a regularizer are in it. A shared layer is there once.

    Example:
    >>> dense = keras.layers.Dense(2, kernel_initializer="ones", kernel_regularizer=kerasparts.regularizers.L2(0.5))
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, name="free"), dense])
    >>> list(penalty_by_layer(model).values())
    [3.0]
    """
    check(isinstance(model, keras.Layer) and model.built, "model", model, "a built keras.Model or layer")
    penalties = {}
    for variable, layers in own_weights(model):
        if variable.trainable and variable.regularizer is not None:
            name = "/".join(layer.name for layer in layers[1:]) or model.name
            price = float(keras.ops.convert_to_numpy(variable.regularizer(variable)))
            penalties[name] = penalties.get(name, 0.0) + price
    return penalties
