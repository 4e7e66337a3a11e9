"""Jitter."""

import keras
from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.layers.augmentation._corruptions import column_mask
from kerasparts.layers.augmentation._tables import TableAugmentation


@part
class Jitter(TableAugmentation):
    """Gaussian noise in units of each column's own spread, and in the columns that bear it.

    Keras' `GaussianNoise` adds the same to every column: what is nothing to an income drowns an age, and a category
    becomes a number between two. Here:

        x[i, column] = x[i, column] + stddev * stddev_of_column * noise        noise ~ N(0, 1)

    The spread is that of the data given to `adapt`, or of the batch for a layer that was never adapted. NaN stays NaN
    and is left out of the spread; a constant column stays as it is.

    Args:
        stddev: float >= 0. Size of the noise, in standard deviations of the column.
        columns: tuple of int or None. Positions along the last axis that get noise; None: all.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., features)` to the same shape.

    Memory: 2 numbers a column.

    Example:
    >>> layer = kerasparts.layers.Jitter(0.1, columns=(0,), seed=0)
    >>> layer.adapt(np.array([[1000.0, 1.0], [3000.0, 2.0]]))
    >>> x = layer(np.array([[2000.0, 1.0]]), training=True)
    >>> bool(0 < abs(x[0, 0] - 2000.0) < 500), float(x[0, 1])
    (True, 1.0)

    Reference: Bishop 1995, Training with noise is equivalent to Tikhonov regularization,
    https://doi.org/10.1162/neco.1995.7.1.108.
    """

    def __init__(self, stddev, columns=None, seed=None, **kwargs):
        check_number("stddev", stddev, "[0, inf)")
        super().__init__(columns, seed, **kwargs)
        self.stddev = stddev

    def augment(self, x):
        _, scale = self.moments(x)
        noise = self.stddev * scale * keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.seed_generator)
        return ops.where(column_mask(self.columns, x), x + noise, x)

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev}
