"""The fresh model of a fit."""

import keras

from kerasparts.core.checks import check
from kerasparts.core.data import take
from kerasparts.model_selection.engines.fits import FitPlan, FitTask


def prepared_model(plan: FitPlan, task: FitTask) -> keras.Model:
    """The model of a task before its first step: built and compiled anew by its seed, and adapted to its rows.

    It sets the global random numbers: wrap it in `backend.kept_random_numbers`.
    """
    keras.utils.set_random_seed(task.seed)
    model = plan.build_model(*task.arguments)
    check(isinstance(model, keras.Model), "build_model", model, "a function that returns a keras.Model")
    check(model.compiled, "build_model", model.name, "a function that returns a compiled model")
    is_fresh = model.optimizer is None or not model.optimizer.built or int(model.optimizer.iterations) == 0
    check(is_fresh, "build_model", model.name, "a function that builds a new model at every call; this one is trained")
    if not model.built:
        model(take(plan.x, task.rows[:2]), training=False)
    if plan.adapt:
        _adapt(model, plan, task)
    return model


def _adapt(model, plan, task):
    for layer in model._flatten_layers(include_self=False):
        if not _is_adaptable(layer):
            continue
        x = take(plan.x, task.rows)
        source = _source(model, layer)
        if source is not model.inputs[0] or len(model.inputs) > 1:
            x = keras.Model(model.inputs, source).predict(x, verbose=0)
        layer.adapt(x)


def _is_adaptable(layer):
    if not callable(getattr(layer, "adapt", None)):
        return False
    return getattr(layer, "input_mean", None) is None  # of `Normalization`: fixed by its author


def _source(model, layer):
    """What enters a layer, as a symbolic tensor of the model."""
    try:
        return layer.input
    except (AttributeError, ValueError):
        raise ValueError(
            "`adapt` must be False for a model that is neither sequential nor functional: what enters its layer "
            f"{layer.name!r} is not known. Adapt it in `build_model`. Received: adapt=True"
        ) from None
