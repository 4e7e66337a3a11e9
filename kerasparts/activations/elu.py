"""ELU."""

import keras
from keras import ops

from kerasparts.activations.activation import Activation, as_float
from kerasparts.core.checks import check_number
from kerasparts.core.part import part


@part
class ELU(Activation):
    """The exponential linear unit as a callable whose `alpha` is saved; Keras' function forgets it.

        f(x) = x if x > 0 else alpha * (exp(x) - 1)

    Args:
        alpha: float in (0, inf). Depth of the floor on the left.

    Shapes: any; element-wise.

    Example:
    >>> kerasparts.activations.ELU(alpha=0.5).range
    (-0.5, inf)

    Reference: Clevert et al. 2016, https://arxiv.org/abs/1511.07289, equation 15.
    """

    def __init__(self, alpha=1.0):
        check_number("alpha", alpha, "(0, inf)")
        self.alpha = alpha

    @property
    def range(self):
        return (-float(self.alpha), float("inf"))

    @property
    def steepest(self):
        return max(1.0, float(self.alpha))

    def __call__(self, x):
        return keras.activations.elu(as_float(x), alpha=self.alpha)

    def derivative(self, x):
        x = as_float(x)
        return ops.where(x > 0, ops.ones_like(x), self.alpha * ops.exp(ops.minimum(x, 0)))

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}
