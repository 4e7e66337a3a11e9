"""Proximal."""

import math

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.groups import axes_inside_groups, check_group_axes
from kerasparts.core.part import part
from kerasparts.optimizers._rules import check_exclusion, is_excluded
from kerasparts.optimizers.lookahead import Lookahead
from kerasparts.optimizers.wrapper import Wrapper


@part
class Proximal(Wrapper):
    """L1 and group penalties whose weights become exactly zero, around any optimizer. Not in Keras.

    The subgradient of Keras' `L1` makes weights hover around zero; none of them is zero. Here the penalty is no part of
    the loss: after each step of the wrapped optimizer, with its learning rate, per weight `w` and per group of weights:

        w = sign(w) * max(|w| - learning_rate * l1, 0)
        w = w * max(1 - learning_rate * group * sqrt(size(w)) / norm(w), 0)

    Around `SGD` this is proximal gradient descent on the loss plus `l1 * sum(|w|)` plus `GroupLasso(group)`; momentum
    `b` as a heavy ball makes the penalty `1 - b` times as strong, as a moving average does not. Around Adam and its
    kin, whose steps are scaled weight by weight and these are not, it is a sparse training, the common one, but not
    that of a given penalty: try other values of `l1` there.

    Args:
        optimizer: `keras.optimizers.Optimizer`, or `Lookahead` around one.
        l1: float in [0, inf). Price of the absolute values.
        group: float in [0, inf). Price of the norms of the groups, as the `rate` of `regularizers.GroupLasso`.
        axis: int or tuple of ints. The axes whose index counts the groups: -1 for the units of a dense layer and the
            filters of a convolution, 0 for the inputs of a dense layer.
        exclude: what is left alone. "biases_and_scales": variables with fewer than two axes, and those named bias,
            beta, gamma or scale; None: nothing; or a list of regular expressions, each searched for in the
            variable's path.
        **kwargs: name.

    Memory: none beside that of the optimizer; around one of Keras, in half precision 1 array a weight, in float32.

    Example:
    >>> optimizer = kerasparts.optimizers.Proximal(kerasparts.optimizers.SGD(0.1), l1=0.5)
    >>> kernel = keras.Variable([[1.0, 0.04]], name="kernel")
    >>> optimizer.apply([keras.ops.zeros((1, 2))], [kernel])
    >>> keras.ops.convert_to_numpy(kernel).tolist()
    [[0.949999988079071, 0.0]]

    Reference: Parikh and Boyd 2014, https://doi.org/10.1561/2400000003, sections 4.2, 6.5.1 and 6.5.2; Yun et al. 2021,
    https://arxiv.org/abs/2007.13151, on what it means around Adam.
    """

    around = (Lookahead,)

    def __init__(self, optimizer, l1=0.0, group=0.0, axis=-1, exclude="biases_and_scales", **kwargs):
        check_number("l1", l1, "[0, inf)")
        check_number("group", group, "[0, inf)")
        check_group_axes(axis)
        check_exclusion(exclude, "exclude")
        super().__init__(optimizer, **kwargs)
        self.l1 = l1
        self.group = group
        self.axis = axis
        self.exclude = exclude

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._is_excluded = [is_excluded(self.exclude, variable) for variable in variables]
        for variable, is_left in zip(variables, self._is_excluded, strict=True):
            if self.group and not is_left:
                axes_inside_groups(self.axis, len(variable.shape))

    def after_step(self, variables, before, t, rate):
        for variable in variables:
            index = self._get_variable_index(variable)
            if self._is_excluded[index]:
                continue
            w = self.read(variable)
            length = ops.cast(rate, w.dtype) * self._multipliers[index]
            if self.l1:
                w = ops.sign(w) * ops.maximum(ops.abs(w) - length * self.l1, 0.0)
            if self.group:
                inside = axes_inside_groups(self.axis, len(w.shape))
                size = math.prod(w.shape[a] for a in inside)
                norm = ops.sqrt(ops.sum(ops.square(w), axis=inside, keepdims=True)) if inside else ops.abs(w)
                norm = ops.maximum(norm, 1e-30)  # zero stays zero
                w = w * ops.maximum(1 - length * self.group * math.sqrt(size) / norm, 0.0)
            self.write(variable, w)

    def get_config(self):
        return {
            **super().get_config(),
            "l1": self.l1,
            "group": self.group,
            "axis": self.axis,
            "exclude": self.exclude,
        }
