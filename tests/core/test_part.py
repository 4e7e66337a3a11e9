"""Registration of parts."""

import importlib
import sys

import keras
import pytest

from kerasparts.core import part

MODULE = """
import keras
from kerasparts.core.part import part

@part
class Reloadable(keras.layers.Layer):
    revision = {revision}
"""


@pytest.fixture
def registry():
    """Forgets what a test registers."""
    objects = keras.saving.get_custom_objects()
    before = dict(objects)
    yield objects
    objects.clear()
    objects.update(before)


def test_a_part_is_registered_under_the_name_of_the_library(registry):
    @part
    class Fresh(keras.layers.Layer):
        pass

    assert keras.saving.get_registered_name(Fresh) == "kerasparts>Fresh"
    assert keras.saving.get_registered_object("kerasparts>Fresh") is Fresh


def test_the_class_itself_comes_back(registry):
    class Plain:
        def get_config(self):
            return {}

    assert part(Plain) is Plain


def test_a_second_class_of_the_same_name_is_refused_and_the_first_stays(registry):
    def make(module):
        return type("Twin", (keras.layers.Layer,), {"__module__": module})

    first = part(make("kerasparts.one"))
    with pytest.raises(
        ValueError, match=r"Received: kerasparts\.two\.Twin, but 'kerasparts>Twin' is already kerasparts\.one"
    ):
        part(make("kerasparts.two"))
    assert keras.saving.get_registered_object("kerasparts>Twin") is first


def test_keras_lets_the_second_class_take_over(registry):
    def make(module):
        cls = type("Silent", (keras.layers.Layer,), {"__module__": module})
        return keras.saving.register_keras_serializable("kerasparts")(cls)

    make("kerasparts.one")
    second = make("kerasparts.two")
    assert keras.saving.get_registered_object("kerasparts>Silent") is second


def test_a_module_may_be_reloaded_and_its_new_class_counts(registry, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a cached file of the same second would hide the change
    path = tmp_path / "reloadable_part.py"
    path.write_text(MODULE.format(revision=1))
    module = importlib.import_module("reloadable_part")
    path.write_text(MODULE.format(revision=2))
    importlib.reload(module)
    del sys.modules["reloadable_part"]
    assert keras.saving.get_registered_object("kerasparts>Reloadable").revision == 2
