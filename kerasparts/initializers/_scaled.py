"""What initializers share that take their scale from an activation."""

import functools

import keras

from kerasparts.activations import describe
from kerasparts.core.checks import check
from kerasparts.core.part import revived
from kerasparts.initializers.initializer import Initializer


class ScaledInitializer(Initializer):
    """Random initializer with the gain of an activation."""

    def __init__(self, activation, seed):
        super().__init__(seed)
        self.activation = _activation(activation)
        _ = self.gain  # an activation that has none is refused here, not in the first layer that is built

    @functools.cached_property
    def gain(self):
        """`1 / sqrt(E[f(z)**2])`, z standard normal: 1 for linear, sqrt(2) for relu."""
        return describe(self.activation).gain

    def get_config(self):
        named = isinstance(self.activation, str)
        activation = self.activation if named else keras.activations.serialize(self.activation)
        return {**super().get_config(), "activation": activation}


def _activation(identifier):
    """Names stay names, files are read, and what is no activation is refused."""
    try:
        function = keras.activations.get(revived(identifier))
    except (ValueError, TypeError):
        function = None
    known = identifier is not None and callable(function)
    check(known, "activation", identifier, "the name of a Keras activation, a function or an activation object")
    return function if isinstance(identifier, dict) else identifier
