"""Tanh."""

import keras

from kerasparts.activations.activation import Activation, as_float, bell
from kerasparts.core.part import part


@part
class Tanh(Activation):
    """The hyperbolic tangent, which knows its derivative and where it saturates; Keras' does not.

        f(x) = tanh(x)        f'(x) = 1 - f(x)**2 = 4 * sigmoid(2x) * sigmoid(-2x)

    Zero-centered, unlike the sigmoid, and four times as steep; beyond 2.2 on either side the slope is below 5%.

    Shapes: any; element-wise.

    Example:
    >>> float(kerasparts.activations.Tanh().derivative(0.0))
    1.0
    """

    range = (-1.0, 1.0)
    zero_centered = True
    steepest = 1.0

    def __call__(self, x):
        return keras.activations.tanh(as_float(x))

    def derivative(self, x):
        return 4 * bell(2 * as_float(x))
