"""The fresh model of a fit."""

import weakref

import keras

from kerasparts import backend
from kerasparts.core.checks import check
from kerasparts.core.data import take
from kerasparts.model_selection._adapt import adapt_layers, adapts, build_by
from kerasparts.model_selection.engines.fits import FitPlan, FitTask, named

_USED = weakref.WeakSet()  # models, and the layers in them


def prepared_model(plan: FitPlan, task: FitTask) -> keras.Model:
    """The model of a task before its first step: built and compiled anew by its seed, and adapted to its rows.

    It sets the global random numbers: wrap it in `backend.kept_random_numbers`.
    """
    with named(task):
        model = built_model(plan, task)
        _check_fresh(model)
        if plan.adapt and adapts(model):
            adapt_layers(model, take(plan.x, task.rows))
        return model


def built_model(plan: FitPlan, task: FitTask) -> keras.Model:
    """The model of a task as `build_model` gives it, with its weights; sets the global random numbers too."""
    backend.set_random_seed(task.seed)
    model = plan.build_model(*task.arguments)
    check(isinstance(model, keras.Model), "build_model", model, "a function that returns a keras.Model")
    check(model.compiled, "build_model", model.name, "a function that returns a compiled model")
    build_by(model, plan.x)
    return model


def _check_fresh(model):
    layers = list(model._flatten_layers())
    used = [layer.name for layer in layers if layer in _USED and _is_moved_by_fit(layer)]
    rule = "a function that builds a new model of new layers at every call; an earlier fit trained"
    check(not used, "build_model", model.name, f"{rule} {', '.join(used)}")
    _USED.update(layers)


def _is_moved_by_fit(layer):
    has_seeds = len(layer.variables) > len(layer.weights)
    return bool(layer.trainable_variables) or has_seeds
