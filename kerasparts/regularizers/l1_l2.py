"""L1L2."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.regularizers.regularizer import Regularizer


@part
class L1L2(Regularizer):
    """Lasso and ridge penalties in one, that can be summed with others and never overflow in half precision.

        l1 * sum(|w|) + l2 * sum(w**2)

    Keras' `L1L2` sums in the precision of the weights: infinity in float16, a stall at 256 in bfloat16.

    L2 shrinks all weights; L1 pulls small ones towards zero, but its subgradient makes none exactly zero.
    The gradient of the L2 term is `2 * l2 * w`, without the factor 1/2 of some textbooks.

    Args:
        l1: float in [0, inf). Price of the absolute values.
        l2: float in [0, inf). Price of the squares.

    Shapes: any; returns a scalar.

    Example:
    >>> round(float(kerasparts.regularizers.L1L2(l1=0.1, l2=0.01)([3.0, -4.0])), 4)
    0.95
    >>> layer = keras.layers.Dense(64, kernel_regularizer=kerasparts.regularizers.L1L2(l2=1e-4))

    Reference: Tibshirani 1996 (lasso); Hoerl and Kennard 1970 (ridge); Zou and Hastie 2005 (their sum).
    """

    def __init__(self, l1=0.0, l2=0.0):
        check_number("l1", l1, "[0, inf)")
        check_number("l2", l2, "[0, inf)")
        self.l1 = l1
        self.l2 = l2

    def penalty(self, x):
        return self.l1 * ops.sum(ops.abs(x)) + self.l2 * ops.sum(ops.square(x))

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}
