"""bagging."""

from typing import Unpack

import keras
import numpy as np

from kerasparts import backend
from kerasparts.core.data import take
from kerasparts.diagnostics import OutOfBag
from kerasparts.ensembles._train import trained_ensemble
from kerasparts.ensembles.ensemble import Ensemble
from kerasparts.model_selection._resample import bootstrap
from kerasparts.model_selection.experiment import FitSettings


def bagging(
    build_model,
    x,
    y,
    members: int = 10,
    *,
    sample_weight=None,
    **settings: Unpack[FitSettings],
) -> Ensemble:
    """Trains a model on several bootstrap samples of the rows and gives them as one model, scored out of bag.

    It takes off variance, at the price of a little bias: each member sees 63% of the rows, some of them several times.
    The other rows score it for free: each by the members that have not seen it.

    Args:
        build_model: function without arguments that returns a new, compiled `keras.Model` with one output.
        x, y: arrays, or for `x` a nest of arrays, with a row a sample.
        members: int of at least 2. Some ten are needed for all rows to have a vote out of bag.
        sample_weight: a number a row, or None.
        **settings: `FitSettings`: `epochs`, `batch_size`, `callbacks`, `seed`, `engine`, `directory` ...

    Returns:
        `Ensemble`, compiled to be evaluated with the loss and metrics of the members; compile it anew to train it. Its
        `out_of_bag` is an `OutOfBag`.

    Raises:
        ValueError: a model that cannot be saved and compiled again.

    Example:
    >>> def build_model():
    ...     model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(1)])
    ...     model.compile("adam", "mse")
    ...     return model
    >>> # ensemble = bagging(build_model, x, y, epochs=20)
    >>> # print(ensemble.out_of_bag)

    Reference: Breiman 1996, Bagging Predictors, https://doi.org/10.1007/BF00058655; Breiman 1996, Out-of-bag
    Estimation.
    """
    ensemble, experiment, unseen, outcomes = trained_ensemble(
        build_model, x, y, members, sample_weight, settings, "bagging", bootstrap
    )
    ensemble.out_of_bag = _out_of_bag(ensemble, experiment, unseen, outcomes)
    return ensemble


def _out_of_bag(ensemble, experiment, unseen, outcomes):
    votes = np.bincount(np.concatenate(unseen), minlength=experiment.count)
    total = np.zeros((experiment.count, *outcomes[0].predictions.shape[1:]))
    for rows, outcome in zip(unseen, outcomes, strict=True):
        if len(rows):
            total[rows] += keras.ops.convert_to_numpy(ensemble.activate(outcome.predictions))
    known = votes > 0
    predictions = np.full(total.shape, np.nan)
    predictions[known] = total[known] / votes[known].reshape(-1, *[1] * (total.ndim - 1))
    scores = {}
    if known.any():
        x, y, sample_weight = take((experiment.x, experiment.y, experiment.sample_weight), known)
        scores = backend.model_scores(ensemble, x, y, predictions[known], sample_weight)
    return OutOfBag(scores, predictions, votes)
