"""SqueezeExcite."""

import keras
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part, revived
from kerasparts.core.precision import float32_at_least
from kerasparts.layers._channels import along_channels, channels, check_channel_axis, counted


@part
class SqueezeExcite(keras.layers.Layer):
    """Weighs the channels of a map by what the whole of it holds: a cheap step that makes convolutions more accurate.

    Not in Keras. With `pooled` the mean of each channel over all places, of a sequence, an image or a volume:

        y = x * gate(excite(activation(squeeze(pooled))))

    where `squeeze` is a dense layer of `channels // ratio` units (one at least), and `excite` one of `channels`. Masked
    places do not count for the mean, which is taken in float32.

    Args:
        ratio: float of at least 1. How many times fewer units than channels there are between.
        activation: as in `keras.layers.Dense`.
        gate: activation that gives the weights of the channels.
        kernel_initializer: as in `keras.layers.Dense`, of both layers.
        axis: int. Axis of the channels.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., channels)` to the same shape.

    Memory: about `2 * channels**2 / ratio` weights.

    Example:
    >>> layer = kerasparts.layers.SqueezeExcite(ratio=4)
    >>> tuple(layer(np.zeros((2, 8, 8, 16))).shape), tuple(layer.squeeze.kernel.shape)
    ((2, 8, 8, 16), (16, 4))

    Reference: Hu et al. 2018, https://arxiv.org/abs/1709.01507, section 3.
    """

    def __init__(
        self, ratio=16, activation="relu", gate="sigmoid", kernel_initializer="glorot_uniform", axis=-1, **kwargs
    ):
        check_number("ratio", ratio, "[1, inf)")
        check_channel_axis(axis)
        super().__init__(**kwargs)
        self.ratio = ratio
        self.activation = keras.activations.get(revived(activation))
        self.gate = keras.activations.get(revived(gate))
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.axis = axis
        self.supports_masking = True

    def build(self, input_shape):
        check(len(input_shape) > 2, "input_shape", tuple(input_shape), "of a batch, places and channels")
        size = channels(input_shape, self.axis)
        units = max(int(size // self.ratio), 1)
        self.squeeze = self._dense(units, self.activation, "squeeze")
        self.excite = self._dense(size, self.gate, "excite")
        self.squeeze.build((None, size))
        self.excite.build((None, units))

    def call(self, inputs, mask=None):
        rank = len(inputs.shape)
        places = tuple(a for a in range(1, rank) if a != self.axis % rank)
        x = ops.cast(inputs, float32_at_least(inputs.dtype))
        if mask is None:
            pooled = ops.mean(x, axis=places)
        else:
            mask = counted(mask, x)
            count = ops.sum(ops.cast(mask, x.dtype), axis=places)
            pooled = ops.sum(ops.where(mask, x, ops.zeros_like(x)), axis=places)
            pooled = pooled / ops.maximum(count, ops.ones_like(count))
        weights = self.excite(self.squeeze(pooled))
        return ops.cast(x * ops.cast(along_channels(weights, self.axis, rank), x.dtype), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "ratio": self.ratio,
            "activation": keras.activations.serialize(self.activation),
            "gate": keras.activations.serialize(self.gate),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "axis": self.axis,
        }

    def _dense(self, units, activation, name):
        initializer = self.kernel_initializer
        if isinstance(initializer, keras.initializers.Initializer):
            initializer = initializer.clone()  # one for both would draw the same numbers for both
        return keras.layers.Dense(units, activation, kernel_initializer=initializer, dtype=self.dtype_policy, name=name)
