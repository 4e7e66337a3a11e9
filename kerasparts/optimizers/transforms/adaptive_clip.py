"""AdaptiveClip."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.optimizers._rules import check_patterns, is_found
from kerasparts.optimizers.transforms.transform import GradientTransform, unit_axes


@part
class AdaptiveClip(GradientTransform):
    """Clips the gradient of each unit relative to the weights of the unit; Keras clips by fixed norms only.

        g = g * min(1, factor * max(|w|, epsilon) / |g|)

    with the norms over the incoming weights of a unit or filter.

    Args:
        factor: float in (0, inf). Largest gradient, as a share of the weights.
        epsilon: float in (0, inf). Least norm that weights count with, so that those at zero can leave it.
        exclude: list of regular expressions, searched for in the variable's path: what is not clipped, as the output
            layer.

    Example:
    >>> clip = kerasparts.optimizers.transforms.AdaptiveClip(0.01)
    >>> optimizer = kerasparts.optimizers.SGD(0.1, gradient_transforms=[clip])

    Reference: Brock et al. 2021, https://arxiv.org/abs/2102.06171, equation 3.
    """

    def __init__(self, factor=0.01, epsilon=1e-3, exclude=()):
        check_number("factor", factor, "(0, inf)")
        check_number("epsilon", epsilon, "(0, inf)")
        check_patterns("exclude", exclude)
        self.factor = factor
        self.epsilon = epsilon
        self.exclude = list(exclude)

    def build(self, optimizer, variables):
        self._is_excluded = [is_found(self.exclude, variable) for variable in variables]

    def transform(self, gradients, variables, indices, optimizer):
        return [
            g if self._is_excluded[index] else self._clipped(g, ops.cast(w, g.dtype))
            for g, w, index in zip(gradients, variables, indices, strict=True)
        ]

    def _clipped(self, g, w):
        axes = unit_axes(w)
        norm, size = _norm(g, axes), ops.maximum(_norm(w, axes), self.epsilon)
        return g * ops.minimum(1.0, self.factor * size / ops.maximum(norm, 1e-30))

    def get_config(self):
        return {"factor": self.factor, "epsilon": self.epsilon, "exclude": self.exclude}


def _norm(x, axes):
    return ops.sqrt(ops.sum(ops.square(x), axis=axes, keepdims=True)) if axes else ops.abs(x)
