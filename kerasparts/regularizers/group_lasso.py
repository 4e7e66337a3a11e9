"""GroupLasso."""

import math

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.groups import axes_inside_groups, check_group_axes
from kerasparts.core.part import part
from kerasparts.regularizers.regularizer import Regularizer


@part
class GroupLasso(Regularizer):
    """Pulls whole units, filters or inputs towards zero at once; Keras has no penalty on groups of weights.

        rate * sum over groups g of sqrt(size(g)) * sqrt(sum(w[g]**2))

    A group that the loss does not need loses all its weights together, so that a unit can be cut out of the
    network, where L1 leaves single weights of every unit. The gradient of a group that is zero is zero.

    Like L1's, its subgradient makes no weight exactly zero: a useless group hovers near zero, within about a
    learning rate times `rate`. Cut groups by a threshold, or take `optimizers.Proximal`, which makes exact zeros.

    Args:
        rate: float in [0, inf). Price of the norms.
        axis: int or tuple of ints. The axes whose index counts the groups: -1 for the units of a dense layer and
            the filters of a convolution, 0 for the inputs of a dense layer, -2 for the channels that a
            convolution reads.

    Shapes: any that has the axes; returns a scalar.

    Example:
    >>> round(float(kerasparts.regularizers.GroupLasso(0.1)([[3.0, 0.0], [4.0, 0.0]])), 4)
    0.7071
    >>> layer = keras.layers.Dense(64, kernel_regularizer=kerasparts.regularizers.GroupLasso(1e-4))

    Reference: Yuan and Lin 2006, https://doi.org/10.1111/j.1467-9868.2005.00532.x, equation 2.
    """

    def __init__(self, rate, axis=-1):
        check_number("rate", rate, "[0, inf)")
        check_group_axes(axis)
        self.rate = rate
        self.axis = axis

    def penalty(self, x):
        inside = axes_inside_groups(self.axis, len(x.shape))
        squares = ops.sum(ops.square(x), axis=inside) if inside else ops.square(x)
        is_zero = ops.equal(squares, 0.0)
        # The root of zero has an infinite slope, which `where` alone would multiply by zero into NaN.
        norms = ops.where(is_zero, 0.0, ops.sqrt(ops.where(is_zero, 1.0, squares)))
        size = math.prod(x.shape[a] for a in inside)
        return self.rate * math.sqrt(size) * ops.sum(norms)

    def get_config(self):
        return {"rate": self.rate, "axis": self.axis}
