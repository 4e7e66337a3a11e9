"""The public names and signatures, against a golden file.

After a change that is meant: `python tests/test_public_api.py > tests/public_api.txt`.
"""

import dataclasses
import inspect
from pathlib import Path

import keras

import kerasparts as kp

GOLDEN = Path(__file__).with_name("public_api.txt")


def lines(owner=kp, prefix=""):
    for name in sorted(set(owner.__all__) - {"__version__"}):
        value = getattr(owner, name)
        if inspect.ismodule(value):
            yield from lines(value, f"{prefix}{name}.")
        else:
            yield from describe(f"{prefix}{name}", value)


def describe(path, value):
    if not callable(value):
        yield path
        return
    if not inspect.isclass(value):
        yield f"{path}{signature(value)}"
        return
    yield f"{path}{'()' if value.__init__ is object.__init__ else signature(value.__init__, skip_self=True)}"
    if dataclasses.is_dataclass(value):
        yield from (f"{path}.{field.name}" for field in dataclasses.fields(value))
    inherited = {member for base in value.__mro__[1:] if base.__module__.startswith("keras.") for member in vars(base)}
    for name, member in sorted(vars(value).items()):
        if name.startswith("_") or name in inherited or name in ("get_config", "from_config"):
            continue
        if inspect.isfunction(member):
            yield f"{path}.{name}{signature(member, skip_self=True)}"
        elif isinstance(member, property) or hasattr(member, "func"):
            yield f"{path}.{name}"


def signature(function, skip_self=False):
    parameters = list(inspect.signature(function).parameters.values())[skip_self:]
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in parameters]
    return str(inspect.Signature(bare))


def test_public_api_is_as_recorded():
    assert GOLDEN.read_text().splitlines() == list(lines()), __doc__


def test_class_names_are_used_once():
    names = [
        name
        for package in set(kp.__all__) - {"__version__", "catalog", "load_model"}
        for name in getattr(kp, package).__all__
        if inspect.isclass(getattr(getattr(kp, package), name))
        and keras.saving.get_registered_name(getattr(getattr(kp, package), name)).startswith("kerasparts>")
    ]
    assert len(names) == len(set(names))


if __name__ == "__main__":
    print("\n".join(lines()))
