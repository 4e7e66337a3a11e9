"""Statistics of the columns of a table that comes in pieces, each piece seen once.

Each takes its pieces by `update(x, missing)`: an array `(rows, columns)` of float32 or float64, and None or an array of
the same shape that says where it is NaN. NaN count for nothing.
"""

import numpy as np


class Moments:
    """Mean and variance of each column, in float64.

    Each piece is taken relative to the first number of its column and then merged by Chan, Golub and LeVeque 1983,
    "Algorithms for Computing the Sample Variance". So an offset of a million deviations costs no digits,
    and a constant column has a variance of 0.

    Memory: 4 numbers a column.
    """

    def __init__(self, columns):
        self._count, self._origin, self._mean, self._squares = np.zeros((4, columns))

    @property
    def mean(self):
        return np.where(self._count > 0, self._origin + self._mean, np.nan)

    @property
    def variance(self):
        return self._squares / np.maximum(self._count, 1)

    def update(self, x, missing=None):
        if not self._count.all():
            self._origin = np.where(self._count > 0, self._origin, _first(x, missing))
        count, ones = len(x), np.ones(len(x))
        d = np.subtract(x, self._origin, dtype="float64")
        if missing is not None:
            count = count - missing.sum(axis=0)
            d[missing] = 0.0
        mean = ones @ d / np.maximum(count, 1)  # a product sums columns in half the time of `sum`
        d -= mean
        if missing is not None:
            d[missing] = 0.0
        squares = ones @ np.square(d, out=d)

        delta = mean - self._mean
        share = count / np.maximum(self._count + count, 1)
        self._squares = self._squares + squares + delta**2 * self._count * share
        self._mean = self._mean + delta * share
        self._count = self._count + count


class Extremes:
    """Smallest and largest number of each column.

    Memory: two arrays of the shape of the largest piece.
    """

    def __init__(self, columns):
        self._low = self._high = np.full((0, columns), np.nan, "float32")

    @property
    def low(self):
        return np.fmin.reduce(self._low, axis=0).astype("float64")

    @property
    def high(self):
        return np.fmax.reduce(self._high, axis=0).astype("float64")

    def update(self, x, missing=None):
        # Row by row, and over the rows once at the end: ten times as fast as over the rows of every piece.
        self._low = _elementwise(np.fmin, self._low, x)
        self._high = _elementwise(np.fmax, self._high, x)


