"""LiSHT."""

from keras import ops

from kerasparts.activations.activation import Activation, as_float, bell
from kerasparts.core.part import part


@part
class LiSHT(Activation):
    """Linearly scaled hyperbolic tangent: symmetric, never negative; was in TensorFlow Addons, is not in Keras.

        f(x) = x * tanh(x)        f'(x) = tanh(x) + x * (1 - tanh(x)**2)

    Shapes: any; element-wise.

    Example:
    >>> round(float(kerasparts.activations.LiSHT()(-1.0)), 4)
    0.7616

    Reference: Roy et al. 2019, https://arxiv.org/abs/1901.05894, equation 1.
    """

    range = (0.0, float("inf"))

    def __call__(self, x):
        x = as_float(x)
        return x * ops.tanh(ops.clip(x, -20.0, 20.0))  # 1 - tanh**2 has only rounding left there, and x multiplies it

    def derivative(self, x):
        x = as_float(x)
        return ops.tanh(x) + 4 * x * bell(2 * x)
