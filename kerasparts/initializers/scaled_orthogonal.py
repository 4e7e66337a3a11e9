"""ScaledOrthogonal."""

import keras

from kerasparts.core.checks import check
from kerasparts.core.part import part
from kerasparts.initializers._scaled import ScaledInitializer


@part
class ScaledOrthogonal(ScaledInitializer):
    """Orthogonal weights with the gain of the activation, a new matrix for every layer.

    `keras.initializers.Orthogonal` wants the gain as a number that the user must know, gives all layers that share an
    instance the same matrix, and fails in half precision, for which no QR decomposition exists. With `Q` orthogonal,
    `z` a standard normal number and `f` the activation:

        W = gain * Q
        gain = 1 / sqrt(E[f(z)**2])

    so that `W^T W = gain**2 * I` where the kernel has at least as many inputs as outputs, else `W W^T`. All singular
    values are equal: what a layer does to a signal, or to a gradient on its way back, does not depend on its direction.
    With at least as many inputs as outputs the power of a unit is kept. With fewer inputs it is the length of the
    signal that is kept, so the power of a unit falls by inputs / outputs.

    `f` is the activation that makes the *input* of the layer: in a stack of equal layers, the layer's own.

    Args:
        activation: name of a Keras activation, a function, or an activation object; element-wise.
        seed: int, `keras.random.SeedGenerator`, or None to follow `keras.utils.set_random_seed`.

    Shapes: `(inputs, outputs)`, or `(*window, channels_in, channels_out)` as a matrix of its last axis by all others.

    Raises:
        ValueError: the activation has no gain (softmax), or the shape has fewer than 2 axes.

    Example:
    >>> kernel = kerasparts.initializers.ScaledOrthogonal("relu", seed=1)((64, 32))
    >>> squares = keras.ops.matmul(keras.ops.transpose(kernel), kernel)
    >>> bool(keras.ops.all(keras.ops.abs(squares - 2 * keras.ops.eye(32)) < 1e-5))
    True

    Reference: Saxe et al. 2014, https://arxiv.org/abs/1312.6120, section 3.
    """

    def __init__(self, activation="relu", seed=None):
        super().__init__(activation, seed)

    def draw(self, shape, dtype, seed):
        check(len(shape) >= 2, "shape", shape, "of at least 2 axes, the last of them the outputs")
        return keras.initializers.Orthogonal(self.gain, seed)(shape, dtype=dtype)
