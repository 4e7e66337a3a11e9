"""learning_curve."""

from typing import Unpack

import numpy as np

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.data import row_count
from kerasparts.core.direction import direction
from kerasparts.diagnostics.experiments.learning_curve import LearningCurve, judge_learning_curve
from kerasparts.model_selection._folds import make_folds
from kerasparts.model_selection._labels import class_labels
from kerasparts.model_selection.cross_validate import tested_share
from kerasparts.model_selection.experiment import Experiment, FitSettings, aligned


def learning_curve(
    build_model,
    x,
    y,
    x_dev=None,
    y_dev=None,
    *,
    sizes=(0.1, 0.25, 0.5, 0.75, 1.0),
    cv=5,
    repeats: int = 1,
    metric: str = "loss",
    mode: str = "auto",
    tolerance: float = 0.05,
    groups=None,
    sample_weight=None,
    confidence: float = 0.95,
    **settings: Unpack[FitSettings],
) -> LearningCurve:
    """Training and dev error by the number of training rows, and whether more of them will help.

    Each fold trains new models on random subsets of its training rows, each subset within the next larger one and
    with the classes in proportion, and tests all of them on the same rows. The verdict is that of
    `diagnostics.judge_learning_curve`.

    All sizes train for the same number of epochs: give enough of them for the smallest size to get done, or
    `validation_split` with a callback that stops early.

    Args:
        build_model: function without arguments that returns a new, compiled `keras.Model` each time.
        x, y: arrays, or nests of arrays, with a row a sample.
        x_dev, y_dev: rows to test on in place of folds. The spread is then that over `repeats`, of subsets and seeds,
            and leaves out that of the dev rows themselves: take at least 3.
        sizes: shares in (0, 1] of the training rows, or numbers of rows, at least three for a verdict.
        cv: the folds, as in `cross_validate`.
        repeats: int of at least 1. Subsets that are drawn anew; those of one fold are averaged.
        metric: "loss", the data loss without penalties, or the name of a compiled metric.
        mode: "min", "max", or "auto" to tell from the name what is best of the metric.
        tolerance: float in (0, 1). Share of the error that is worth as many rows again.
        groups: a label a row, for the folds.
        sample_weight: a number a row, or None.
        confidence: float in (0.5, 1). Of each bound that the verdict stands on.
        **settings: `FitSettings`: `epochs`, `batch_size`, `callbacks`, `seed`, `engine`, `directory` ...

    Returns:
        `LearningCurve`.

    Raises:
        ValueError: as `cross_validate`; sizes that leave no row, or more than there are.

    Example:
    >>> def build_model():
    ...     model = keras.Sequential([keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> # print(learning_curve(build_model, x, y, epochs=20))
    """
    mode = direction(metric, mode)
    check_integer("repeats", repeats, "[1, inf)")
    check_number("tolerance", tolerance, "(0, 1)")
    check_number("confidence", confidence, "(0.5, 1)")
    check((x_dev is None) == (y_dev is None), "x_dev, y_dev", (type(x_dev), type(y_dev)), "given together")
    test = {}
    if x_dev is not None:
        test["x_test"], test["y_test"] = aligned(x_dev=x_dev, y_dev=y_dev)
    experiment = Experiment(
        build_model, x, y, settings, label="learning curve", sample_weight=sample_weight, score_train=True, **test
    )
    if x_dev is None:
        folds = make_folds(cv, experiment.x, experiment.y, groups, experiment.seed)
        ratio, runs = tested_share(folds), len(folds)
    else:
        rule = "None with `x_dev`: the rows are not cut into folds"
        check(groups is None, "groups", "an array", rule)
        folds = [(np.arange(experiment.count), None)]
        ratio, runs = row_count(test["x_test"]) / experiment.count, repeats
    counts = _counts(sizes, min(len(train) for train, _ in folds))
    labels = class_labels(experiment.y)

    subsets = [(train, rows) for train, rows in folds for _ in range(repeats)]
    tasks = []
    for number, ((train, rows), seed) in enumerate(zip(subsets, experiment.seeds(len(subsets)), strict=True), 1):
        order = train[_order(len(train), None if labels is None else labels[train], seed)]
        for place, count in enumerate(counts, 1):
            tasks.append(experiment.task(f"run-{number}-size-{place}", order[:count], seed, test_rows=rows))
    experiment.check_metric(metric, tasks[0])
    outcomes = experiment.run(tasks)

    def curves(scores):
        return np.reshape(scores, (runs, -1, len(counts))).mean(axis=1)

    return judge_learning_curve(
        counts,
        curves([outcome.train_scores[metric] for outcome in outcomes]),
        curves([outcome.scores[metric] for outcome in outcomes]),
        test_ratio=ratio,
        metric=metric,
        mode=mode,
        tolerance=tolerance,
        confidence=confidence,
    )


def _counts(sizes, rows):
    """Numbers of rows in rising order; the same for all folds, of which the smallest trains on as many as `rows`."""
    sizes = tuple(sizes) if hasattr(sizes, "__iter__") else ()
    check(sizes, "sizes", sizes, "at least one share or number of rows")
    counts = []
    for size in sizes:
        is_count = isinstance(size, int | np.integer)
        check_number("sizes", size, f"[1, {rows}]" if is_count else "(0, 1]")
        counts.append(int(size) if is_count else round(size * rows))
    check(min(counts) > 0, "sizes", sizes, f"large enough to leave a row of {rows}")
    return sorted(set(counts))


def _order(count, labels, seed):
    """A random order of rows of which every beginning has the classes in proportion."""
    random = np.random.default_rng([seed, 3])
    if labels is None:
        return random.permutation(count)
    place = np.empty(count)
    for value in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == value))
        place[members] = (np.arange(len(members)) + random.random()) / len(members)
    return np.argsort(place, kind="stable")
