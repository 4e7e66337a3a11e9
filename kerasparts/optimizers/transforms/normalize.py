"""Normalize."""

from keras import ops

from kerasparts.core.checks import check_choice, check_number
from kerasparts.core.part import part
from kerasparts.optimizers.transforms.transform import GradientTransform


@part
class Normalize(GradientTransform):
    """Gives the gradient a norm of 1, so that the learning rate alone is the length of the step. Not in Keras.

        g = g / max(|g|, epsilon)

    Args:
        scope: "all": one norm over all variables, which keeps the direction; "variable": one for each.
        epsilon: float in (0, inf). Gradients below it are not blown up to 1.

    Example:
    >>> normalize = kerasparts.optimizers.transforms.Normalize()
    >>> optimizer = kerasparts.optimizers.SGD(0.1, gradient_transforms=[normalize])

    Reference: Nesterov 1984; Hazan et al. 2015, https://arxiv.org/abs/1507.02030, Algorithm 1. By variable:
    You et al. 2017, https://arxiv.org/abs/1708.03888.
    """

    def __init__(self, scope="all", epsilon=1e-8):
        check_choice("scope", scope, ("all", "variable"))
        check_number("epsilon", epsilon, "(0, inf)")
        self.scope = scope
        self.epsilon = epsilon

    def transform(self, gradients, variables, indices, optimizer):
        squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in gradients]
        if self.scope == "all":
            squares = [sum(squares)] * len(squares)
        norms = [ops.maximum(ops.sqrt(square), self.epsilon) for square in squares]
        return [g / ops.cast(norm, g.dtype) for g, norm in zip(gradients, norms, strict=True)]

    def get_config(self):
        return {"scope": self.scope, "epsilon": self.epsilon}
