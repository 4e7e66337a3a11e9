"""What all activations share."""

import functools
import math

import keras
from keras import ops

from kerasparts.activations._moments import second_moment, steepest_slope
from kerasparts.core.checks import check_number


class Activation:
    """Base class of activations: a callable that knows itself, and that Keras can write into a file and read back.

    Keras' activations are functions, so their arguments are lost when a model is saved, and nobody can ask them
    anything. A subclass stores its arguments as attributes, returns them from `get_config()`, and writes

        __call__(x)      the function
        derivative(x)    its derivative in closed form, shaped like x
        range            (infimum, supremum) of its values
        zero_centered    whether its mean under a standard normal input is zero

    From these follow, for gauges and initializers that ask:

        gain             1 / sqrt(E[f(z)**2]), z standard normal: what keeps the power of a signal
        steepest         the greatest |f'|
        saturated(x)     where |f'| is a small share of the greatest: learning is slow there
        dead(x)          where f' is exactly zero: nothing is learned there

    At a kink the derivative is that of the left side.

    Example:
    >>> relu = kerasparts.activations.ReLU()
    >>> round(relu.gain, 4), relu.range, relu.zero_centered
    (1.4142, (0.0, inf), False)
    >>> keras.ops.convert_to_numpy(relu.dead([-1.0, 1.0])).tolist()
    [True, False]
    """

    range = (-math.inf, math.inf)
    zero_centered = False

    def __call__(self, x):
        raise NotImplementedError(f"{type(self).__name__} must implement __call__(x).")

    def derivative(self, x):
        raise NotImplementedError(f"{type(self).__name__} must implement derivative(x).")

    @functools.cached_property
    def gain(self):
        """`1 / sqrt(E[f(z)**2])`, z standard normal."""
        return second_moment(self) ** -0.5

    @functools.cached_property
    def steepest(self):
        """The greatest absolute value of the derivative."""
        return steepest_slope(self.derivative)

    def saturated(self, x, tolerance=0.05):
        """Where the derivative is at most `tolerance` of its greatest: booleans shaped like `x`."""
        check_number("tolerance", tolerance, "[0, 1)")
        return ops.abs(self.derivative(x)) <= tolerance * self.steepest

    def dead(self, x):
        """Where the derivative is exactly zero in the precision of `x`: booleans shaped like `x`."""
        return ops.equal(self.derivative(x), 0)

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


def as_float(x):
    """`x` as a tensor of its own floating precision, integers in Keras' default one."""
    x = ops.convert_to_tensor(x)
    return x if keras.backend.is_float_dtype(x.dtype) else ops.cast(x, keras.config.floatx())


def bell(x):
    """`sigmoid(x) * (1 - sigmoid(x))`, without cancellation in the tails."""
    return ops.sigmoid(x) * ops.sigmoid(-x)


def leaky_slope(x, negative_slope):
    """Derivative of a leaky rectifier: 1 above zero, `negative_slope` elsewhere; NaN stays NaN."""
    slope = ops.where(x > 0, ops.ones_like(x), negative_slope * ops.ones_like(x))
    return ops.where(ops.isnan(x), x, slope)
