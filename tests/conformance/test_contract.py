"""What every part of every kind promises."""

import inspect
import operator
import re

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.testing.promises import contract as promises
from tests import cases

EVERY = pytest.mark.parametrize("case", cases.ALL, ids=str)
CONTAINER = {keras.layers.Layer: "Shapes:", keras.losses.Loss: "Shapes:"}


def public_parts(kind):
    package = operator.attrgetter(kind)(kp)
    exported = (getattr(package, name) for name in package.__all__)
    return [
        cls
        for cls in exported
        if inspect.isclass(cls) and keras.saving.get_registered_name(cls).startswith("kerasparts>")
    ]


def arguments(cls):
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name: p.default for p in parameters if p.kind in named}


def same(one, other):
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if hasattr(one, "get_config") and hasattr(other, "get_config"):
        return type(one) is type(other) and one.get_config() == other.get_config()
    return one is other or bool(np.all(one == other))


@pytest.mark.parametrize("kind", cases.KINDS)
def test_every_public_class_has_a_row(kind):
    rows = {case.part for case in cases.KINDS[kind]}
    assert {cls.__name__ for cls in public_parts(kind)} == {cls.__name__ for cls in rows}


@EVERY
def test_every_argument_of_the_row_is_off_its_default(case):
    for name, default in arguments(case.part).items():
        assert name in case.kwargs, f"the row of {case} does not set {name}"
        assert not same(case.kwargs[name], default), f"the row of {case} leaves {name} at its default"


@EVERY
def test_every_argument_has_a_bad_value(case):
    assert set(case.bad) | set(case.free) == set(arguments(case.part))


@EVERY
def test_is_registered_under_its_name(case):
    assert keras.saving.get_registered_name(case.part) == f"kerasparts>{case.part.__name__}"
    assert keras.saving.get_registered_object(f"kerasparts>{case.part.__name__}") is case.part


@EVERY
def test_arguments_are_kept_as_attributes(case):
    part = case.build()
    for name, value in case.kwargs.items():
        kept = getattr(part, name)
        kept = float(keras.ops.convert_to_numpy(kept)) if keras.ops.is_tensor(kept) or is_variable(kept) else kept
        assert kept == pytest.approx(value) if isinstance(value, float) else same(kept, value), name


def is_variable(value):
    return isinstance(value, keras.Variable)


@EVERY
def test_every_argument_survives_serialization(case):
    promises.comes_back_from_its_config(case.subject())
    config = case.build().get_config()
    for name, value in case.kwargs.items():
        if name in case.unsaved:
            continue
        if isinstance(value, float):
            assert config[name] == pytest.approx(value), name
        else:
            assert same(plain(config[name]), plain(value)), name


def plain(value):
    """A config entry or an argument as plain data."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "get_config") or inspect.isfunction(value):
        value = keras.saving.serialize_keras_object(value)
    return value


@EVERY
def test_defaults_survive_serialization(case):
    required = {name: case.kwargs[name] for name, d in arguments(case.part).items() if d is inspect.Parameter.empty}
    part = case.part(**required)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(part))
    assert again.get_config() == part.get_config()


BAD = [(case, name) for case in cases.ALL for name in case.bad]


@pytest.mark.parametrize(("case", "name"), BAD, ids=[f"{case}-{name}" for case, name in BAD])
def test_a_bad_value_is_refused_by_name(case, name):
    with pytest.raises(ValueError, match=rf"{name}[\s\S]*Received: ") as error:
        case.build(**{name: case.bad[name]})
    assert name in str(error.value)


@EVERY
def test_text_is_refused_where_a_number_is_wanted(case):
    for name, value in case.kwargs.items():
        if isinstance(value, float) and name not in case.free:
            with pytest.raises(ValueError, match=name):
                case.build(**{name: "0.5"})


@EVERY
def test_docstring_follows_the_pattern(case):
    doc = inspect.getdoc(case.part)
    sections = re.findall(r"^(Args|Attributes|Shapes|Memory|Raises|Example|Reference):", doc, flags=re.MULTILINE)
    order = ["Args", "Attributes", "Shapes", "Memory", "Raises", "Example", "Reference"]
    assert sections == sorted(sections, key=order.index), "sections out of order"
    assert {"Example"} | ({"Args"} if arguments(case.part) else set()) <= set(sections)
    assert not re.search(r"[Dd]efaults? (to|is)", doc), "defaults belong to the signature"
    listed = doc.partition("\nArgs:")[2].partition("\nExample:")[0]
    for name in arguments(case.part):
        assert re.search(rf"^    (.*, )?{name}(, .*)?: ", listed, flags=re.MULTILINE), f"{name} is not documented"


@EVERY
def test_methods_that_keras_defines_carry_no_docstring(case):
    for name, member in vars(case.part).items():
        if name in {"__init__", "call", "build", "get_config", "compute_output_shape", "update_step"}:
            assert not (member.__doc__ or "").strip() or name == "get_config", name