class QuantileSketch:
    """Quantiles of each column: exact up to `size` values a column, and of small error in rank beyond.

    Values fill a buffer of `size` a column. A full one is sorted, and every second value of it, from the first or from
    the second by chance, is kept as a run of double weight. Two runs of one weight are merged and halved in the same
    way. This is the mergeable summary for equal weights of Agarwal et al. 2013, https://doi.org/10.1145/2500128. NaN
    sort behind all numbers, so that columns with and without them are handled at once.

    Error: halving a run of weight `w` moves a rank by `-w`, `0` or `w`, with mean 0. For `n` values the squares of all
    these `w` sum to less than `2 (n / size)**2`, so by Azuma's inequality a rank is off by more than `7 n / size` once
    in 100,000 times, whatever the order of the values; the weight of the value that is found adds at most `2 n / size`.
    The extremes are exact.

    Memory: `size` values a column, and half as many for each doubling of `n / size`, in float32 unless float64 come.
    """

    VALUES, LEAST = 2**21, 2**12  # in the buffer of all columns; in that of one

    def __init__(self, columns, size=None):
        self.size = (size or max(self.LEAST, self.VALUES // columns)) // 2 * 2
        self._buffer = np.zeros((columns, self.size), "float32")
        self._filled = 0
        self._runs = {}  # by the logarithm of their weight
        self._low, self._high = np.full((2, columns), np.nan)
        self.count, self._missing = 0, np.zeros(columns, "int64")
        self._random = np.random.default_rng(0)

    def update(self, x, missing=None):
        self.count += len(x)
        if missing is not None:
            self._missing += missing.sum(axis=0)
        if x.dtype == "float64" and self._buffer.dtype != "float64":
            self._buffer = self._buffer.astype("float64")
        while len(x):
            if self._filled == self.size:
                self._empty_buffer()
            rows = x[: self.size - self._filled]
            self._buffer[:, self._filled : self._filled + len(rows)] = rows.T
            self._filled += len(rows)
            x = x[len(rows) :]

    def quantiles(self, shares):
        """Quantiles at `shares` in [0, 1], in rows, interpolated as by `np.quantile`; NaN for columns of NaN alone."""
        counts = (self.count - self._missing)[:, None]
        ranks = np.maximum(np.asarray(shares) * (counts - 1), 0.0)
        nearest = np.rint(ranks)
        ranks = np.where(np.isclose(ranks, nearest, rtol=1e-12, atol=0.0), nearest, ranks)  # 10 * 0.7 is above 7
        below, above = np.floor(ranks).astype("int64"), np.ceil(ranks).astype("int64")
        columns = max(1, self.VALUES // (self._filled + len(self._runs) * self.size))
        starts = range(0, len(counts), columns)
        both = np.concatenate([below, above], axis=1)
        found = np.concatenate([self._at_ranks(slice(i, i + columns), both[i : i + columns]) for i in starts])
        low, high = np.split(found, 2, axis=1)
        with np.errstate(invalid="ignore"):  # the same infinity on both sides
            return np.where(low == high, low, low + (high - low) * (ranks - below)).T

    def _at_ranks(self, columns, ranks):
        """The values of some columns at ranks from 0, in float64."""
        last = np.sort(self._buffer[columns, : self._filled], axis=1)
        if not self._runs:
            return np.take_along_axis(last, ranks, axis=1).astype("float64")
        values = np.concatenate([last, *(run[columns] for run in self._runs.values())], axis=1)
        weights = np.repeat(
            [1, *(2**level for level in self._runs)], [self._filled, *(run.shape[1] for run in self._runs.values())]
        )
        order = np.argsort(values, axis=1, kind="stable")  # which merges sorted runs in no time
        sums = np.cumsum(weights[order], axis=1)
        column = np.arange(len(values))[:, None]
        # All columns in one search: each lies above the one before.
        place = np.searchsorted((sums + column * self.count).ravel(), ranks + column * self.count, side="right")
        found = np.take_along_axis(values, np.take_along_axis(order, place - column * values.shape[1], 1), 1)

        low = np.fmin(self._low[columns], np.fmin.reduce(last, axis=1, initial=np.nan))[:, None]
        high = np.fmax(self._high[columns], np.fmax.reduce(last, axis=1, initial=np.nan))[:, None]
        largest = (self.count - self._missing[columns])[:, None] - 1
        found = np.where(ranks == 0, low, np.where(ranks == largest, high, found))
        return np.fmin(found, high)  # a rank that is slightly off may have met a NaN

    def _empty_buffer(self):
        run = np.sort(self._buffer, axis=1)
        self._low = np.fmin(self._low, run[:, 0])
        self._high = np.fmax(self._high, np.fmax.reduce(run, axis=1))
        self._filled, level = 0, 1
        run = self._half(run)
        while level in self._runs:
            both = np.concatenate([self._runs.pop(level), run], axis=1)
            run = self._half(np.sort(both, axis=1, kind="stable"))
            level += 1
        self._runs[level] = run

    def _half(self, run):
        return run[:, self._random.integers(2) :: 2].copy()


def _first(x, missing):
    """The first number of each column, or 0."""
    if missing is None:
        return x[0]
    first = np.take_along_axis(x, np.argmin(missing, axis=0)[None], axis=0)[0]
    return np.where(np.isnan(first), 0.0, first)


def _elementwise(function, kept, x):
    dtype = np.result_type(kept, x)
    if len(x) > len(kept) or dtype != kept.dtype:
        larger = np.full((max(len(x), len(kept)), x.shape[1]), np.nan, dtype)
        larger[: len(kept)] = kept
        kept = larger
    function(kept[: len(x)], x, out=kept[: len(x)])
    return kept
