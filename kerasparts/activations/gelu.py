"""GELU."""

import math

import keras
from keras import ops

from kerasparts.activations.activation import Activation, as_float, bell
from kerasparts.core.checks import check
from kerasparts.core.part import part

SLOPE, CUBIC = 2 * math.sqrt(2 / math.pi), 0.044715


@part
class GELU(Activation):
    """The Gaussian error linear unit as a callable that remembers whether it is approximate; Keras' function forgets.

        f(x) = x * Phi(x)                                                          Phi: normal distribution function
        f(x) = x * sigmoid(2u), u = sqrt(2 / pi) * (x + 0.044715 * x**3)           if approximate

    Args:
        approximate: bool. The second form: faster on some devices, within 5e-4 of the first.

    Shapes: any; element-wise.

    Example:
    >>> round(float(kerasparts.activations.GELU()(1.0)), 4), round(float(kerasparts.activations.GELU(True)(1.0)), 4)
    (0.8413, 0.8412)

    Reference: Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415, section 2.
    """

    def __init__(self, approximate=False):
        check(isinstance(approximate, bool), "approximate", approximate, "True or False")
        self.approximate = approximate

    @property
    def range(self):
        return (-0.17004070474 if self.approximate else -0.16997120747, float("inf"))

    def __call__(self, x):
        x = as_float(x)
        if self.approximate and keras.backend.standardize_dtype(x.dtype) == "float16":
            return x * ops.sigmoid(_phase(ops.clip(x, -20.0, 20.0)))  # Keras' gradient is NaN beyond 40
        return keras.activations.gelu(x, approximate=self.approximate)

    def derivative(self, x):
        x = as_float(x)
        t = ops.clip(x, -20.0, 20.0)  # beyond, nothing changes but the powers of x, which overflow
        if self.approximate:
            v = _phase(t)
            return ops.sigmoid(v) + t * bell(v) * SLOPE * (1 + 3 * CUBIC * t * t)
        density = ops.exp(-0.5 * t * t) / math.sqrt(2 * math.pi)
        return 0.5 * (1 + ops.erf(t / math.sqrt(2))) + t * density

    def get_config(self):
        return {**super().get_config(), "approximate": self.approximate}


def _phase(x):
    return SLOPE * (x + CUBIC * x * x * x)
