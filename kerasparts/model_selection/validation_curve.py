"""validation_curve."""

from typing import Unpack

import numpy as np

from kerasparts.core.checks import check, check_choice
from kerasparts.core.direction import direction
from kerasparts.diagnostics.experiments.validation_curve import SIMPLEST, ValidationCurve
from kerasparts.model_selection._folds import make_folds
from kerasparts.model_selection.experiment import Experiment, FitSettings


def validation_curve(
    build_model,
    x,
    y,
    values,
    *,
    cv=5,
    metric: str = "loss",
    mode: str = "auto",
    simplest: str | None = None,
    groups=None,
    sample_weight=None,
    **settings: Unpack[FitSettings],
) -> ValidationCurve:
    """Training and dev error by the value of a setting: lambda, width, depth, dropout rate.

    Every value is tried on the same folds from the same seeds, so that values differ by nothing but themselves. The
    best mean is the best by luck too: within its standard error, the simplest value is the better choice.

    Args:
        build_model: function of a value that returns a new, compiled `keras.Model` each time.
        x, y: arrays, or nests of arrays, with a row a sample.
        values: list of numbers in order, or of values of any kind.
        cv: the folds, as in `cross_validate`.
        metric: "loss", the data loss without penalties, or the name of a compiled metric.
        mode: "min", "max", or "auto" to tell from the name what is best of the metric.
        simplest: "first" or "last": which end of `values` makes the simplest model, for the one-standard-error
            choice; None for no such choice. Widths in rising order start with the simplest, lambdas end with it.
        groups: a label a row, for the folds.
        sample_weight: a number a row, or None.
        **settings: `FitSettings`: `epochs`, `batch_size`, `callbacks`, `seed`, `engine`, `directory` ...

    Returns:
        `ValidationCurve`. The score of its choice is too good: `nested_cross_validate` has an honest one.

    Raises:
        ValueError: as `cross_validate`; no value with finite scores in every fold.

    Example:
    >>> def build_model(units):
    ...     model = keras.Sequential([keras.layers.Dense(units, "relu"), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> # print(validation_curve(build_model, x, y, values=[4, 16, 64], simplest="first", epochs=20))

    Reference: one standard error: Breiman et al. 1984, Classification and Regression Trees, section 3.4.3; Hastie et
    al. 2009, The Elements of Statistical Learning, section 7.10.
    """
    check(hasattr(values, "__iter__") and not isinstance(values, str), "values", values, "a list of values")
    values, mode = tuple(values), direction(metric, mode)
    check(values, "values", values, "of at least one value")
    check_choice("simplest", simplest, SIMPLEST)
    experiment = Experiment(
        build_model, x, y, settings, label="validation curve", sample_weight=sample_weight, score_train=True
    )
    folds = make_folds(cv, experiment.x, experiment.y, groups, experiment.seed)
    seeds = experiment.seeds(len(folds))
    tasks = [
        experiment.task(f"value-{a}-fold-{b}", train, seed, test_rows=test, arguments=(value,))
        for a, value in enumerate(values, 1)
        for b, ((train, test), seed) in enumerate(zip(folds, seeds, strict=True), 1)
    ]
    experiment.check_metric(metric, tasks[0])
    outcomes = experiment.run(tasks)

    def curves(scores):
        return np.reshape(scores, (len(values), len(folds))).T

    return ValidationCurve(
        values=values,
        metric=metric,
        mode=mode,
        train=curves([outcome.train_scores[metric] for outcome in outcomes]),
        dev=curves([outcome.scores[metric] for outcome in outcomes]),
        simplest=simplest,
    )
