"""bias_variance_decomposition."""

from collections.abc import Callable
from typing import Unpack

import keras
import numpy as np

from kerasparts.core.checks import check, check_choice, check_integer
from kerasparts.diagnostics import BiasVarianceDecomposition, decompose_bias_variance
from kerasparts.diagnostics.model_facts import loss_name, losses_of
from kerasparts.model_selection._resample import RESAMPLE
from kerasparts.model_selection.experiment import Experiment, FitSettings, aligned


def bias_variance_decomposition(
    build_model,
    x,
    y,
    x_test,
    y_test,
    replicas: int = 50,
    loss: str = "squared",
    resample: str | Callable = "bootstrap",
    noise=None,
    confidence: float = 0.95,
    **settings: Unpack[FitSettings],
) -> BiasVarianceDecomposition:
    """What the error of a model on new rows is made of: noise, bias and variance, by fitting it many times.

    Every replica is a model of its own with a seed of its own, so that the variance contains that of the first
    weights, the order of the rows and dropout; nothing leaks from one fit to the next.

    The replicas stand for models that other training sets would have given. Of one training set they can only be
    resamples, and what that set has by luck is in all of them: it counts as bias, and the standard errors do not know
    it. Half of the rows make the bias and variance those of a model on half of the rows; bootstrap samples have 63% of
    the rows, some of them several times. Where there is more data than one training needs, a function that draws
    small training sets from it comes closest to the definition.

    Args:
        build_model: function without arguments that returns a new, compiled `keras.Model` with one output.
        x, y: training data: arrays, or for `x` a nest of arrays, with a row a sample.
        x_test, y_test: rows to measure the error on, none of them in the training data.
        replicas: int of at least 2. Number of fits.
        loss: "squared", "zero_one" or "cross_entropy"; see `diagnostics.decompose_bias_variance`. It need not be the
            loss that is trained; whether outputs are logits is told by that one.
        resample: "bootstrap", as many rows, drawn with replacement; "split", a random half of the rows; "seed", the
            same rows, for the variance of training alone; or a function of the numbers of the rows and a
            `numpy.random.Generator` that returns the numbers of the rows to train on.
        noise: error of the best possible prediction, a number or one for each test row; "repeats" to estimate it from
            test rows with equal inputs; None for not known: it is then part of the bias, unless `y_test` has the
            probabilities of the classes.
        confidence: float in (0, 1). Of the intervals in the text.
        **settings: `FitSettings`: `epochs`, `batch_size`, `callbacks`, `seed`, `engine`, `directory` ... Rows of
            `validation_split` are drawn anew for each replica, before it is resampled.

    Returns:
        `BiasVarianceDecomposition`.

    Raises:
        ValueError: several outputs; targets that do not fit the outputs; a replica whose predictions are not finite.

    Example:
    >>> def build_model():
    ...     model = keras.Sequential([keras.layers.Dense(64, "tanh"), keras.layers.Dense(1)])
    ...     model.compile("adam", "mse")
    ...     return model
    >>> # print(bias_variance_decomposition(build_model, x, y, x_test, y_test, epochs=20))

    Reference: as `diagnostics.decompose_bias_variance`.
    """
    (found,) = decompositions(
        build_model,
        {"replica": ()},
        (x, y, x_test, y_test),
        replicas,
        resample,
        {"loss": loss, "noise": noise, "confidence": confidence},
        settings,
        "bias and variance",
    )
    return found


def decompositions(build_model, sweep, data, replicas, resample, measure, settings, label):
    """One decomposition for each entry of `sweep`, all from the same rows and seeds.

    Args:
        sweep: what `build_model` is called with, by a name for the tasks.
        measure: arguments of `decompose_bias_variance`.
    """
    check_integer("replicas", replicas, "[2, inf)")
    if not callable(resample):
        check_choice("resample", resample, tuple(RESAMPLE))
    x, y, x_test, y_test = data
    x_test, y_test = aligned(x_test=x_test, y_test=y_test)
    experiment = Experiment(build_model, x, y, settings, label=label, x_test=x_test, y_test=y_test)
    rows, draw = np.arange(experiment.count), RESAMPLE.get(resample, resample)
    tasks = [
        experiment.task(f"{name}-{number}", rows, seed, draw, arguments=arguments)
        for name, arguments in sweep.items()
        for number, seed in enumerate(experiment.seeds(replicas), 1)
    ]
    model = experiment.model(tasks[0])
    measure = {
        **measure,
        **_outputs_are(model),
        "resample": resample if isinstance(resample, str) else "resampled by a function",
        "groups": _same_inputs(x_test),
    }
    guess = model.predict(x_test, verbose=0)
    check(isinstance(guess, np.ndarray), "build_model", model.name, "a function that returns a model with one output")
    decompose_bias_variance([guess] * 2, y_test, **measure)  # what cannot be measured fails before the first fit
    predictions = [outcome.predictions for outcome in experiment.run(tasks)]
    return [
        decompose_bias_variance(predictions[first : first + replicas], y_test, **measure)
        for first in range(0, len(tasks), replicas)
    ]


def _outputs_are(model):
    """How the compiled loss reads the outputs."""
    (loss,) = losses_of(model, 1)
    is_binary = (loss_name(loss) or "").startswith("binary")
    return {"from_logits": bool(getattr(loss, "from_logits", False)), "multi_label": True if is_binary else None}


def _same_inputs(x):
    """A number for each row, the same for rows of the same values."""
    leaves = [leaf.astype(str) if leaf.dtype.kind == "O" else leaf for leaf in keras.tree.flatten(x)]
    keys = (tuple(a.tobytes() for a in row) for row in zip(*leaves, strict=True))
    numbers = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys])
