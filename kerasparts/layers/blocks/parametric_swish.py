"""ParametricSwish."""

import keras
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part


@part
class ParametricSwish(keras.layers.Layer):
    """Swish that learns its bend, for each channel or for all; Keras has only the fixed `silu`.

        f(x) = x * sigmoid(beta * x)

    A `beta` near 0 makes the channel linear, a large one makes it a ReLU.

    Args:
        beta: float. Where `beta` starts.
        per_channel: bool. One `beta` for each index of the last axis, or one for all.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., channels)` to the same shape.

    Example:
    >>> layer = kerasparts.layers.ParametricSwish(beta=2.0, per_channel=False)
    >>> round(keras.ops.convert_to_numpy(layer(np.array([[1.0]]))).item(), 4)
    0.8808

    Reference: Ramachandran et al. 2017, https://arxiv.org/abs/1710.05941, section 3 (trainable beta).
    """

    def __init__(self, beta=1.0, per_channel=True, **kwargs):
        check_number("beta", beta)
        check(isinstance(per_channel, bool), "per_channel", per_channel, "True or False")
        super().__init__(**kwargs)
        self.beta = beta
        self.per_channel = per_channel
        self.supports_masking = True

    def build(self, input_shape):
        shape = (input_shape[-1],) if self.per_channel else ()
        rule = f"False for a last axis of unknown size, as in the input shape {tuple(input_shape)}"
        check(None not in shape, "per_channel", self.per_channel, rule)
        self.bend = self.add_weight(shape, keras.initializers.Constant(self.beta), name="beta")

    def call(self, inputs):
        return inputs * ops.sigmoid(self.bend * inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "beta": self.beta, "per_channel": self.per_channel}
