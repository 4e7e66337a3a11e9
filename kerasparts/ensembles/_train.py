"""Trained members made one model."""

import dataclasses
import math

import numpy as np

from kerasparts.core.checks import check, check_integer
from kerasparts.diagnostics.model_facts import loss_name, losses_of
from kerasparts.ensembles.ensemble import Ensemble
from kerasparts.model_selection.experiment import Experiment


def trained_ensemble(build_model, x, y, members, sample_weight, settings, label, resample=None):
    """Fits the members and makes them one compiled model; resampled ones predict the rows that they have not seen.

    Args:
        resample: as in `Experiment.task`.

    Returns:
        `(ensemble, experiment, unseen, outcomes)`, `unseen` being the numbers of these rows for each member.
    """
    check_integer("members", members, "[2, inf)")
    experiment = Experiment(build_model, x, y, settings, label=label, sample_weight=sample_weight, keep_weights=True)
    rows = np.arange(experiment.count)
    tasks = [
        experiment.task(f"member-{number}", rows, seed, resample)
        for number, seed in enumerate(experiment.seeds(members), 1)
    ]
    unseen = [_unseen(task, rows) for task in tasks]
    to_predict = [some if resample and len(some) else rows[:1] for some in unseen]  # an engine must predict something
    tasks = [dataclasses.replace(task, test_rows=some) for task, some in zip(tasks, to_predict, strict=True)]
    as_one([experiment.model(tasks[0])])  # what cannot be one model fails before the first fit
    outcomes = experiment.run(tasks)
    models = [experiment.model(task, outcome.weights) for task, outcome in zip(tasks, outcomes, strict=True)]
    return as_one(models), experiment, unseen, outcomes


def _unseen(task, rows):
    seen = task.rows if task.validation_rows is None else np.concatenate([task.rows, task.validation_rows])
    return np.setdiff1d(rows, seen)


def as_one(models):
    """The ensemble of models that were compiled alike, compiled to be evaluated by its answers.

    These are probabilities where those of the members are logits. The optimizer is plain: the state of another one
    would be saved too.
    """
    config = {**models[0].get_compile_config(), "optimizer": "sgd"}
    activation = _activation(models[0])
    if activation is not None:
        config = _of_probabilities(config, activation)
    ensemble = Ensemble(models, activation)
    ensemble.compile_from_config(config)
    return ensemble


def _activation(model):
    """What makes probabilities of the outputs, by the compiled loss."""
    losses = losses_of(model, len(model.outputs or [None]))
    if not any(getattr(loss, "from_logits", False) for loss in losses):
        return None
    check(len(losses) == 1, "build_model", model.name, "a function that returns a model with one output, if of logits")
    axis = getattr(losses[0], "axis", -1)
    check(axis == -1, "build_model", f"a loss with axis={axis}", "a function that returns a model with classes last")
    return "sigmoid" if loss_name(losses[0]).startswith("binary") or model.output_shape[-1] == 1 else "softmax"


def _of_probabilities(config, activation):
    """A compile configuration with what was said of logits said of probabilities."""
    if isinstance(config, list | tuple):
        return [_of_probabilities(item, activation) for item in config]
    if not isinstance(config, dict):
        return config
    if "from_logits" in config:
        return {**config, "from_logits": False}
    config = {name: _of_probabilities(value, activation) for name, value in config.items()}
    if activation == "sigmoid" and isinstance(config.get("threshold"), int | float):
        config["threshold"] = 1 / (1 + math.exp(-config["threshold"]))
    return config
