"""What `adapt` collects: moments and quantiles of columns in one pass, against those of all data at once."""

import math

import numpy as np
import pytest

from kerasparts.layers.scaling._statistics import Extremes, Moments, QuantileSketch

SHARES = np.array([0.0, 0.001, 0.1, 0.25, 0.5, 0.77, 0.999, 1.0])


def collected(statistics, x, sizes):
    for piece in np.split(x, np.cumsum(sizes)[:-1]):
        missing = np.isnan(piece)
        statistics.update(piece, missing if missing.any() else None)
    return statistics


def pieces(rows, random):
    """Sizes of pieces that sum to the number of rows."""
    cuts = np.sort(random.integers(0, rows + 1, 10))
    return np.diff([0, *cuts, rows])


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_moments_and_extremes_are_those_of_all_rows(share):
    random = np.random.default_rng(0)
    x = random.normal(size=(5_000, 3)) * [1.0, 1e-3, 1e5] + [1e8, 0.0, 1.0]
    x[random.uniform(size=x.shape) < share] = np.nan
    moments, extremes = (collected(make(3), x, pieces(5_000, random)) for make in (Moments, Extremes))
    mean = np.array([math.fsum(column[~np.isnan(column)]) for column in x.T]) / np.sum(~np.isnan(x), axis=0)
    np.testing.assert_allclose((moments.mean - mean) / np.nanstd(x, axis=0), 0, atol=2e-8)  # 1e8 has no more digits
    exact = [float(np.nanvar(column.astype("longdouble"))) for column in x.T]
    np.testing.assert_allclose(moments.variance, exact, rtol=1e-12)
    np.testing.assert_array_equal(extremes.low, np.nanmin(x, axis=0))
    np.testing.assert_array_equal(extremes.high, np.nanmax(x, axis=0))


def test_a_constant_column_has_no_variance_however_it_is_cut():
    random = np.random.default_rng(0)
    x = np.full((1_000, 1), 0.1)
    x[:300] = np.nan
    moments = collected(Moments(1), x, pieces(1_000, random))
    assert moments.variance == 0.0
    assert moments.mean == 0.1


def test_a_column_of_nan_alone_has_no_statistic():
    x = np.full((5, 2), np.nan)
    x[:, 0] = 1.0
    assert np.isnan(collected(Moments(2), x, [3, 2]).mean[1])
    assert np.isnan(collected(Extremes(2), x, [3, 2]).low[1])
    assert np.isnan(collected(QuantileSketch(2), x, [3, 2]).quantiles([0.5])[0, 1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_quantiles_are_exact_while_the_buffer_holds_all(dtype):
    random = np.random.default_rng(0)
    x = random.normal(size=(1_000, 4)).astype(dtype)
    x[random.uniform(size=x.shape) < [0.0, 0.1, 0.9, 0.5]] = np.nan
    x[:, 3] = random.integers(0, 3, 1_000)
    sketch = collected(QuantileSketch(4, size=1_000), x, pieces(1_000, random))
    np.testing.assert_allclose(
        sketch.quantiles(SHARES), np.nanquantile(x.astype("float64"), SHARES, axis=0), rtol=1e-12
    )


def test_a_buffer_is_emptied_when_it_is_full_and_more_comes():
    sketch = collected(QuantileSketch(1, size=4), np.arange(10.0, 14.0)[:, None], [3, 1])
    np.testing.assert_array_equal(sketch.quantiles([0.0, 1 / 3, 1.0]).ravel(), [10.0, 11.0, 13.0])


def test_the_buffer_holds_two_million_values_or_four_thousand_a_column():
    assert QuantileSketch(20).size >= 100_000
    assert 20 * QuantileSketch(20).size <= 2**21
    assert QuantileSketch(10_000).size == 4_096


def ordered(kind, rows, random):
    x = random.normal(size=rows)
    if kind == "rising":
        return np.sort(x)
    if kind == "falling":
        return np.sort(x)[::-1]
    if kind == "from both ends":
        return np.sort(x)[np.argsort(np.abs(np.arange(rows) - rows / 2))]
    return x


@pytest.mark.parametrize("kind", ["random", "rising", "falling", "from both ends"])
def test_ranks_are_within_the_stated_error_and_extremes_exact(kind):
    rows, size = 50_000, 100
    random = np.random.default_rng(1)
    x = np.stack([ordered(kind, rows, random) for _ in range(30)], axis=1)
    sketch = collected(QuantileSketch(30, size=size), x, pieces(rows, random))
    found = sketch.quantiles(SHARES)
    ranks = np.stack([np.searchsorted(np.sort(column), found[:, i]) for i, column in enumerate(x.T)], axis=1)
    error = np.abs(ranks / (rows - 1) - SHARES[:, None])
    assert error.max() < 9 / size
    assert error.mean() < 1 / size  # the bound is for one case in 100,000
    np.testing.assert_array_equal(found[[0, -1]], [x.min(axis=0), x.max(axis=0)])


def test_missing_values_cost_the_sketch_no_accuracy_but_their_share():
    random = np.random.default_rng(1)
    x = random.uniform(size=(20_000, 10))
    x[:, 5:][random.uniform(size=(20_000, 5)) < 0.5] = np.nan
    found = collected(QuantileSketch(10, size=200), x, pieces(20_000, random)).quantiles(SHARES)
    assert np.abs(found - np.nanquantile(x, SHARES, axis=0)).max() < 2 * 9 / 200
    np.testing.assert_array_equal(found[-1], np.nanmax(x, axis=0))


def test_infinities_lie_beyond_all_numbers():
    x = np.random.default_rng(0).normal(size=(1_000, 1))
    x[:100], x[100:150] = np.inf, -np.inf
    for size in (1_000, 100):
        low, median, high = collected(QuantileSketch(1, size=size), x, [500, 500]).quantiles([0.0, 0.5, 1.0])
        assert (low, high) == (-np.inf, np.inf)
        assert np.isfinite(median)


def test_memory_grows_by_half_a_buffer_for_each_doubling():
    sketch = QuantileSketch(2, size=64)
    held = []
    for _ in range(12):
        collected(sketch, np.random.default_rng(0).normal(size=(max(64, sketch.count), 2)), [64])
        held.append(sum(run.shape[1] for run in sketch._runs.values()))
    assert max(held) <= 32 * 12
