"""The fresh model of a fit."""

import weakref

import keras

from kerasparts import backend
from kerasparts.core.checks import check
from kerasparts.core.data import take
from kerasparts.model_selection.engines.fits import FitPlan, FitTask, named

_USED = weakref.WeakSet()  # models, and the layers in them


def prepared_model(plan: FitPlan, task: FitTask) -> keras.Model:
    """The model of a task before its first step: built and compiled anew by its seed, and adapted to its rows.

    It sets the global random numbers: wrap it in `backend.kept_random_numbers`.
    """
    with named(task):
        model = built_model(plan, task)
        _check_fresh(model)
        if plan.adapt:
            _adapt(model, plan, task)
        return model


def built_model(plan: FitPlan, task: FitTask) -> keras.Model:
    """The model of a task as `build_model` gives it, with its weights; sets the global random numbers too."""
    backend.set_random_seed(task.seed)
    model = plan.build_model(*task.arguments)
    check(isinstance(model, keras.Model), "build_model", model, "a function that returns a keras.Model")
    check(model.compiled, "build_model", model.name, "a function that returns a compiled model")
    if not model.built:  # by a symbolic call, which a layer that is yet to be adapted lets pass
        model(keras.tree.map_structure(_symbolic, plan.x))
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


def _symbolic(array):
    dtype = keras.config.floatx() if array.dtype.kind == "f" else array.dtype.name
    return keras.Input(array.shape[1:], dtype="string" if array.dtype.kind in "OSU" else dtype)


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
