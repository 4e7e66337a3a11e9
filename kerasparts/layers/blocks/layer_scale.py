"""LayerScale."""

import keras
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.layers._channels import along_channels, channels, check_channel_axis


@part
class LayerScale(keras.layers.Layer):
    """Multiplies each channel, or all, by a learned number that starts small: the end of a residual branch.

    Not in Keras. A deep net whose branches start near zero starts as the identity, and trains without warm-up or
    normalization.

        y = scale * x

    The product is in float32: in float16, a scale of 1e-6 has two digits.

    Args:
        init: float. Where the scale starts. LayerScale takes 0.1 for up to 18 layers, 1e-5 up to 24, 1e-6 beyond.
        per_channel: bool. One number for each channel, or one for all: with `init=0.0` that is ReZero.
        axis: int. Axis of the channels.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., channels)` to the same shape.

    Example:
    >>> layer = kerasparts.layers.LayerScale(init=0.25)
    >>> keras.ops.convert_to_numpy(layer(np.array([[4.0, 8.0]]))).tolist()
    [[1.0, 2.0]]

    Reference: Touvron et al. 2021, https://arxiv.org/abs/2103.17239, equation 4; Bachlechner et al. 2020 (ReZero),
    https://arxiv.org/abs/2003.04887, equation 1.
    """

    is_linear = True

    def __init__(self, init=1e-5, per_channel=True, axis=-1, **kwargs):
        check_number("init", init)
        check(isinstance(per_channel, bool), "per_channel", per_channel, "True or False")
        check_channel_axis(axis)
        super().__init__(**kwargs)
        self.init = init
        self.per_channel = per_channel
        self.axis = axis
        self.supports_masking = True

    def build(self, input_shape):
        shape = (channels(input_shape, self.axis),) if self.per_channel else ()
        self.scale = self.add_weight(shape, keras.initializers.Constant(self.init), autocast=False, name="scale")

    def call(self, inputs):
        x = ops.cast(inputs, float32_at_least(inputs.dtype))
        scale = ops.cast(self.scale, x.dtype)
        scale = along_channels(scale, self.axis, len(x.shape)) if self.per_channel else scale
        return ops.cast(scale * x, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "init": self.init, "per_channel": self.per_channel, "axis": self.axis}
