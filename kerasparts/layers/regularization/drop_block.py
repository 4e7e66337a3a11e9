"""DropBlock."""

import math

import keras
from keras import ops

from kerasparts.core.checks import check, check_choice, check_integer, check_number
from kerasparts.core.part import part
from kerasparts.layers.random_layer import RandomLayer
from kerasparts.layers.regularization._masks import drawn, masked


@part
class DropBlock(RandomLayer):
    """Drops whole blocks of feature maps while training, as their neighbours would tell what a single number was.

    Not in Keras. Each place where a block fits into the map begins one with probability `gamma`, each channel by
    itself; `kept` is 0 in the blocks, else 1:

        gamma = rate * product over axes of size / (block_size * (size - block_size + 1))
        training:   y = kept * x / mean(kept)
        inference:  y = x

    The mean is that over the map and channels of one sample, so that no sample depends on what else is in the batch.
    Blocks overlap, and so the share that is dropped is below `rate`, the more the greater the rate.

    Args:
        rate: float in [0, 1). Share that would be dropped if no blocks overlapped.
        block_size: int of at least 1. Length of the side of a block. 1: dropout of single numbers.
        seed: int or None. None: other numbers each time.
        data_format: "channels_last", "channels_first", or None for that of `keras.config.image_data_format()`.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, steps, channels)` or `(batch, height, width, channels)`, or with the channels first, to the same
        shape.

    Raises:
        ValueError: at the first call, a map smaller than a block.

    Example:
    >>> y = kerasparts.layers.DropBlock(0.2, block_size=3, seed=0)(np.ones((1, 6, 6, 1)), training=True)
    >>> round(float(keras.ops.mean(y)), 4)
    1.0

    Reference: Ghiasi et al. 2018, https://arxiv.org/abs/1810.12890, algorithm 1 and equation 1.
    """

    def __init__(self, rate, block_size=7, seed=None, data_format=None, **kwargs):
        check_number("rate", rate, "[0, 1)")
        check_integer("block_size", block_size, "[1, inf)")
        check_choice("data_format", data_format, (None, "channels_last", "channels_first"))
        super().__init__(seed, **kwargs)
        self.rate = rate
        self.block_size = block_size
        self.data_format = data_format or keras.config.image_data_format()

    def build(self, input_shape):
        check(len(input_shape) in (3, 4), "input_shape", tuple(input_shape), "of feature maps along one or two axes")
        sizes = [size for size in self._map(input_shape) if size is not None]
        fits = all(size >= self.block_size for size in sizes)
        check(fits, "block_size", self.block_size, f"at most the size of the feature map, {tuple(sizes)}")

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        kept = self._kept(ops.shape(inputs))
        if self.data_format == "channels_first":
            kept = ops.moveaxis(kept, -1, 1)
        share = ops.mean(kept, axis=tuple(range(1, len(inputs.shape))), keepdims=True)
        return masked(inputs, kept > 0, 1 / ops.where(share > 0, share, ops.ones_like(share)))

    def get_config(self):
        return {
            **super().get_config(),
            "rate": self.rate,
            "block_size": self.block_size,
            "data_format": self.data_format,
        }

    def _kept(self, shape):
        """0 in the blocks and 1 elsewhere, channels last."""
        side, sizes = self.block_size, self._map(shape)
        channels = shape[1] if self.data_format == "channels_first" else shape[-1]
        begins = [size - side + 1 for size in sizes]
        gamma = self.rate * math.prod(size / (side * begin) for size, begin in zip(sizes, begins, strict=True))
        is_free = drawn((shape[0], *begins, channels), ops.cast(gamma, "float32"), self.seed_generator)
        is_first = 1 - ops.cast(is_free, "float32")
        dropped = ops.pad(is_first, [(0, 0), *[(side - 1, side - 1)] * len(sizes), (0, 0)])
        for axis in range(len(sizes)):  # one after the other: fewer comparisons than with whole blocks
            window = tuple(side if i == axis else 1 for i in range(len(sizes)))
            dropped = ops.max_pool(dropped, window, strides=1, data_format="channels_last")
        return 1 - dropped

    def _map(self, shape):
        return tuple(shape[2:] if self.data_format == "channels_first" else shape[1:-1])
