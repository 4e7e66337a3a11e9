"""L1L2, L1 and L2: one formula."""

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
        # A term at price 0 is left out, so that squares that overflow cannot make it 0 * inf.
        terms = [self.l1 * ops.sum(ops.abs(x))] if self.l1 else []
        terms += [self.l2 * ops.sum(ops.square(x))] if self.l2 else []
        return sum(terms)

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}


@part
class L1(L1L2):
    """The lasso penalty, that can be summed with others and never overflows in half precision.

        l1 * sum(|w|)

    Keras' `L1` sums in the precision of the weights. Its subgradient, like any, makes no weight exactly zero.

    Args:
        l1: float in [0, inf). Price of the absolute values.

    Shapes: any; returns a scalar.

    Example:
    >>> round(float(kerasparts.regularizers.L1(0.1)([3.0, -4.0])), 4)
    0.7

    Reference: Tibshirani 1996, https://doi.org/10.1111/j.2517-6161.1996.tb02080.x.
    """

    def __init__(self, l1=0.01):
        super().__init__(l1=l1)

    def get_config(self):
        return {"l1": self.l1}


@part
class L2(L1L2):
    """The ridge penalty, that can be summed with others and never overflows in half precision.

        l2 * sum(w**2)

    Keras' `L2` sums in the precision of the weights. With an adaptive optimizer it is not weight decay: the
    gradient of the penalty is divided by the root of `v` like any other (use `AdamW` for decay).

    Args:
        l2: float in [0, inf). Price of the squares; the gradient is `2 * l2 * w`.

    Shapes: any; returns a scalar.

    Example:
    >>> round(float(kerasparts.regularizers.L2(0.01)([3.0, -4.0])), 4)
    0.25

    Reference: Hoerl and Kennard 1970, https://doi.org/10.1080/00401706.1970.10488634.
    """

    def __init__(self, l2=0.01):
        super().__init__(l2=l2)

    def get_config(self):
        return {"l2": self.l2}
