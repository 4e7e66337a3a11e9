"""nested_cross_validate."""

from typing import Unpack

import numpy as np

from kerasparts.core.checks import check, check_number
from kerasparts.core.data import take
from kerasparts.core.direction import direction
from kerasparts.diagnostics.experiments.nested_cross_validation import NestedCrossValidation
from kerasparts.model_selection._folds import make_folds
from kerasparts.model_selection.cross_validate import summarized
from kerasparts.model_selection.experiment import Experiment, FitSettings


def nested_cross_validate(
    build_model,
    x,
    y,
    grid,
    cv=5,
    inner_cv=3,
    *,
    metric: str = "loss",
    mode: str = "auto",
    groups=None,
    sample_weight=None,
    confidence: float = 0.95,
    **settings: Unpack[FitSettings],
) -> NestedCrossValidation:
    """Scores a training together with the search for its setting.

    The best score of a search is too good: it was picked for being good on those very rows. Here each outer fold
    searches on its training rows alone, by an inner cross-validation; trains a new model with the value found on all
    of them; and tests it on rows that had no part in the choice.

    Args:
        build_model: function of a value of the grid that returns a new, compiled `keras.Model` each time.
        x, y: arrays, or nests of arrays, with a row a sample.
        grid: list of at least two values, of any kind.
        cv, inner_cv: the outer and the inner folds, as in `cross_validate`; `inner_cv` cannot be pairs of row numbers.
        metric: "loss", the data loss without penalties, or the name of a compiled metric. To choose by.
        mode: "min", "max", or "auto" to tell from the name what is best of the metric.
        groups: a label a row, for the outer and the inner folds.
        sample_weight: a number a row, or None.
        confidence: float in (0, 1). Of the interval of the outer score.
        **settings: `FitSettings`. `epochs`, `batch_size`, `callbacks`, `seed`, `engine`, `directory` ...

    Returns:
        `NestedCrossValidation`: the honest estimate, the optimistic one beside it, and what each fold chose.

    Raises:
        ValueError: as `cross_validate`; no finite score to choose by.

    Example:
    >>> def build_model(l2):
    ...     layer = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(l2))
    ...     model = keras.Sequential([layer])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> # print(nested_cross_validate(build_model, x, y, grid=[0.0, 0.01, 0.1], epochs=20))

    Reference: Varma and Simon 2006, Bias in error estimation when using cross-validation for model selection,
    https://doi.org/10.1186/1471-2105-7-91.
    """
    check_number("confidence", confidence, "(0, 1)")
    check(hasattr(grid, "__iter__") and not isinstance(grid, str), "grid", grid, "a list of values")
    grid, mode = tuple(grid), direction(metric, mode)
    check(len(grid) >= 2, "grid", grid, "of at least two values")
    experiment = Experiment(build_model, x, y, settings, label="nested cross-validation", sample_weight=sample_weight)
    outer = make_folds(cv, experiment.x, experiment.y, groups, experiment.seed)
    inner = [_inside(train, inner_cv, experiment, groups) for train, _ in outer]

    seeds = experiment.seeds(len(outer))
    tasks = [
        experiment.task(f"fold-{a}-value-{b}-inner-{c}", train, seed + c, test_rows=test, arguments=(value,))
        for a, (folds, seed) in enumerate(zip(inner, seeds, strict=True), 1)
        for b, value in enumerate(grid, 1)
        for c, (train, test) in enumerate(folds, 1)
    ]
    experiment.check_metric(metric, tasks[0])
    scores = iter([outcome.scores[metric] for outcome in experiment.run(tasks)])
    means = np.array([[np.mean([next(scores) for _ in folds]) for _ in grid] for folds in inner])
    chosen = [_best(row, mode) for row in means]

    refits = [
        experiment.task(f"fold-{a}", train, seed, test_rows=test, arguments=(grid[best],))
        for a, ((train, test), seed, best) in enumerate(zip(outer, seeds, chosen, strict=True), 1)
    ]
    result = summarized(experiment.run(refits), outer, experiment.count, confidence)
    return NestedCrossValidation(metric, mode, grid, tuple(chosen), means, result)


def _inside(rows, cv, experiment, groups):
    """Folds of the training rows of an outer fold, as numbers of all rows."""
    check(not isinstance(cv, list | tuple), "inner_cv", cv, "an integer or a splitter")
    x, y = take((experiment.x, experiment.y), rows)
    inside = None if groups is None else np.asarray(groups)[rows]
    return [(rows[train], rows[test]) for train, test in make_folds(cv, x, y, inside, experiment.seed)]


def _best(means, mode):
    """Place of the best finite mean."""
    found = np.where(np.isfinite(means), means, np.nan)
    check(not np.isnan(found).all(), "grid", means.tolist(), "such that one value has finite scores on all inner folds")
    return int(np.nanargmax(found) if mode == "max" else np.nanargmin(found))
