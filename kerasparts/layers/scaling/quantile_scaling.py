"""QuantileScaling."""

import math

import numpy as np
from keras import ops

from kerasparts.core.checks import check_choice, check_integer
from kerasparts.core.part import part
from kerasparts.layers.scaling._statistics import QuantileSketch
from kerasparts.layers.scaling.scaling import Scaling

LEAST_SHARE = 1e-7  # of a normal distribution that is told from none: it ends at 5.2 deviations, as scikit-learn's


@part
class QuantileScaling(Scaling):
    """Maps each feature to its rank among the training data: whatever its distribution, it becomes uniform or normal.

    Keras has no such layer. With `q[0] <= ... <= q[n]` the quantiles of a feature at the shares `0, 1/n, ..., 1`:

        p = (j + (x - q[j]) / (q[j + 1] - q[j])) / n   with q[j] <= x < q[j + 1], between 0 and 1
        y = p                                          or, if normal, the quantile of the normal distribution at p

    A value that several quantiles share has the mean of their shares, the smallest value 0 and the largest 1. `y` ends
    at -5.2 and 5.2 if normal. A constant feature becomes 0.5, or 0 if normal; scikit-learn's becomes the lower end.

    `adapt` leaves NaN out and refuses infinities. Quantiles are as exact as those of `RobustScaling`, which see, where
    scikit-learn draws 10,000 rows. The arithmetic is in float32, of float64 inputs after they are centered; only the
    result is in the layer's precision. Called before `adapt`, the layer raises; where that cannot be seen (a JAX
    program), it gives NaN.

    Args:
        axis: int, tuple of ints or None. Axes whose every index is a feature of its own; None: one scale for all.
        n_quantiles: int, at least 2. Number of quantiles; as many as there are values, if these are fewer.
        output_distribution: "uniform" or "normal".
        missing: what becomes of NaN. "keep": they stay NaN, and `adapt` warns of them. "impute": they become the
            median. "indicate": the same, and after the features come as many columns with 1 where a value was missing,
            else 0.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., width)` to the same shape; with "indicate" to `(batch, ..., 2 * width)`.

    Memory: `adapt` holds what it does in `RobustScaling`; the layer at most `4 * n_quantiles` numbers a
    feature.

    Raises:
        ValueError: called before `adapt`; a feature with an infinity or of NaN alone.

    Example:
    >>> scaling = kerasparts.layers.QuantileScaling()
    >>> scaling.adapt(np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]]))
    >>> keras.ops.convert_to_numpy(scaling(np.array([[3.0], [502.0]]))).tolist()
    [[0.5], [0.875]]

    Reference: `sklearn.preprocessing.QuantileTransformer` gives the same numbers; Agarwal et al. 2013,
    https://doi.org/10.1145/2500128, for the sketch; Wichura 1988, algorithm AS 241, for the normal quantiles.
    """

    def __init__(self, axis=-1, n_quantiles=1000, output_distribution="uniform", missing="keep", **kwargs):
        check_integer("n_quantiles", n_quantiles, "[2, inf)")
        check_choice("output_distribution", output_distribution, ("uniform", "normal"))
        super().__init__(axis, missing, **kwargs)
        self.n_quantiles = n_quantiles
        self.output_distribution = output_distribution

    def build(self, input_shape):
        super().build(input_shape)
        # A row a feature, of a power of two: copies of the largest quantile fill it up.
        shape = (math.prod(self.center.shape), 1 << (self.n_quantiles - 1).bit_length())
        self.quantiles = self.add_statistic("quantiles", shape)  # less `center`
        self.places = self.add_statistic("places", shape)
        self.last = self.add_statistic("last", ())  # place of the largest quantile
        if self.missing != "keep":
            self.median = self.add_statistic("median", self.center.shape)  # less `center`

    def new_statistics(self, features):
        return QuantileSketch(features)

    def learn(self, statistics):
        last = min(self.n_quantiles, max(statistics.count, 2)) - 1
        median, *quantiles = statistics.quantiles(np.concatenate([[0.5], np.linspace(0, 1, last + 1)]))
        center = _exact_center(quantiles[0], median, quantiles[-1])
        quantiles = (np.stack(quantiles, axis=1) - center[:, None]).astype("float32")
        quantiles = np.maximum.accumulate(quantiles, axis=1)  # against rounding
        rest = [(0, 0), (0, self.quantiles.shape[1] - last - 1)]
        quantiles, places = (np.pad(values, rest, "edge") for values in (quantiles, _places(quantiles)))
        self.assign_statistics((self.center, center), (self.quantiles, quantiles), (self.places, places))
        self.last.assign(last)
        if self.missing != "keep":
            self.assign_statistics((self.median, median - center))

    def scaled(self, x):
        last, table, start = self._tables()
        end = ops.cast(last, "int32")
        j = ops.minimum(_last_not_above(x, table, start, self.quantiles.shape[1]) - start, end)
        k = ops.minimum(j + 1, end)
        left, right = _at(table, start + j), _at(table, start + k)
        gap = ops.where(right > left, right - left, 1.0)
        below = ops.cast(j, "float32") + ops.clip((x - left) / gap, 0.0, 1.0) * ops.cast(k - j, "float32")
        place = _at(self.places, start + j)
        below = ops.where(ops.equal(x, left), place, below)
        if self.output_distribution == "uniform":
            return below / last
        # Close to the end, the share above is known to more digits than the share below.
        above = last - ops.cast(k, "float32") + ops.clip((right - x) / gap, 0.0, 1.0)
        return _normal_quantile(below / last, ops.where(ops.equal(x, left), last - place, above) / last)

    def unscaled(self, y):
        share = y if self.output_distribution == "uniform" else 0.5 * (1.0 + ops.erf(y / math.sqrt(2)))
        last, table, start = self._tables()
        place = ops.clip(share, 0.0, 1.0) * last
        j = ops.cast(ops.where(ops.isnan(place), 0.0, place), "int32")
        k = ops.minimum(j + 1, ops.cast(last, "int32"))
        left, right = _at(table, start + j), _at(table, start + k)
        return left + (place - ops.cast(j, "float32")) * (right - left) + self.center

    def stand_in(self):
        return self.median

    def get_config(self):
        return {
            **super().get_config(),
            "n_quantiles": self.n_quantiles,
            "output_distribution": self.output_distribution,
        }

    def _tables(self):
        """The place of the last quantile, the quantiles of all features in a row, and where each feature starts."""
        features, width = self.quantiles.shape
        start = ops.reshape(np.arange(0, features * width, width, dtype="int32"), self.center.shape)
        return ops.convert_to_tensor(self.last), self.quantiles, start


