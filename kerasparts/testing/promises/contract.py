"""Every part."""

import inspect
import json
import math

import keras

from kerasparts.testing.subject import Subject, expect

PLAIN = bool | int | float | str | None


def is_registered_under_a_package_of_its_own(subject: Subject):
    if subject.part.__module__.startswith("keras."):
        return
    name = keras.saving.get_registered_name(subject.part)
    expect(
        ">" in name and keras.saving.get_registered_object(name) is subject.part,
        "files with it do not load; put `@keras.saving.register_keras_serializable(package=...)` above the class",
    )
    expect(not name.startswith("Custom>"), f"'{name}' may be anyone's; give `register_keras_serializable` a `package`")


def its_config_holds_every_argument(subject: Subject):
    if issubclass(subject.part, keras.callbacks.Callback) and not hasattr(subject.part, "get_config"):
        return
    config = subject.build().get_config()
    missing = [name for name in arguments(subject.part) if name not in config]
    expect(not missing, f"`get_config` leaves out {', '.join(missing)}: a loaded one is as by default")
    for name, value in subject.kwargs.items():
        if isinstance(value, PLAIN) and isinstance(config.get(name), PLAIN):
            expect(_is_close(config[name], value), f"`get_config` says {name}={config[name]!r} for {name}={value!r}")


def comes_back_from_its_config(subject: Subject):
    part = subject.build()
    if not hasattr(part, "get_config"):
        return
    written = json.dumps(keras.saving.serialize_keras_object(part))
    again = keras.saving.deserialize_keras_object(json.loads(written))
    expect(type(again) is type(part), f"it comes back as {type(again).__name__}")
    before, after = (json.loads(json.dumps(one.get_config(), default=repr)) for one in (part, again))
    changed = [name for name in before if not _is_close(before[name], after.get(name))]
    expect(not changed, f"it had {[before[name] for name in changed]} for {changed}, and has {after}")


def _is_close(one, other):
    """Whether two nests are the same; numbers to float32, as which optimizers have their learning rate."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_close, one, other))
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-6)
    return one == other


def arguments(part):
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [name for name, p in inspect.signature(part).parameters.items() if p.kind in kinds]


PROMISES = (is_registered_under_a_package_of_its_own, its_config_holds_every_argument, comes_back_from_its_config)
