"""What the scores of several folds say together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasparts.core.checks import check, check_number
from kerasparts.diagnostics.bias_variance import Estimate
from kerasparts.diagnostics.statistics import student_quantile

METHOD = (
    "the corrected resampled t (Nadeau and Bengio 2003); the plain t-interval would be too narrow, as the folds share "
    "training rows"
)


@dataclass(frozen=True)
class FoldScores:
    """One score of every fold; made by `fold_scores`.

    Attributes:
        values: of the folds.
        mean: of the values; each fold counts the same.
        standard_deviation: of the values, over the folds.
        interval: `Estimate`, the mean with the bounds of its confidence interval.
    """

    values: tuple[float, ...]
    mean: float
    standard_deviation: float
    interval: Estimate

    def __str__(self):
        return str(self.interval)


def fold_scores(values: Sequence[float], test_ratio: float, confidence: float = 0.95) -> FoldScores:
    """Mean of the scores of `k` folds, with an interval that knows that folds share training rows.

    With the standard deviation `s` over the folds, and Student's quantile `t` with `k - 1` degrees of freedom:

        mean +- t * s * sqrt(1 / k + test_ratio)

    The plain interval has `1 / k` alone, as if the folds were independent. Every way to cut rows into folds, also
    over and over, sees the same rows: the second term stands for what that hides. The interval is of the score
    that the training reaches with as many rows as one fold trains on.

    Args:
        values: of the folds. Of a single one the interval is without bounds.
        test_ratio: rows of a fold that are tested, over those it trains on.
        confidence: float in (0, 1). Of the interval.

    Example:
    >>> print(fold_scores([0.90, 0.94, 0.92], test_ratio=1 / 2))
    0.92 (0.84 to 1.00)

    Reference: Nadeau and Bengio 2003, Inference for the Generalization Error,
    https://doi.org/10.1023/A:1024068626366, section 3.
    """
    check_number("test_ratio", test_ratio, "(0, inf)")
    check_number("confidence", confidence, "(0, 1)")
    values = tuple(map(float, values))
    count = len(values)
    check(count > 0, "values", values, "of at least one fold")
    mean = float(np.mean(values))
    if count == 1:
        return FoldScores(values, mean, math.nan, Estimate(mean, -math.inf, math.inf))
    s = float(np.std(values, ddof=1))
    margin = student_quantile((1 + confidence) / 2, count - 1) * s * math.sqrt(1 / count + test_ratio)
    return FoldScores(values, mean, s, Estimate(mean, mean - margin, mean + margin))


def out_of_fold(predictions: Sequence[Any], test_rows: Sequence[np.ndarray], count: int) -> tuple[Any, np.ndarray]:
    """Predictions of the folds in the order of the rows.

    Args:
        predictions: nest of arrays of each fold, with a row for each of its tested rows.
        test_rows: numbers of the tested rows of each fold.
        count: number of all rows.

    Returns:
        The nest, each row the mean over the folds that tested it, NaN where none did; and by how many it was tested.

    Example:
    >>> predictions, times = out_of_fold([np.array([1.0, 2.0]), np.array([4.0])], [np.array([2, 0]), np.array([0])], 3)
    >>> predictions.tolist(), times.tolist()
    ([3.0, nan, 1.0], [2, 0, 1])
    """
    rows = np.concatenate(test_rows)
    times = np.bincount(rows, minlength=count)

    def mean(*parts):
        values = np.concatenate(parts)
        total = np.zeros((count, *values.shape[1:]))
        np.add.at(total, rows, values)
        total[times == 0] = np.nan
        shape = (count, *[1] * (values.ndim - 1))
        return (total / np.maximum(times, 1).reshape(shape)).astype(np.result_type(values.dtype, "float16"))

    return keras.tree.map_structure(mean, *predictions), times


def mean_and_spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over the first axis; of a single run the latter is NaN."""
    with np.errstate(invalid="ignore"):  # infinities have no deviation
        spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)
        return values.mean(axis=0), spread
