"""StandardScaling."""

import numpy as np

from kerasparts.core.part import part
from kerasparts.layers.scaling._statistics import Moments
from kerasparts.layers.scaling.scaling import AffineScaling


@part
class StandardScaling(AffineScaling):
    """Scales features to mean 0 and standard deviation 1, measured in float64 and without the missing values.

    In Keras' `Normalization` one NaN makes a column NaN, raw values go through float16 in mixed precision, the sums of
    `adapt` are in float32, and a constant column that is off by one comes out as 10 million. Here, per feature:

        y = (x - mean) / deviation        x = y * deviation + mean

    A constant feature has `deviation` 1: it is centered. Where outliers have a say in mean and deviation that they
    should not have, take `RobustScaling`.

    `adapt` leaves NaN out, and refuses infinities. The arithmetic is in float32, of float64 inputs after they are
    centered; only the result is in the layer's precision. Called before `adapt`, the layer raises; where that cannot
    be seen (a JAX program), it gives NaN.

    Args:
        axis: int, tuple of ints or None. Axes whose every index is a feature of its own; None: one scale for all.
        missing: what becomes of NaN. "keep": they stay NaN, and `adapt` warns of them. "impute": they become the
            mean, 0 in the output. "indicate": the same, and after the features come as many columns with 1 where a
            value was missing, else 0.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., width)` to the same shape; with "indicate" to `(batch, ..., 2 * width)`.

    Memory: `adapt` holds one batch and 4 numbers a feature; the layer 3 numbers a feature.

    Raises:
        ValueError: called before `adapt`; a feature with an infinity or of NaN alone.

    Example:
    >>> scaling = kerasparts.layers.StandardScaling(missing="indicate")
    >>> scaling.adapt(np.array([[1.0], [3.0], [np.nan], [5.0]]))
    >>> keras.ops.convert_to_numpy(scaling(np.array([[3.0], [np.nan]]))).tolist()
    [[0.0, 0.0], [0.0, 1.0]]

    Reference: Chan, Golub and LeVeque 1983, https://doi.org/10.1080/00031305.1983.10483115, for the single pass;
    `sklearn.preprocessing.StandardScaler` gives the same numbers.
    """

    def new_statistics(self, features):
        return Moments(features)

    def learn(self, statistics):
        self.assign_scale(statistics.mean, np.sqrt(statistics.variance))
