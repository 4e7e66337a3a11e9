"""describe."""

import functools
import inspect
import math

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.activations._moments import mean, normal_grid, second_moment
from kerasparts.activations.activation import Activation, as_float
from kerasparts.activations.elu import ELU
from kerasparts.activations.gelu import GELU
from kerasparts.activations.leaky_relu import LeakyReLU
from kerasparts.activations.linear import Linear
from kerasparts.activations.relu import ReLU
from kerasparts.activations.selu import SELU
from kerasparts.activations.sigmoid import Sigmoid
from kerasparts.activations.softmax import Softmax
from kerasparts.activations.softplus import Softplus
from kerasparts.activations.swish import Swish
from kerasparts.activations.tanh import Tanh
from kerasparts.core.checks import check
from kerasparts.core.part import revived

# Ours with the arguments that Keras' functions have when they are named.
KNOWN = {
    keras.activations.linear: Linear,
    keras.activations.sigmoid: Sigmoid,
    keras.activations.tanh: Tanh,
    keras.activations.relu: ReLU,
    keras.activations.relu6: lambda: ReLU(max_value=6.0),
    keras.activations.leaky_relu: lambda: LeakyReLU(negative_slope=0.2),
    keras.activations.elu: ELU,
    keras.activations.selu: SELU,
    keras.activations.softplus: Softplus,
    keras.activations.gelu: GELU,
    keras.activations.silu: Swish,
    keras.activations.softmax: Softmax,
}


def describe(identifier) -> Activation:
    """What any activation knows of itself: derivative, gain, range, where it is saturated or dead.

    Ours answer for themselves. For Keras' functions that we have, ours answers, with Keras' arguments. Of anything
    else the answers are measured: the derivative by automatic differentiation, the gain by quadrature, range and
    steepest slope on a grid, where values beyond 1,000 at +-10,000 count as infinite.

    Args:
        identifier: name of a Keras activation, a function, an activation object or layer, or None for linear.

    Returns:
        `Activation`.

    Raises:
        ValueError: no activation of that name, or not callable.

    Example:
    >>> kerasparts.activations.describe("tanh").range
    (-1.0, 1.0)
    >>> round(kerasparts.activations.describe(keras.activations.mish).gain, 3)
    1.487
    """
    try:
        function = keras.activations.get(revived(identifier))
    except (ValueError, TypeError):
        function = None
    usable = callable(function) and not inspect.isclass(function)
    check(usable, "identifier", identifier, "the name of a Keras activation, a function or an activation object")
    if isinstance(function, Activation):
        return function
    if inspect.isfunction(function) and function in KNOWN:
        return KNOWN[function]()
    return _Measured(function)


class _Measured(Activation):
    """An activation of which nothing is known but its values."""

    def __init__(self, function):
        self.function = function

    def __call__(self, x):
        return self.function(as_float(x))

    def derivative(self, x):
        variable = keras.Variable(as_float(x))
        run = backend.value_and_gradients(lambda: ops.sum(self.function(variable.value)), [variable])
        return run()[1][0]

    @functools.cached_property
    def range(self):
        second_moment(self)  # refuses what is not element-wise
        z = np.concatenate([normal_grid()[0], [-1e4, -1e3, -1e2, 1e2, 1e3, 1e4]]).astype("float32")
        values = ops.convert_to_numpy(self(z))
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        return (low if low > -1e3 else -math.inf, high if high < 1e3 else math.inf)

    @functools.cached_property
    def zero_centered(self):
        return abs(mean(self)) < 1e-3 * math.sqrt(second_moment(self))

    def __repr__(self):
        return f"describe({getattr(self.function, '__name__', self.function)!r})"
