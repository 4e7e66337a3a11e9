"""LeakyReLU."""

import keras

from kerasparts.activations.activation import Activation, as_float, leaky_slope
from kerasparts.core.checks import check_number
from kerasparts.core.part import part


@part
class LeakyReLU(Activation):
    """A rectifier that is never dead, as a callable whose slope is saved; Keras' function forgets it.

        f(x) = x if x > 0 else negative_slope * x

    Args:
        negative_slope: float in [0, 1). Slope below zero.

    Shapes: any; element-wise.

    Example:
    >>> round(float(kerasparts.activations.LeakyReLU(0.1)(-2.0)), 4)
    -0.2

    Reference: Maas et al. 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models.
    """

    steepest = 1.0

    def __init__(self, negative_slope=0.01):
        check_number("negative_slope", negative_slope, "[0, 1)")
        self.negative_slope = negative_slope

    @property
    def range(self):
        return (float("-inf") if self.negative_slope else 0.0, float("inf"))

    def __call__(self, x):
        return keras.activations.leaky_relu(as_float(x), negative_slope=self.negative_slope)

    def derivative(self, x):
        return leaky_slope(as_float(x), self.negative_slope)

    def get_config(self):
        return {**super().get_config(), "negative_slope": self.negative_slope}
