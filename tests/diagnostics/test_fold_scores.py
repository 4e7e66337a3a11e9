"""What folds say together: next to SciPy, and how often their interval holds."""

import math

import numpy as np
import pytest
from scipy import stats

from kerasparts.diagnostics import fold_scores
from kerasparts.diagnostics.experiments import out_of_fold

VALUES = [0.90, 0.94, 0.95, 0.89, 0.91]


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("test_ratio", [0.1, 0.25, 0.5])
def test_the_interval_is_that_of_nadeau_and_bengio(confidence, test_ratio):
    found = fold_scores(VALUES, test_ratio, confidence)
    variance = (1 / 5 + test_ratio) * np.var(VALUES, ddof=1)
    # The tolerance is that of `student_quantile`.
    low, high = stats.t.interval(confidence, 4, np.mean(VALUES), math.sqrt(variance))
    assert found.mean == found.interval.value == pytest.approx(np.mean(VALUES))
    assert found.standard_deviation == pytest.approx(np.std(VALUES, ddof=1))
    assert (found.mean - found.interval.low, found.interval.high - found.mean) == pytest.approx(
        (found.mean - low, high - found.mean), rel=4e-3
    )


def test_the_interval_holds_as_often_as_it_says_and_the_plain_one_does_not():
    """The mean as a predictor, squared loss, normal noise: with `n` rows to train on the expected loss is 1 + 1/n."""
    random = np.random.default_rng(0)
    truth, held, held_plain, runs = 1 + 1 / 40, 0, 0, 500
    for _ in range(runs):
        y = random.normal(size=50)
        order = random.permuted(np.tile(y, (15, 1)), axis=1)
        losses = ((order[:, 40:] - order[:, :40].mean(axis=1, keepdims=True)) ** 2).mean(axis=1)
        interval = fold_scores(losses, 10 / 40).interval
        held += interval.low < truth < interval.high
        low, high = stats.t.interval(0.95, 14, losses.mean(), stats.sem(losses))
        held_plain += low < truth < high
    assert held / runs > 0.9
    assert held_plain / runs < 0.75


def test_a_single_fold_has_a_mean_without_bounds():
    found = fold_scores([0.9], 0.25)
    assert found.mean == 0.9
    assert (found.interval.low, found.interval.high) == (-math.inf, math.inf)
    assert math.isnan(found.standard_deviation)
    assert str(found) == "0.9 (bounds unknown)"


def test_a_nan_shows():
    assert math.isnan(fold_scores([0.9, math.nan, 0.8], 0.5).mean)


@pytest.mark.parametrize(("argument", "value"), [("test_ratio", 0), ("confidence", 1.0), ("values", [])])
def test_a_bad_argument_is_refused_by_name(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must be"):
        fold_scores(**{"values": VALUES, "test_ratio": 0.25, argument: value})


def test_predictions_come_in_the_order_of_the_rows_whatever_their_nest():
    rows = [np.array([4, 0]), np.array([1, 0])]
    parts = [{"a": np.array([[1.0, 2.0], [3.0, 4.0]], "float32")}, {"a": np.array([[5.0, 6.0], [7.0, 8.0]], "float32")}]
    found, times = out_of_fold(parts, rows, 5)
    nan = np.nan
    np.testing.assert_array_equal(found["a"], [[5, 6], [5, 6], [nan, nan], [nan, nan], [1, 2]])
    assert found["a"].dtype == "float32"
    assert times.tolist() == [2, 1, 0, 0, 1]
