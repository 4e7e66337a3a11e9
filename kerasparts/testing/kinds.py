"""Which promises a class makes."""

import keras

from kerasparts.testing.promises import (
    activation,
    callback,
    contract,
    initializer,
    layer,
    loss,
    optimizer,
    regularizer,
    schedule,
)

KINDS = {
    keras.layers.Layer: layer,
    keras.losses.Loss: loss,
    keras.optimizers.schedules.LearningRateSchedule: schedule,
    keras.optimizers.Optimizer: optimizer,
    keras.initializers.Initializer: initializer,
    keras.regularizers.Regularizer: regularizer,
    keras.callbacks.Callback: callback,
}


def promises_of_kind(part):
    """The functions, and the module of the kind, for a class."""
    # A regularizer or an activation with state may be a layer too: what it is used as comes first.
    order = sorted(KINDS, key=lambda base: base is keras.layers.Layer)
    kind = next((KINDS[base] for base in order if issubclass(part, base)), activation)
    return [*contract.PROMISES, *kind.PROMISES], kind
