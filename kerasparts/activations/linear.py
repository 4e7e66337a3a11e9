"""Linear."""

from keras import ops

from kerasparts.activations.activation import Activation, as_float
from kerasparts.core.part import part


@part
class Linear(Activation):
    """The identity, which knows itself: a layer that passes its sum on.

        f(x) = x        f'(x) = 1

    Layers of these alone are one linear map, however many they are.

    Shapes: any; element-wise.

    Example:
    >>> kerasparts.activations.Linear().gain
    1.0
    """

    zero_centered = True
    gain = 1.0
    steepest = 1.0

    def __call__(self, x):
        return as_float(x)

    def derivative(self, x):
        return ops.ones_like(as_float(x))
