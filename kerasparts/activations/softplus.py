"""Softplus."""

import keras
from keras import ops

from kerasparts.activations.activation import Activation, as_float
from kerasparts.core.checks import check_number
from kerasparts.core.part import part


@part
class Softplus(Activation):
    """A smooth ReLU whose sharpness is set by `beta`; Keras' has it fixed at 1.

        f(x) = log(1 + exp(beta * x)) / beta        f'(x) = sigmoid(beta * x)

    Args:
        beta: float in (0, inf). A large one approaches ReLU.

    Shapes: any; element-wise.

    Example:
    >>> round(float(kerasparts.activations.Softplus(beta=2.0)(0.0)), 4)  # log(2) / 2
    0.3466

    Reference: Dugas et al. 2001, Incorporating Second-Order Functional Knowledge for Better Option Pricing.
    """

    range = (0.0, float("inf"))
    steepest = 1.0

    def __init__(self, beta=1.0):
        check_number("beta", beta, "(0, inf)")
        self.beta = beta

    def __call__(self, x):
        x = as_float(x)
        return (
            keras.activations.softplus(x) if self.beta == 1 else keras.activations.softplus(self.beta * x) / self.beta
        )

    def derivative(self, x):
        return ops.sigmoid(self.beta * as_float(x))

    def get_config(self):
        return {**super().get_config(), "beta": self.beta}
