"""ReLU."""

import math

import keras
from keras import ops

from kerasparts.activations.activation import Activation, as_float
from kerasparts.core.checks import check_number
from kerasparts.core.part import part


@part
class ReLU(Activation):
    """The rectifier, whose ceiling is kept when the model is saved, and which knows where it is dead.

        f(x) = min(max(x, 0), max_value)        f'(x) = 1 if 0 < x < max_value else 0

    A unit whose inputs are all below zero gets no gradient any more.

    Args:
        max_value: float in (0, inf) or None for no ceiling. 6 gives ReLU6.

    Shapes: any; element-wise.

    Example:
    >>> [float(kerasparts.activations.ReLU(max_value=6.0)(x)) for x in (-1.0, 2.0, 9.0)]
    [0.0, 2.0, 6.0]

    Reference: Nair and Hinton 2010; Glorot et al. 2011.
    """

    steepest = 1.0

    def __init__(self, max_value=None):
        if max_value is not None:
            check_number("max_value", max_value, "(0, inf)")
        self.max_value = max_value

    @property
    def range(self):
        return (0.0, math.inf if self.max_value is None else float(self.max_value))

    def __call__(self, x):
        return keras.activations.relu(as_float(x), max_value=self.max_value)

    def derivative(self, x):
        x = as_float(x)
        active = x > 0 if self.max_value is None else ops.logical_and(x > 0, x < self.max_value)
        return ops.where(ops.isnan(x), x, ops.cast(active, x.dtype))

    def get_config(self):
        return {**super().get_config(), "max_value": self.max_value}
