"""Swish."""

import keras
from keras import ops

from kerasparts.activations.activation import Activation, as_float, bell
from kerasparts.core.checks import check_number
from kerasparts.core.part import part


@part
class Swish(Activation):
    """Smooth ReLU whose bend is set by `beta`; Keras' `silu` has it fixed at 1.

        f(x) = x * sigmoid(beta * x)        f'(x) = s + beta * x * s * (1 - s), s = sigmoid(beta * x)

    `beta=0` is the line `x / 2`, `beta=1` is SiLU, a large `beta` approaches ReLU, and 1.702 is close to GELU.

    Args:
        beta: float in [0, inf). Steepness of the gate.

    Shapes: any; element-wise.

    Example:
    >>> swish = kerasparts.activations.Swish(beta=2.0)
    >>> round(float(swish(1.0)), 4)
    0.8808

    Reference: Ramachandran et al. 2017, https://arxiv.org/abs/1710.05941, section 3.
    """

    def __init__(self, beta=1.0):
        check_number("beta", beta, "[0, inf)")
        self.beta = beta

    @property
    def range(self):
        lowest = -0.27846454276 / self.beta if self.beta else float("-inf")
        return (lowest, float("inf"))

    @property
    def zero_centered(self):
        return self.beta == 0

    @property
    def steepest(self):
        return 1.0998393 if self.beta else 0.5

    def __call__(self, x):
        x = as_float(x)
        return keras.activations.silu(x) if self.beta == 1 else x * ops.sigmoid(self.beta * x)

    def derivative(self, x):
        x = as_float(x)
        return ops.sigmoid(self.beta * x) + self.beta * x * bell(self.beta * x)

    def get_config(self):
        return {**super().get_config(), "beta": self.beta}
