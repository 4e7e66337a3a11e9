"""WeightNormalization."""

import re

import keras
from keras import ops

from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.layers.regularization._kernel_wrapper import KernelWrapper

TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)


@part
class WeightNormalization(KernelWrapper):
    """Learns the length and the direction of each unit's weights apart, which often trains faster.

    Not in Keras, whose `SpectralNormalization` and `UnitNorm` hold a length where it is, and whose
    `UnitNormalization` scales outputs. With the layer's kernel `v` and a learned `length` for each unit or filter:

        w = length * v / |v|

    where `|v|` is the norm of all weights that lead to the unit. The lengths start as those of the kernel, so that at
    first the layer does what it did before, a trained one too. Unlike in batch normalization, no sample depends on
    another. A penalty or constraint of the kernel is on `v`, where it changes nothing but the speed of learning.
    Kernels that start as zeros have no direction: the first step gives them one, of length 1. Lengths do not follow a
    kernel that is set later: `kerasparts.initializers.layer_sequential_unit_variance` comes before the wrapping.

    Args:
        layer: Dense, EinsumDense, convolution or transposed convolution.
        **kwargs: as in `keras.layers.Layer`; the precision is that of the layer.

    Shapes: as the layer.

    Memory: one number a unit, and in each call one more array of the size of the kernel.

    Example:
    >>> layer = kerasparts.layers.WeightNormalization(keras.layers.Dense(2))
    >>> layer.build((None, 3))
    >>> layer.layer.set_weights([np.array([[3.0, 0.0], [4.0, 0.0], [0.0, 9.0]]), np.zeros(2)])
    >>> _ = layer.length.assign([10.0, 2.0])
    >>> keras.ops.convert_to_numpy(layer(np.eye(3))).tolist()
    [[6.0, 0.0], [8.0, 0.0], [0.0, 2.0]]

    Reference: Salimans and Kingma 2016, https://arxiv.org/abs/1602.07868, equation 2, where the length is called g.
    """

    def build(self, input_shape):
        super().build(input_shape)
        axes = _unit_axes(self.layer)
        shape = self.layer.kernel.shape
        self._inside = tuple(a for a in range(len(shape)) if a not in axes)

        def lengths(shape, dtype):
            return ops.cast(ops.reshape(self._norm(), shape), dtype)

        self.length = self.add_weight([shape[a] for a in axes], lengths, name="length")

    def call(self, inputs):
        norm = self._norm()
        length = ops.reshape(ops.cast(self.length, norm.dtype), norm.shape)
        return self.call_with(length / norm * ops.cast(self.kernel(), norm.dtype), inputs)

    def _norm(self):
        """Of each unit's weights; 1 where they are all zero."""
        v = self.kernel()
        v = ops.cast(v, float32_at_least(v.dtype))
        square = ops.sum(ops.square(v), axis=self._inside, keepdims=True)
        return ops.sqrt(ops.where(square > 0, square, ops.ones_like(square)))


def _unit_axes(layer):
    """Axes of the kernel whose indices name the unit."""
    rank = len(layer.kernel.shape)
    if isinstance(layer, keras.layers.EinsumDense):
        kernel, outputs = re.split(",|->", layer.equation.replace(" ", ""))[1:]
        return tuple(axis for axis, letter in enumerate(kernel) if letter in outputs)
    return (rank - 2,) if isinstance(layer, TRANSPOSED) else (rank - 1,)
