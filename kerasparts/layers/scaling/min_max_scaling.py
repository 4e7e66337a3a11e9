"""MinMaxScaling."""

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.layers.scaling._statistics import Extremes, Moments
from kerasparts.layers.scaling.scaling import AffineScaling


@part
class MinMaxScaling(AffineScaling):
    """Scales features from the range they have in the data to a given one. Keras has no such layer.

    Per feature, with `feature_range = (lower, upper)`:

        y = (x - low) / scale + lower        scale = (high - low) / (upper - lower)

    where `low` and `high` are the smallest and the largest value. A constant feature becomes `lower`. One outlier
    decides on the scale of all others: take `RobustScaling` or `QuantileScaling` where there are some.

    `adapt` leaves NaN out, and refuses infinities. The arithmetic is in float32, of float64 inputs after they are
    centered; only the result is in the layer's precision. Called before `adapt`, the layer raises; where that cannot
    be seen (a JAX program), it gives NaN.

    Args:
        axis: int, tuple of ints or None. Axes whose every index is a feature of its own; None: one scale for all.
        feature_range: pair of rising floats. What the smallest and the largest value become.
        clip: bool. Whether values beyond those that were seen stay within `feature_range`.
        missing: what becomes of NaN. "keep": they stay NaN, and `adapt` warns of them. "impute": they become the mean
            of the feature. "indicate": the same, and after the features come as many columns with 1 where a value was
            missing, else 0.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., width)` to the same shape; with "indicate" to `(batch, ..., 2 * width)`.

    Memory: `adapt` holds one batch and 130,000 numbers more, or two of its rows; the layer 3 numbers a feature, 4 where
    missing values are filled in.

    Raises:
        ValueError: called before `adapt`; a feature with an infinity or of NaN alone.

    Example:
    >>> scaling = kerasparts.layers.MinMaxScaling(clip=True)
    >>> scaling.adapt(np.array([[10.0], [20.0], [50.0]]))
    >>> keras.ops.convert_to_numpy(scaling(np.array([[20.0], [60.0]]))).tolist()
    [[0.25], [1.0]]

    Reference: `sklearn.preprocessing.MinMaxScaler` gives the same numbers.
    """

    def __init__(self, axis=-1, feature_range=(0.0, 1.0), clip=False, missing="keep", **kwargs):
        is_pair = isinstance(feature_range, list | tuple) and len(feature_range) == 2
        check(is_pair, "feature_range", feature_range, "a pair of numbers")
        for bound in feature_range:
            check_number("feature_range", bound)
        check(feature_range[0] < feature_range[1], "feature_range", feature_range, "in rising order")
        check(isinstance(clip, bool), "clip", clip, "True or False")
        super().__init__(axis, missing, **kwargs)
        self.feature_range = tuple(feature_range)
        self.clip = clip

    def build(self, input_shape):
        super().build(input_shape)
        if self.missing != "keep":
            self.mean = self.add_statistic("mean", self.center.shape)  # less `center`

    def new_statistics(self, features):
        return _ExtremesAndMean(features) if self.missing != "keep" else Extremes(features)

    def learn(self, statistics):
        low = statistics.low
        self.assign_scale(low, statistics.high - low, self.feature_range)
        if self.missing != "keep":
            self.assign_statistics((self.mean, statistics.mean - low))

    def scaled(self, x):
        y = super().scaled(x)
        return ops.clip(y, *self.feature_range) if self.clip else y

    def stand_in(self):
        return self.mean

    def get_config(self):
        return {**super().get_config(), "feature_range": self.feature_range, "clip": self.clip}


class _ExtremesAndMean(Extremes):
    def __init__(self, columns):
        super().__init__(columns)
        self._moments = Moments(columns)

    @property
    def mean(self):
        return self._moments.mean

    def update(self, x, missing=None):
        super().update(x, missing)
        self._moments.update(x, missing)
