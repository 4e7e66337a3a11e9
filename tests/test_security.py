"""What SECURITY.md promises: a file may name any object of ours, and none does more than compute."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import kerasparts as kp
from kerasparts.core.part import revived

ROOT = Path(__file__).parents[1]
GADGETS = {
    "ReadsAFile": "open",
    "ImportsAName": "import",
    "StartsAProcess": "subprocess.Popen",
    "EvaluatesText": "compile",
}


def audited(folder, *arguments):
    """The report of a process that builds, loads and calls every registered object under an audit hook."""
    report = folder / "report.json"
    subprocess.run(
        [sys.executable, str(ROOT / "tests" / "audited.py"), str(report), *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, "KERAS_BACKEND": keras.backend.backend(), "PYTHONPATH": str(ROOT)},
    )
    return json.loads(report.read_text())


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return audited(tmp_path_factory.mktemp("audit"))


@pytest.mark.slow
def test_every_registered_object_is_tried_in_files_that_load(report):
    registered = [name for name in keras.saving.get_custom_objects() if name.startswith("kerasparts>")]
    assert report["objects"] == len(registered)
    assert report["built"] > 5 * len(registered)
    assert report["loaded"] > 2 * len(registered)


@pytest.mark.slow
def test_no_object_of_ours_does_anything_but_compute(report):
    assert report["seen"] == []


@pytest.mark.slow
@pytest.mark.parametrize("gadget", GADGETS)
def test_an_object_that_does_more_would_be_seen(report, gadget):
    assert GADGETS[gadget] in report["gadgets"][gadget]


@pytest.mark.slow
def test_no_object_of_ours_does_anything_but_compute_with_any_hostile_argument(tmp_path):
    assert audited(tmp_path, "every")["seen"] == []


def function(module, name):
    return {"class_name": "function", "config": name, "module": module, "registered_name": name}


@pytest.mark.parametrize(
    "named",
    [
        function("keras.datasets.mnist", "load_data"),
        function("keras.datasets.imdb", "get_word_index"),
        {"class_name": "load_data", "module": "keras.datasets.mnist", "config": {}, "registered_name": None},
        function("keras.callbacks", "CSVLogger"),
    ],
    ids=lambda named: f"{named['class_name']} {named['config']}",
)
@pytest.mark.parametrize(
    "config",
    [
        lambda f: kp.layers.SqueezeExcite.from_config({**kp.layers.SqueezeExcite().get_config(), "activation": f}),
        lambda f: kp.optimizers.AdamW.from_config({**kp.optimizers.AdamW().get_config(), "learning_rate": f}),
        lambda f: kp.regularizers.Annealed(kp.regularizers.L2(0.1), f),
        lambda f: kp.initializers.VarianceMatched.from_config({"activation": f}),
        lambda f: kp.layers.Paraphrase.from_config({"generate": f}),
    ],
    ids=["SqueezeExcite", "AdamW", "Annealed", "VarianceMatched", "Paraphrase"],
)
def test_functions_of_keras_that_load_things_have_no_place_in_ours(config, named):
    with pytest.raises((ValueError, TypeError), match="must be"):  # Keras makes the second of the first
        config(named)


def test_functions_of_keras_that_compute_have_their_place():
    assert revived(keras.saving.serialize_keras_object(keras.activations.relu)) is keras.activations.relu
    assert revived(function("keras.ops", "sqrt")) is keras.ops.sqrt
