"""GhostBatchNormalization."""

import math

import keras
from keras import ops

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.layers._channels import along_channels, channels, check_channel_axis, counted


@part
class GhostBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization by the statistics of small parts of a batch, which keeps the good of small batches in large.

    In training, the rows of a batch are shared out in their order, evenly, among `rows // virtual_batch_size` virtual
    batches (one at least), so that none is smaller than asked, the last batch of an epoch too. Each by itself:

        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    Once a step the moving statistics take the mean over the virtual batches of their means and variances. Inference,
    masks and weights are those of Keras' `BatchNormalization`, whose weights can be loaded. It has no virtual batches,
    and its moving statistics are spoilt for good by one batch that is empty, masked all over, or has a NaN; here such
    a batch leaves them as they are (a NaN those of its channel).

    Args:
        virtual_batch_size: int of at least 1, or None: the whole batch, as in Keras.
        axis: int. Axis of the channels, not that of the batch.
        momentum: float in [0, 1]. Memory of the moving statistics.
        epsilon: float in (0, inf).
        center, scale: bool. Whether there is a `beta`, a `gamma`.
        **kwargs: as in `keras.layers.BatchNormalization`, without `renorm` and `synchronized`.

    Shapes: `(batch, ...)` to the same shape.

    Raises:
        ValueError: a mask that does not have one axis less than the inputs.

    Example:
    >>> layer = kerasparts.layers.GhostBatchNormalization(virtual_batch_size=2, epsilon=1e-9)
    >>> y = layer(np.array([[1.0], [3.0], [100.0], [300.0]]), training=True)
    >>> keras.ops.convert_to_numpy(y).round(3).tolist()
    [[-1.0], [1.0], [-1.0], [1.0]]

    Reference: Hoffer et al. 2017, https://arxiv.org/abs/1705.08741, Algorithm 1, whose moving statistics take the
    virtual batches one after another.
    """

    def __init__(
        self,
        virtual_batch_size=32,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        **kwargs,
    ):
        if virtual_batch_size is not None:
            check_integer("virtual_batch_size", virtual_batch_size, "[1, inf)")
        check_channel_axis(axis)
        check_number("momentum", momentum, "[0, 1]")
        check_number("epsilon", epsilon, "(0, inf)")
        check(isinstance(center, bool), "center", center, "True or False")
        check(isinstance(scale, bool), "scale", scale, "True or False")
        for name in ("renorm", "synchronized"):
            check(not kwargs.get(name), name, kwargs.get(name), "False: it has no meaning for virtual batches")
        super().__init__(axis, momentum, epsilon, center, scale, **kwargs)
        self.virtual_batch_size = virtual_batch_size

    def build(self, input_shape):
        channels(input_shape, self.axis)  # or an error that names the axis
        super().build(input_shape)

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable):
            return super().call(inputs, training=False, mask=mask)
        rank, axis = len(inputs.shape), self.axis % len(inputs.shape)
        x = ops.cast(inputs, float32_at_least(inputs.dtype))
        sizes = ops.shape(x)
        places = tuple(a for a in range(1, rank) if a != axis)
        groups, group = self._groups(sizes[0])
        if mask is None:
            of_row = ops.ones((sizes[0], 1), x.dtype) * ops.cast(math.prod(sizes[a] for a in places), x.dtype)
        else:
            mask = counted(mask, x)
            of_row = ops.sum(ops.cast(mask, x.dtype), axis=places)
        count = ops.segment_sum(of_row, group, num_segments=groups)

        def mean_of(values):
            """Over the rows and places of each virtual batch; `(groups, channels)`."""
            values = values if mask is None else ops.where(mask, values, ops.zeros_like(values))
            total = ops.segment_sum(ops.sum(values, axis=places), group, num_segments=groups)
            return total / ops.maximum(count, ops.ones_like(count))

        def of_each_row(values):
            return along_channels(ops.take(values, group, axis=0), axis, rank)

        mean = mean_of(x)
        centered = x - of_each_row(mean)
        variance = mean_of(ops.square(centered))
        self._move(self.moving_mean, mean, count)
        self._move(self.moving_variance, variance, count)

        y = centered * of_each_row(ops.rsqrt(variance + self.epsilon))
        y = y * along_channels(ops.cast(self.gamma, x.dtype), axis, rank) if self.scale else y
        y = y + along_channels(ops.cast(self.beta, x.dtype), axis, rank) if self.center else y
        return ops.cast(y, self.compute_dtype)

    def add_weight(self, *args, **kwargs):
        # In bfloat16, a moving variance of 1 would stay 1 as long as those of the batches are between 0.81 and 1.39.
        # And where several devices share a batch, Keras keeps the statistics of each by themselves.
        dtype = float32_at_least(self.variable_dtype)
        return super().add_weight(*args, **{**kwargs, "dtype": dtype, "aggregation": "mean"})

    def get_config(self):
        return {**super().get_config(), "virtual_batch_size": self.virtual_batch_size}

    def _groups(self, rows):
        """How many virtual batches, and that of each row; as `np.array_split` shares them out."""
        groups = 1
        if self.virtual_batch_size is not None:
            groups = rows // self.virtual_batch_size
            groups = max(groups, 1) if isinstance(groups, int) else ops.maximum(groups, 1)
        row, size, longer = ops.arange(rows), rows // groups, rows % groups
        return groups, ops.maximum(row // (size + 1), (row - longer) // size)

    def _move(self, statistic, values, count):
        """Takes the mean over the virtual batches into a moving statistic, where there is one that is finite."""
        total = ops.sum(count, axis=0)
        value = ops.sum(count * values, axis=0) / ops.maximum(total, ops.ones_like(total))
        old = ops.cast(statistic, value.dtype)
        new = old + (1 - self.momentum) * (value - old)
        statistic.assign(ops.where(ops.logical_and(total > 0, ops.isfinite(value)), new, old))
