"""SELU."""

import keras
from keras import ops

from kerasparts.activations.activation import Activation, as_float
from kerasparts.core.part import part

SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772


@part
class SELU(Activation):
    """The self-normalizing unit, which knows that its gain is 1; Keras' does not say.

        f(x) = scale * x if x > 0 else scale * alpha * (exp(x) - 1)

    with `scale` = 1.0507 and `alpha` = 1.6733, chosen so that mean 0 and variance 1 are kept and attract. It wants
    LeCun's weights (`VarianceMatched("selu")` gives them), and `keras.layers.AlphaDropout`.

    Shapes: any; element-wise.

    Example:
    >>> round(kerasparts.activations.SELU().gain, 4)
    1.0

    Reference: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515, equation 2.
    """

    range = (-SCALE * ALPHA, float("inf"))
    zero_centered = True
    steepest = SCALE * ALPHA

    def __call__(self, x):
        return keras.activations.selu(as_float(x))

    def derivative(self, x):
        x = as_float(x)
        return SCALE * ops.where(x > 0, ops.ones_like(x), ALPHA * ops.exp(ops.minimum(x, 0)))
