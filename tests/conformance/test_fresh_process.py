"""Every part that can be saved is loaded in a fresh process, gives the same answers, and trains on as if never stopped.

A model is trained for two epochs, saved, and trained for two more; what was saved is trained for two more elsewhere.
"""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests import cases
from tests.models import chosen, model_with, side_by_side, targets_of

SAVED = [case for case in cases.ALL if case.saved and case not in cases.SCHEDULES]  # these have no state
EVERY = pytest.mark.parametrize("case", SAVED, ids=str)
ROOT = Path(__file__).parents[2]


def layers_together(layers, x):
    """Compiled model with an output for each layer."""
    keras.utils.set_random_seed(11)
    parts = {case: case.build() for case in layers}
    for case, part in parts.items():
        if hasattr(part, "adapt"):
            part.adapt(x.reshape(-1, *case.shape))
    model = side_by_side(parts, units=3)
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@pytest.fixture(scope="module")
def elsewhere(request, tmp_path_factory):
    """By the row: predictions and trained model of here, and what there was. Layers share one model."""
    folder = tmp_path_factory.mktemp("saved")
    random = np.random.default_rng(0)
    x, y = random.normal(size=(32, 4, 3)).astype("float32"), random.integers(0, 3, (32, 4))
    np.save(folder / "x.npy", x)
    rows = chosen(request, SAVED)
    layers = [case for case in rows if case in cases.LAYERS]
    models = {str(case): (model_with(case, x), targets_of(case, y)) for case in rows if case not in layers}
    if layers:
        models["layers"] = (layers_together(layers, x), y[:, 0])
    here = {}
    for name, (model, targets) in models.items():
        np.save(folder / f"{name}.y.npy", targets)
        if name == "layers":
            targets = dict.fromkeys(model.output_names, targets)
        model.fit(x, targets, epochs=2, batch_size=8, shuffle=False, verbose=0)
        model.save(folder / f"{name}.keras")
        predictions = model.predict(x, verbose=0)
        model.fit(x, targets, epochs=2, batch_size=8, shuffle=False, verbose=0)
        here[name] = (predictions if name == "layers" else {"predictions": predictions}, model)
    subprocess.run(
        [sys.executable, str(ROOT / "tests" / "fresh_process.py"), str(folder), *models],
        check=True,
        env={**os.environ, "KERAS_BACKEND": keras.backend.backend(), "PYTHONPATH": str(ROOT)},
    )
    there = {name: np.load(folder / f"{name}.npz") for name in models}
    return {str(case): (*here[name], there[name]) for case in rows for name in [_file(case)]}


def _file(case):
    return "layers" if case in cases.LAYERS else str(case)


@EVERY
def test_gives_the_same_answers(case, elsewhere):
    predictions, _, there = elsewhere[str(case)]
    name = str(case) if case in cases.LAYERS else "predictions"
    np.testing.assert_array_equal(there[name], predictions[name])


@EVERY
def test_trains_on_as_if_never_stopped(case, elsewhere):
    _, model, there = elsewhere[str(case)]
    if case in cases.LAYERS:
        names = [str(case), *(layer.name for layer in model.layers if type(layer) is case.part)]
        compared = {i for i, weight in enumerate(model.weights) if weight.path.split("/")[0] in names}
    else:
        compared = range(len(model.weights))
    assert compared
    for index in compared:
        np.testing.assert_array_equal(there[f"weight{index}"], model.weights[index].numpy())
