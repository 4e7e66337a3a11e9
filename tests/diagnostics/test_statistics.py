"""Means, trends and quantiles, next to SciPy, NumPy and the textbook."""

import math

import numpy as np
import pytest
from scipy import stats

from kerasparts.diagnostics import batch_mean, student_quantile, trend


@pytest.mark.parametrize(
    ("degrees_of_freedom", "table"),
    [(1, 6.314), (2, 2.920), (3, 2.353), (4, 2.132), (5, 2.015), (10, 1.812), (30, 1.697), (120, 1.658)],
)
def test_student_quantile_at_95_percent_is_that_of_the_tables(degrees_of_freedom, table):
    # Half a digit of the table, and what the expansion falls short with 3 degrees of freedom: 0.0010.
    assert student_quantile(0.95, degrees_of_freedom) == pytest.approx(table, abs=0.0016)


@pytest.mark.parametrize("confidence", [0.51, 0.6, 0.75, 0.9, 0.95, 0.975, 0.99, 0.999])
def test_student_quantile_is_as_exact_as_its_docstring_says(confidence):
    promised = 5e-4 if confidence <= 0.95 else 4e-3 if confidence <= 0.99 else 2.8e-2
    for degrees_of_freedom in range(1, 200):
        exact = stats.t.ppf(confidence, degrees_of_freedom)
        tolerance = 1e-9 if degrees_of_freedom < 3 else promised
        assert student_quantile(confidence, degrees_of_freedom) == pytest.approx(exact, rel=tolerance)


def test_student_quantile_nears_the_normal_one():
    assert student_quantile(0.95, 10**6) == pytest.approx(stats.norm.ppf(0.95), abs=1e-5)


@pytest.mark.parametrize("degrees_of_freedom", [0, -1])
def test_without_degrees_of_freedom_nothing_is_bounded(degrees_of_freedom):
    assert student_quantile(0.95, degrees_of_freedom) == math.inf


@pytest.mark.parametrize("confidence", [0.5, 1.0, 0.05, float("nan"), "high"])
def test_a_wrong_confidence_is_refused_by_name(confidence):
    with pytest.raises(ValueError, match="`confidence` must be"):
        student_quantile(confidence, 5)


def test_batches_of_one_size_give_the_textbook_mean_and_error():
    values = np.random.default_rng(0).normal(size=40)
    mean, error = batch_mean(values, [7] * 40)
    assert mean == pytest.approx(values.mean(), rel=1e-12)
    assert error == pytest.approx(stats.sem(values), rel=1e-12)


def test_the_mean_is_that_of_all_samples():
    samples = np.random.default_rng(0).normal(size=100)
    pieces = np.split(samples, [10, 50, 55])
    mean, _ = batch_mean([piece.mean() for piece in pieces], [len(piece) for piece in pieces])
    assert mean == pytest.approx(samples.mean(), rel=1e-12)


def test_unequal_batches_give_cochrans_error():
    # By hand, Cochran 6.8: mean 20/10 = 2; deviations of the totals 2 - 4 = -2, 18 - 16 = 2; 2/1 * (4 + 4) / 100.
    mean, error = batch_mean([1.0, 2.25], [2, 8])
    assert (mean, error) == pytest.approx((2.0, 0.4), rel=1e-12)


def test_the_error_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(0)
    sizes = np.array([32] * 19 + [5])
    runs = 1000
    held = 0
    for _ in range(runs):
        means = random.exponential(size=(20, 32)).cumsum(axis=1)[np.arange(20), sizes - 1] / sizes
        mean, error = batch_mean(means, sizes)
        held += abs(mean - 1.0) < stats.t.ppf(0.975, 19) * error
    # Four standard errors of 1,000 draws at 95%, and one point for the skewness of the losses.
    assert held / runs == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / runs) + 0.01)


def test_one_batch_has_a_mean_and_no_error():
    assert batch_mean([3.0], [10]) == (3.0, math.inf)


def test_a_nan_shows_in_mean_and_error():
    assert np.isnan(batch_mean([1.0, np.nan], [10, 10])).all()


@pytest.mark.parametrize(("values", "sizes"), [([], []), ([1.0, 2.0], [10]), ([1.0], [0]), ([1.0, 2.0], [3, -1])])
def test_wrong_sizes_are_refused_by_name(values, sizes):
    with pytest.raises(ValueError, match="`sizes` must be"):
        batch_mean(values, sizes)


@pytest.mark.parametrize("points", [3, 5, 20, 50])
def test_a_trend_is_the_line_of_polyfit_and_its_error_that_of_the_textbook(points):
    values = np.random.default_rng(points).normal(size=30).cumsum()
    found = trend(values, points)
    y = values[-points:]
    t = np.arange(len(y))
    slope, intercept = np.polyfit(t, y, 1)
    noise = math.sqrt(((y - slope * t - intercept) ** 2).sum() / (len(y) - 2))
    assert found.points == len(y)
    assert found.slope == pytest.approx(slope, rel=1e-9)
    assert found.noise == pytest.approx(noise, rel=1e-9)
    assert found.standard_error == pytest.approx(stats.linregress(t, y).stderr, rel=1e-9)


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 1.0], [3.0, 2.0, math.nan], [math.inf, 2.0, 1.0]], ids=str)
def test_of_too_few_or_infinite_points_nothing_is_known(values):
    found = trend(values, 5)
    assert (found.slope, found.standard_error, found.noise) == (0.0, math.inf, math.inf)
    assert not found.is_falling()


def test_what_happened_before_the_last_points_does_not_count():
    assert trend([math.nan, 100.0, 3.0, 2.0, 1.0], 3).slope == pytest.approx(-1.0, rel=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.1, 1 / 3, 1e6, -0.7])
def test_a_constant_curve_has_no_slope_at_all(level):
    found = trend([level] * 17, 17)
    assert (found.slope, found.noise) == (0.0, 0.0)
    assert not found.is_falling()


def test_falling_is_what_falls():
    assert trend([3.0, 2.0, 1.0], 5).is_falling()
    assert not trend([1.0, 2.0, 3.0], 5).is_falling()


@pytest.mark.parametrize("points", [3, 5, 20])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_pure_noise_is_called_falling_as_seldom_as_agreed(points, confidence):
    random = np.random.default_rng(points)
    runs = 2000
    false_alarms = sum(trend(random.normal(size=points), points).is_falling(confidence) for _ in range(runs))
    # Four standard errors of 2,000 draws.
    margin = 4 * math.sqrt(confidence * (1 - confidence) / runs)
    assert false_alarms / runs == pytest.approx(1 - confidence, abs=margin)


@pytest.mark.parametrize("points", [0, -1, 2.5])
def test_a_wrong_number_of_points_is_refused_by_name(points):
    with pytest.raises(ValueError, match="`points` must be"):
        trend([1.0, 2.0, 3.0], points)
