"""ParametricReLU."""

import keras
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part


@part
class ParametricReLU(keras.layers.Layer):
    """A leaky ReLU that learns its slope below zero, from 0.25 as the paper does.

    Keras' `PReLU` starts from 0, where it is dead below zero, and has a slope of its own for every place of an image
    unless told otherwise; here the slopes are shared over all axes but the last, one a channel.

        f(x) = x if x > 0 else slope * x

    Args:
        negative_slope: float. Where the slopes start.
        shared_axes: "all_but_last": one slope a channel; or a tuple of the axes (from 1) that share theirs.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., channels)` to the same shape.

    Example:
    >>> layer = kerasparts.layers.ParametricReLU(negative_slope=0.5)
    >>> keras.ops.convert_to_numpy(layer(np.array([[-2.0, 3.0]]))).tolist()
    [[-1.0, 3.0]]

    Reference: He et al. 2015, https://arxiv.org/abs/1502.01852, section 2.1. It advises against weight decay on the
    slopes, which `kerasparts.optimizers.AdamW` leaves alone where there is one a channel.
    """

    def __init__(self, negative_slope=0.25, shared_axes="all_but_last", **kwargs):
        check_number("negative_slope", negative_slope)
        is_axes = shared_axes == "all_but_last" or (
            isinstance(shared_axes, list | tuple) and all(isinstance(axis, int) and axis > 0 for axis in shared_axes)
        )
        check(is_axes, "shared_axes", shared_axes, "'all_but_last' or a tuple of axes from 1 on")
        super().__init__(**kwargs)
        self.negative_slope = negative_slope
        self.shared_axes = tuple(shared_axes) if isinstance(shared_axes, list) else shared_axes
        self.supports_masking = True

    def build(self, input_shape):
        rank = len(input_shape)
        shared = tuple(range(1, rank - 1)) if self.shared_axes == "all_but_last" else self.shared_axes
        rule = f"axes of the input shape {tuple(input_shape)}"
        check(all(axis < rank for axis in shared), "shared_axes", shared, rule)
        shape = tuple(1 if axis in shared else input_shape[axis] for axis in range(1, rank))
        rule = f"all axes of unknown size in the input shape {tuple(input_shape)}"
        check(None not in shape, "shared_axes", shared, rule)
        if all(size == 1 for size in shape[:-1]):
            shape = shape[-1:]
        start = keras.initializers.Constant(self.negative_slope)
        self.slope = self.add_weight(shape, start, name="slope")

    def call(self, inputs):
        return ops.where(inputs > 0, inputs, self.slope * inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "negative_slope": self.negative_slope,
            "shared_axes": self.shared_axes,
        }
