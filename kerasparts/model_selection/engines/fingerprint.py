"""What an outcome depends on, as text and numbers that another process can compare."""

import hashlib
import json
import re
import warnings

import keras
import numpy as np

from kerasparts import backend
from kerasparts.model_selection.engines.fits import FitPlan, FitTask, named
from kerasparts.model_selection.engines.prepare import built_model

ARRAYS = ("x", "y", "sample_weight", "x_test", "y_test", "weight_test")
SETTINGS = ("epochs", "batch_size", "shuffle", "adapt", "score_train", "keep_weights")
HOLD_NAMES = ("name", "keras_history", "input_layers", "output_layers")  # keys in a model's configuration
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def fingerprint(plan: FitPlan):
    """Function of a task that gives what its outcome depends on, ready for JSON.

    That is the data, the settings, the precision and the framework, the callbacks with their plain attributes, the
    task, and the configuration of the model and of its compile, without the names of layers, which count up in a
    process; of a model without one, its weights and its optimizer. Not seen is code: of `train_step`, of a layer's
    `call`, of a callback.
    """
    common = {
        **{name: getattr(plan, name) for name in SETTINGS},
        **{name: _digest(getattr(plan, name)) for name in ARRAYS},
        "callbacks": [_described(callback) for callback in plan.callbacks()] if plan.callbacks else None,
        "backend": keras.backend.backend(),
        "floatx": keras.config.floatx(),
        "dtype_policy": keras.config.dtype_policy().name,
    }
    models = {}

    def of(task: FitTask):
        arguments = _text(task.arguments)
        if arguments not in models:
            models[arguments] = _model_config(plan, task)
        result = {
            **common,
            "seed": task.seed,
            "arguments": arguments,
            **{name: _digest(getattr(task, name)) for name in ("rows", "test_rows", "validation_rows")},
            "model": models[arguments],
        }
        return json.loads(json.dumps(result, default=_text))

    return of


def difference(old, new, path: str = "") -> str | None:
    """Where two such descriptions first differ, with both values; None where they do not."""
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(f"{path}.{key}".lstrip("."), old.get(key), new.get(key)) for key in {**old, **new}]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(f"{path}[{i}]", *items) for i, items in enumerate(zip(old, new, strict=True))]
    else:
        return None if old == new else f"{path} ({_short(old)} there, {_short(new)} here)"
    return next(filter(None, (difference(was, now, inside) for inside, was, now in pairs)), None)


def _digest(tree):
    if tree is None:
        return None
    if not isinstance(tree, np.ndarray):
        return keras.tree.map_structure(_digest, tree)
    content = repr(tree.tolist()).encode() if tree.dtype.hasobject else np.ascontiguousarray(tree).tobytes()
    return f"{tree.dtype} {tree.shape} {hashlib.sha256(content).hexdigest()[:16]}"


def _described(callback):
    settings = {name: value for name, value in vars(callback).items() if isinstance(value, int | float | str | None)}
    return {"class": type(callback).__qualname__, **{k: v for k, v in settings.items() if not k.startswith("_")}}


def _model_config(plan, task):
    with named(task), backend.kept_random_numbers(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Keras, that a lambda in a configuration is not safe to load
        model = built_model(plan, task)
        try:
            config = keras.saving.serialize_keras_object(model)
        except (NotImplementedError, TypeError, ValueError):  # of a model that cannot be saved either
            config = {
                "class_name": type(model).__qualname__,
                "weights": [f"{weight.dtype} {tuple(weight.shape)}" for weight in model.weights],
                "optimizer": keras.optimizers.serialize(model.optimizer),
                "loss": _text(model.loss),
            }
    return _without_names(config)


def _without_names(config):
    """The same configuration with the names of layers replaced by numbers, in the order that they come in."""
    names = {}

    def replaced(value, is_name=False):
        if isinstance(value, dict):
            return {key: replaced(item, is_name or key in HOLD_NAMES) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [replaced(item, is_name) for item in value]
        if is_name and isinstance(value, str):
            return names.setdefault(value, f"#{len(names)}")
        return value

    return replaced(config)


def _text(value):
    return ADDRESS.sub("", repr(value))


def _short(value):
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
