"""DeltaOrthogonal."""

import keras
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.part import part
from kerasparts.initializers._scaled import ScaledInitializer


@part
class DeltaOrthogonal(ScaledInitializer):
    """Convolutions that keep the length of the signal exactly, so that plain stacks of them train at any depth.

    Keras has no such initializer: its `Orthogonal` makes a convolution kernel an orthogonal matrix from patches to
    channels, which is no isometry from image to image, since patches overlap. Here the kernel is zero but for the
    centre of the window. With `Q` of orthonormal rows, `z` a standard normal number and `f` the activation:

        W[centre] = gain * Q,    W[elsewhere] = 0
        gain = 1 / sqrt(E[f(z)**2])

    With the gain 1 of "linear" every pixel keeps its length. For that the centre is the tap that `padding="same"` puts
    on the pixel itself: `(size - 1) // 2` along each axis, in an even window the first of the middle two. (An even
    window with a dilation rate above 1 has no such tap: the signal is moved by a part of the window, and what
    leaves the image is lost. Neither has `padding="causal"`, nor a layer with strides or groups.)

    `f` is the activation that makes the *input* of the layer: in a stack of equal layers, the layer's own. Where the
    channels grow, the length of the signal is kept and the power of a channel falls by channels_in / channels_out.

    Args:
        activation: name of a Keras activation, a function, or an activation object; element-wise.
        seed: int, `keras.random.SeedGenerator`, or None to follow `keras.utils.set_random_seed`.

    Shapes: `(*window, channels_in, channels_out)` with channels_in <= channels_out; `(inputs, outputs)` likewise.

    Raises:
        ValueError: the activation has no gain (softmax), or the layer has more channels in than out.

    Example:
    >>> layer = keras.layers.Conv2D(
    ...     64, 3, padding="same", activation="tanh", kernel_initializer=kerasparts.initializers.DeltaOrthogonal("tanh")
    ... )
    >>> kernel = kerasparts.initializers.DeltaOrthogonal()((3, 3, 8, 8))
    >>> int((keras.ops.convert_to_numpy(kernel) != 0).sum())
    64

    Reference: Xiao et al. 2018, https://arxiv.org/abs/1806.05393, section 4 and Algorithm 2.
    """

    def __init__(self, activation="linear", seed=None):
        super().__init__(activation, seed)

    def draw(self, shape, dtype, seed):
        fits = len(shape) >= 2 and shape[-2] <= shape[-1]
        check(fits, "shape", shape, "(*window, channels_in, channels_out) with channels_in <= channels_out")
        window, channels = shape[:-2], shape[-2:]
        matrix = keras.initializers.Orthogonal(self.gain, seed)(channels, dtype=dtype)
        around = [((size - 1) // 2, size // 2) for size in window]
        return ops.pad(ops.reshape(matrix, (*(1 for _ in window), *channels)), [*around, (0, 0), (0, 0)])
