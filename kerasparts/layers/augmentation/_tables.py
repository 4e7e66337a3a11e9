"""TableAugmentation."""

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.data import numeric_batches
from kerasparts.layers.augmentation._corruptions import check_columns
from kerasparts.layers.augmentation.augmentation import Augmentation
from kerasparts.layers.scaling._statistics import Moments


class TableAugmentation(Augmentation):
    """Base class of augmentations that know mean and standard deviation of each column.

    They are those of the data given to `adapt`, and of the batch before that. Cells that are not finite are left out.

    Args:
        columns: tuple of int or None. Positions along the last axis that may change; None: all.
        seed: int or None.
        **kwargs: as in `keras.layers.Layer`.
    """

    def __init__(self, columns=None, seed=None, **kwargs):
        check_columns(columns)
        super().__init__(seed, **kwargs)
        self.columns = None if columns is None else tuple(columns)

    def build(self, input_shape):
        check(input_shape[-1] is not None, "inputs", tuple(input_shape), "of a known last axis")
        unknown = keras.initializers.Constant(float("nan"))
        self.mean, self.stddev_of_column = (
            self.add_weight(input_shape[-1:], unknown, "float32", trainable=False, autocast=False, name=name)
            for name in ("mean", "stddev_of_column")
        )

    def adapt(self, data):
        """Measures mean and standard deviation of each column, in place of what was measured before.

        Args:
            data: array `(batch, ..., features)`; or a `tf.data.Dataset`, `keras.utils.PyDataset` or other iterable of
                batches, each `x` or `(x, ...)`.
        """
        measured = None
        for x in numeric_batches(data):
            if not self.built:
                self.build((None, *x.shape[1:]))
                self.built = True
            check(x.shape[-1:] == tuple(self.mean.shape), "data", x.shape, f"of {self.mean.shape[0]} columns")
            rows = np.where(np.isfinite(x), x, np.nan).reshape(-1, x.shape[-1])
            if len(rows):
                measured = Moments(x.shape[-1]) if measured is None else measured
                measured.update(rows, np.isnan(rows))
        check(measured is not None, "data", type(data).__name__, "of at least one row")
        self.mean.assign(measured.mean)
        self.stddev_of_column.assign(np.where(np.isnan(measured.mean), np.nan, np.sqrt(measured.variance)))

    def moments(self, x):
        """Mean and standard deviation of each column, adapted or of the batch."""
        axes = tuple(range(len(x.shape) - 1))
        finite = ops.isfinite(x)
        count = ops.cast(ops.maximum(ops.sum(ops.cast(finite, "int32"), axis=axes), 1), x.dtype)
        zero = ops.zeros_like(x)
        mean = ops.sum(ops.where(finite, x, zero), axis=axes) / count
        squares = ops.sum(ops.square(ops.where(finite, x - mean, zero)), axis=axes)
        stddev = ops.sqrt(squares / count)
        adapted_mean, adapted_stddev = ops.cast(self.mean, x.dtype), ops.cast(self.stddev_of_column, x.dtype)
        return (
            ops.where(ops.isnan(adapted_mean), mean, adapted_mean),
            ops.where(ops.isnan(adapted_stddev), stddev, adapted_stddev),
        )

    def get_config(self):
        return {**super().get_config(), "columns": self.columns}
