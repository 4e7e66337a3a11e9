"""cross_validate."""

from typing import Unpack

from kerasparts.core.checks import check_number
from kerasparts.diagnostics.experiments.cross_validation import CrossValidation
from kerasparts.diagnostics.experiments.folds import fold_scores, out_of_fold
from kerasparts.model_selection._folds import Folds, make_folds
from kerasparts.model_selection.engines.fits import FitOutcome
from kerasparts.model_selection.experiment import Experiment, FitSettings


def cross_validate(
    build_model,
    x,
    y,
    cv=5,
    *,
    groups=None,
    sample_weight=None,
    confidence: float = 0.95,
    **settings: Unpack[FitSettings],
) -> CrossValidation:
    """Trains a new model on each fold's rows and tests it on the rows left out.

    scikit-learn's `cross_val_score` with the wrapper that Keras ships trains for one epoch without a word. Here every
    fold has a model of its own, with first weights, optimizer and random numbers of its own; its layers with an
    `adapt` see the training rows of the fold alone; and the interval of the mean allows for training rows that folds
    share.

    Args:
        build_model: function without arguments that returns a new, compiled `keras.Model` each time.
        x, y: arrays, or nests of arrays, with a row a sample.
        cv: int, number of folds: of equal shares of each class where `y` are class labels (as told by
            `train_dev_test_split`), shuffled by the seed; or a splitter of scikit-learn, such as
            `RepeatedStratifiedKFold` or `TimeSeriesSplit`; or pairs of row numbers: train, test.
        groups: a label a row. For the splitter; with an int, rows of one group stay in one fold.
        sample_weight: a number a row, or None. Weighs the loss and the weighted metrics, in training and in test.
        confidence: float in (0, 1). Of the interval of the mean.
        **settings: `FitSettings`: `epochs`, `batch_size`, `callbacks`, `seed`, `engine`, `directory` ...

    Returns:
        `CrossValidation`: the scores of each fold with mean, spread and interval, and predictions of every row by
        models that had not seen it.

    Raises:
        ValueError: a row that a fold both trains on and tests; a fold without rows; fewer rows of a class than folds.

    Example:
    >>> def build_model():
    ...     model = keras.Sequential([keras.layers.Normalization(), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> x = np.linspace(-1.0, 1.0, 60)[:, None]
    >>> found = cross_validate(build_model, x, 2 * x, cv=3, epochs=1, verbose=0)
    >>> len(found.scores["loss"].values), found.predictions.shape
    (3, (60, 1))

    Reference: Nadeau and Bengio 2003, Inference for the Generalization Error,
    https://doi.org/10.1023/A:1024068626366.
    """
    check_number("confidence", confidence, "(0, 1)")
    experiment = Experiment(build_model, x, y, settings, label="cross-validation", sample_weight=sample_weight)
    folds = make_folds(cv, experiment.x, experiment.y, groups, experiment.seed)
    seeds = experiment.seeds(len(folds))
    tasks = [
        experiment.task(f"fold-{number}", train, seed, test_rows=test)
        for number, ((train, test), seed) in enumerate(zip(folds, seeds, strict=True), 1)
    ]
    return summarized(experiment.run(tasks), folds, experiment.count, confidence)


def summarized(outcomes: list[FitOutcome], folds: Folds, count: int, confidence: float) -> CrossValidation:
    """The result of as many folds."""
    train_rows, test_rows = zip(*folds, strict=True)
    predictions, times_tested = out_of_fold([outcome.predictions for outcome in outcomes], test_rows, count)
    ratio = tested_share(folds)
    return CrossValidation(
        scores={
            name: fold_scores([outcome.scores[name] for outcome in outcomes], ratio, confidence)
            for name in outcomes[0].scores
        },
        train_rows=train_rows,
        test_rows=test_rows,
        predictions=predictions,
        times_tested=times_tested,
        histories=tuple(outcome.history for outcome in outcomes),
        confidence=confidence,
    )


def tested_share(folds: Folds) -> float:
    """Rows tested, over rows trained on."""
    return sum(len(test) for _, test in folds) / sum(len(train) for train, _ in folds)
