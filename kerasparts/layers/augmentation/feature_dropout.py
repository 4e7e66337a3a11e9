"""FeatureDropout."""

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.layers.augmentation._corruptions import chosen, column_mask
from kerasparts.layers.augmentation._tables import TableAugmentation


@part
class FeatureDropout(TableAugmentation):
    """Makes columns of a row unknown, as a sensor that fails or a question left unanswered.

    Keras' `Dropout` scales up what is left, so that a row no longer holds its own values, and knows no filling but 0.
    Here, with chance `rate`, for each row and column, all steps of a sequence alike:

        x[i, ..., column] = fill

    Args:
        rate: float in [0, 1]. Chance of each column of a row.
        fill_value: float or "mean". NaN suits a layer behind that fills what is missing; "mean" is that of the column
            in the data given to `adapt`, or in the batch for a layer that was never adapted.
        columns: tuple of int or None. Positions along the last axis that may change; None: all.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., features)` to the same shape.

    Memory: 2 numbers a column.

    Example:
    >>> layer = kerasparts.layers.FeatureDropout(1.0, fill_value="mean", columns=(1,), seed=0)
    >>> keras.ops.convert_to_numpy(layer(np.array([[1.0, 2.0], [3.0, 4.0]]), training=True)).tolist()
    [[1.0, 3.0], [3.0, 3.0]]
    """

    def __init__(self, rate, fill_value=0.0, columns=None, seed=None, **kwargs):
        check_number("rate", rate, "[0, 1]")
        is_fill = fill_value == "mean" or (isinstance(fill_value, int | float) and not isinstance(fill_value, bool))
        check(is_fill, "fill_value", fill_value, 'a number or "mean"')
        super().__init__(columns, seed, **kwargs)
        self.rate = rate
        self.fill_value = fill_value

    def augment(self, x):
        fill = self.moments(x)[0] if self.fill_value == "mean" else ops.cast(self.fill_value, x.dtype)
        rows, *steps, features = ops.shape(x)
        gone = chosen((rows, *[1] * len(steps), features), self.rate, self.seed_generator)
        return ops.where(ops.logical_and(gone, column_mask(self.columns, x)), fill, x)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "fill_value": self.fill_value}
