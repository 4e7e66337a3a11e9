"""Softmax."""

import keras
from keras import ops

from kerasparts.activations.activation import Activation, as_float
from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least


@part
class Softmax(Activation):
    """Class probabilities, with the temperature that Keras' has not, and with its Jacobian.

        p = exp(x / temperature) / sum(exp(x / temperature))
        dp[i] / dx[j] = p[i] * ((i == j) - p[j]) / temperature

    A high temperature makes the probabilities equal, a low one lets the largest win; the order never changes. It works
    across classes, so it has no gain, and `VarianceMatched("softmax")` is refused: in a hidden layer its values shrink
    as 1 / classes.

    Args:
        axis: int. Axis of the classes.
        temperature: float in (0, inf).

    Shapes: any, to the same shape; the derivative has the classes as its last two axes, outputs before inputs.

    Example:
    >>> p = kerasparts.activations.Softmax(temperature=2.0)([0.0, 2.0])
    >>> [round(float(value), 4) for value in p]
    [0.2689, 0.7311]

    Reference: Bridle 1990; temperature: Hinton et al. 2015, https://arxiv.org/abs/1503.02531, equation 1.
    """

    range = (0.0, 1.0)

    def __init__(self, axis=-1, temperature=1.0):
        check(isinstance(axis, int) and not isinstance(axis, bool), "axis", axis, "an integer")
        check_number("temperature", temperature, "(0, inf)")
        self.axis = axis
        self.temperature = temperature

    @property
    def steepest(self):
        return 0.25 / self.temperature

    def __call__(self, x):
        x = as_float(x)
        if self.temperature == 1:
            return keras.activations.softmax(x, axis=self.axis)
        # In half precision a low temperature would overflow.
        scaled = ops.cast(x, float32_at_least(x.dtype)) / self.temperature
        return ops.cast(keras.activations.softmax(scaled, axis=self.axis), x.dtype)

    def derivative(self, x):
        p = ops.moveaxis(self(x), self.axis, -1)
        diagonal = ops.eye(p.shape[-1], dtype=p.dtype) * ops.expand_dims(p, -1)
        return (diagonal - ops.expand_dims(p, -1) * ops.expand_dims(p, -2)) / self.temperature

    def saturated(self, x, tolerance=0.05):
        check_number("tolerance", tolerance, "[0, 1)")
        return self._own_slope(x) <= tolerance * self.steepest

    def dead(self, x):
        return ops.equal(self._own_slope(x), 0)

    def _own_slope(self, x):
        p = self(x)
        return p * (1 - p) / self.temperature

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "temperature": self.temperature}
