"""RobustScaling."""

import numpy as np

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.layers.scaling._statistics import QuantileSketch
from kerasparts.layers.scaling.scaling import AffineScaling


@part
class RobustScaling(AffineScaling):
    """Scales features by median and inter-quartile range, so that neither outliers nor NaN spoil a column.

    In Keras' `Normalization` one outlier squeezes a column, one NaN makes all of it NaN, and in mixed precision the
    raw values go through float16 first. Here, per feature:

        y = (x - median) / iqr        x = y * iqr + median

    with `iqr` the distance of the upper from the lower quantile. A constant feature, or one whose middle half is
    constant, has `iqr` 1: it is centered and keeps its scale.

    `adapt` leaves NaN out; infinities count as values beyond all others. Quantiles are exact for up to 2 million values
    in all or 4,096 a feature, whichever is more: that is for 100,000 rows of 20 features. Beyond, they come from a
    sketch: with `size` for the number of values a feature up to which they are exact, a quantile is that of a rank
    off by less than `10 / size` of the values, but once in 100,000 times; for 20 features by 0.01%.

    The arithmetic is in float32, of float64 inputs after they are centered; only the result is in the layer's
    precision. Called before `adapt`, the layer raises; where that cannot be seen (a JAX program), it gives NaN.

    Args:
        axis: int, tuple of ints or None. Axes whose every index is a feature of its own; None: one scale for all.
        quantile_range: pair of floats in [0, 100]. Lower and upper quantile, in percent.
        missing: what becomes of NaN. "keep": they stay NaN, and `adapt` warns of them. "impute": they become the
            median, 0 in the output. "indicate": the same, and after the features come as many columns with 1 where a
            value was missing, else 0.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., width)` to the same shape; with "indicate" to `(batch, ..., 2 * width)`.

    Memory: `adapt` holds one batch and at most `size` values a feature, and half as many for each time that the data
    double from there; the layer 3 numbers a feature.

    Raises:
        ValueError: called before `adapt`; a feature with no finite quantile (all NaN, or too many infinities).

    Example:
    >>> scaling = kerasparts.layers.RobustScaling()
    >>> scaling.adapt(np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]]))
    >>> keras.ops.convert_to_numpy(scaling(np.array([[3.0], [5.0]]))).tolist()
    [[0.0], [1.0]]

    Reference: Huber 1981, Robust Statistics, section 5; Agarwal et al. 2013, https://doi.org/10.1145/2500128, for the
    sketch; `sklearn.preprocessing.RobustScaler` gives the same numbers.
    """

    def __init__(self, axis=-1, quantile_range=(25.0, 75.0), missing="keep", **kwargs):
        is_pair = isinstance(quantile_range, list | tuple) and len(quantile_range) == 2
        check(is_pair, "quantile_range", quantile_range, "a pair of percentages")
        for percentage in quantile_range:
            check_number("quantile_range", percentage, "[0, 100]")
        check(quantile_range[0] < quantile_range[1], "quantile_range", quantile_range, "in rising order")
        super().__init__(axis, missing, **kwargs)
        self.quantile_range = tuple(quantile_range)

    @property
    def median(self):
        return self.center

    @property
    def iqr(self):
        return self.scale

    def new_statistics(self, features):
        return QuantileSketch(features)

    def learn(self, statistics):
        lower, upper = self.quantile_range
        low, median, high = statistics.quantiles(np.array([lower, 50.0, upper]) / 100)
        self.assign_scale(median, high - low)

    def load_own_variables(self, store):
        values = {name: store[name] for name in store.keys()}  # noqa: SIM118
        if self.built and len(values) == 2:  # saved by 0.1.0, which had no `shift`
            values["2"] = np.zeros(self.shift.shape)
        super().load_own_variables(values)

    def get_config(self):
        return {**super().get_config(), "quantile_range": self.quantile_range}
