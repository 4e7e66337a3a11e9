"""SwapNoise."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.layers.augmentation._corruptions import check_columns, column_mask, swapped
from kerasparts.layers.augmentation.augmentation import Augmentation


@part
class SwapNoise(Augmentation):
    """Replaces cells of a table by those of other rows: noise that every kind of column bears.

    Not in Keras, whose Gaussian noise makes values that no row has, such as a category of 1.37. With chance `rate`,
    cell by cell, for any other row `j` of the batch:

        x[i, column] = x[j, column]

    so that each column keeps its distribution, NaN included. A batch of one row stays as it is.

    Args:
        rate: float in [0, 1]. Chance of each cell.
        columns: tuple of int or None. Positions along the last axis that may change; None: all.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ...)` to the same shape.

    Example:
    >>> layer = kerasparts.layers.SwapNoise(rate=1.0, columns=(0,), seed=0)
    >>> keras.ops.convert_to_numpy(layer(np.array([[1.0, 2.0], [3.0, 4.0]]), training=True)).tolist()
    [[3.0, 2.0], [1.0, 4.0]]

    Reference: Bahri et al. 2021, https://arxiv.org/abs/2106.15147, algorithm 1, cells chosen one by one.
    """

    def __init__(self, rate, columns=None, seed=None, **kwargs):
        check_number("rate", rate, "[0, 1]")
        check_columns(columns)
        super().__init__(seed, **kwargs)
        self.rate = rate
        self.columns = None if columns is None else tuple(columns)

    def augment(self, x):
        return ops.where(column_mask(self.columns, x), swapped(x, self.rate, self.seed_generator), x)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "columns": self.columns}