def _exact_center(low, median, high):
    """The median where all data lie within a factor of two of it, so that no digit is lost in the difference, or 0."""
    center = median.astype("float32")
    near, far = np.sort(np.abs([low, high]), axis=0)
    offset = (np.sign(low) == np.sign(high)) & (near >= np.abs(center) / 2) & (far <= 2 * np.abs(center))
    return np.where(offset, center, 0)


def _places(quantiles):
    """The mean place of each quantile and of those equal to it; 0 for the smallest, the last for the largest."""
    places = np.broadcast_to(np.arange(quantiles.shape[1]), quantiles.shape)
    same = np.diff(quantiles, axis=1) == 0
    first, last = places.copy(), places.copy()
    first[:, 1:][same] = 0
    first = np.maximum.accumulate(first, axis=1)
    last[:, :-1][same] = places[0, -1]
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    at_one_end = (first == 0) ^ (last == places[0, -1])
    return np.where(at_one_end, np.where(first == 0, 0, last), (first + last) / 2)


def _at(table, index):
    """Entries of a table by their number, row after row."""
    # As a look-up of an embedding: Torch cannot write others into ONNX.
    return ops.take(ops.reshape(table, (-1, 1)), index, axis=0)[..., 0]


def _last_not_above(x, table, start, width):
    """Index of the last of `width` rising entries of `table`, from `start` on, that is not above `x`; or else `start`.

    By bisection: `ops.searchsorted` searches one row only.
    """
    index = start + ops.zeros_like(x, dtype="int32")
    step = width
    while step := step // 2:
        index = ops.where(_at(table, index + step) <= x, index + step, index)
    return index


def _normal_quantile(below, above):
    """The number that has the share `below` of a normal distribution below it and `above` above it."""
    q = 0.5 * (below - above)
    r = 0.180625 - q * q
    r_poly = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
    middle = q * r_poly / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0)
    r = ops.sqrt(-ops.log(ops.maximum(ops.minimum(below, above), LEAST_SHARE))) - 1.6
    tail = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
    tail = ops.sign(q) * tail / ((0.12021132975 * r + 0.73700164250) * r + 1.0)
    return ops.where(ops.abs(q) <= 0.425, middle, tail)
