"""Files that earlier versions wrote load, give the same answers and train on, on every backend."""

import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasparts as kp
from tests import cases

FILES = sorted((Path(__file__).parents[1] / "saved_models").glob("[0-9]*/*.keras"))
FOLDERS = sorted({file.parent for file in FILES})
EVERY = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")


def test_this_version_has_its_files():
    assert kp.__version__ in {folder.name for folder in FOLDERS}, "run: python saved_models/write.py"


def predicted(model, x):
    predictions = model.predict(x, verbose=0)
    return np.concatenate(predictions, axis=-1) if isinstance(predictions, list) else predictions


@EVERY
def test_old_files_give_their_answers_and_train_on_with_the_state_they_hold(file):
    model = keras.models.load_model(file)
    data = np.load(file.with_suffix(".npz"))
    x, y = data["x"], [data[name] for name in data if name.startswith("y")]
    y = y if len(y) > 1 else y[0]
    np.testing.assert_allclose(predicted(model, x), data["predictions"], rtol=1e-4, atol=1e-5)
    assert model.evaluate(x, y, verbose=0, return_dict=True)["loss"] == pytest.approx(float(data["loss"]), rel=1e-5)
    model.fit(x, y, epochs=5, shuffle=False, verbose=0)
    # Backends round differently, and five steps of Adam amplify it.
    np.testing.assert_allclose(predicted(model, x), data["later"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_versions_are_recorded(folder):
    versions = json.loads((folder / "versions.json").read_text())
    assert versions["kerasparts"] == folder.name


def test_the_files_of_this_version_hold_every_part_that_can_be_saved():
    texts = "".join(_config(file) for file in FILES if file.parent.name == kp.__version__)
    for case in cases.ALL:
        if case.saved:
            assert f"kerasparts>{case.part.__name__}" in texts, case.part.__name__


def _config(file):
    with zipfile.ZipFile(file) as archive:
        return archive.read("config.json").decode()
