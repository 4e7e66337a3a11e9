"""Step."""

import math

from keras import ops

from kerasparts.activations.activation import Activation, as_float, bell
from kerasparts.core.checks import check_choice, check_number
from kerasparts.core.part import part

SURROGATES = {
    "sigmoid": ops.sigmoid,
    "arctan": lambda u: ops.arctan(math.pi * u) / math.pi,
    "hard_tanh": lambda u: ops.clip(u, -1.0, 1.0),
    "straight_through": lambda u: ops.where(ops.isinf(u), ops.zeros_like(u), u),
}


@part
class Step(Activation):
    """Heaviside's step that trains: exact 0 or 1 forward, the slope of a smooth function backward.

    The step's own derivative is zero wherever it exists, so with `keras.ops.heaviside` no layer below it learns.

        f(x) = 1 if x > threshold else 0
        f'(x) := s'(x - threshold)

    where `s` is the surrogate:

        "sigmoid"            s(u) = 1 / (1 + exp(-u))           s'(0) = 1/4, never zero
        "arctan"             s(u) = arctan(pi * u) / pi         s'(0) = 1, wide tails
        "hard_tanh"          s(u) = clip(u, -1, 1)              s' = 1 near the threshold, 0 beyond 1
        "straight_through"   s(u) = u                           s' = 1 everywhere

    Take "arctan" for spiking networks, "hard_tanh" for binarized ones, "sigmoid" where nothing is known.

    Args:
        threshold: float. Inputs above it fire.
        surrogate: name of the function whose derivative stands in for the step's.

    Shapes: any; element-wise. NaN stays NaN.

    Example:
    >>> step = kerasparts.activations.Step(threshold=0.5)
    >>> keras.ops.convert_to_numpy(step([0.0, 0.5, 1.0])).tolist()
    [0.0, 0.0, 1.0]

    Reference: Bengio et al. 2013, https://arxiv.org/abs/1308.3432, section 3 (straight-through); Hubara et al.
    2016, https://arxiv.org/abs/1602.02830, section 1.3 (hard tanh); Fang et al. 2021,
    https://arxiv.org/abs/2007.05785 (arctan).
    """

    range = (0.0, 1.0)

    def __init__(self, threshold=0.0, surrogate="sigmoid"):
        check_number("threshold", threshold)
        check_choice("surrogate", surrogate, tuple(SURROGATES))
        self.threshold = threshold
        self.surrogate = surrogate

    def __call__(self, x):
        x = as_float(x)
        u = x - self.threshold
        step = ops.where(ops.isnan(u), u, ops.cast(u > 0, x.dtype))
        smooth = SURROGATES[self.surrogate](u)
        return ops.stop_gradient(step) + (smooth - ops.stop_gradient(smooth))  # the bracket is an exact zero

    def derivative(self, x):
        """The slope that training sees, that of the surrogate."""
        u = as_float(x) - self.threshold
        if self.surrogate == "sigmoid":
            return bell(u)
        if self.surrogate == "arctan":
            return 1 / (1 + ops.square(math.pi * ops.clip(u, -50.0, 50.0)))  # half precision squares no more
        inside = ops.ones_like(u) if self.surrogate == "straight_through" else ops.cast(ops.abs(u) < 1, u.dtype)
        return ops.where(ops.isnan(u), u, inside)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold, "surrogate": self.surrogate}
