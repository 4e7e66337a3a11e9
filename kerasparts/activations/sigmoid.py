"""Sigmoid."""

import keras

from kerasparts.activations.activation import Activation, as_float, bell
from kerasparts.core.part import part


@part
class Sigmoid(Activation):
    """The logistic function, which knows its derivative and where it saturates; Keras' does not.

        f(x) = 1 / (1 + exp(-x))        f'(x) = f(x) * (1 - f(x)), at most 1/4

    Beyond 4.3 on either side the slope is below 5% of its greatest. The mean of its values is 1/2, not 0: with
    `VarianceMatched` the power of a signal is kept, but it becomes that mean, and gradients still vanish with depth.

    Shapes: any; element-wise.

    Example:
    >>> sigmoid = kerasparts.activations.Sigmoid()
    >>> float(sigmoid.derivative(0.0))
    0.25
    >>> keras.ops.convert_to_numpy(sigmoid.saturated([0.0, 5.0])).tolist()
    [False, True]
    """

    range = (0.0, 1.0)
    steepest = 0.25

    def __call__(self, x):
        return keras.activations.sigmoid(as_float(x))

    def derivative(self, x):
        return bell(as_float(x))
