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
from tests.fresh_process import answers
from tests.models import HIDDEN, chosen, kind_of, model_with, targets_of, with_layers, with_losses

SAVED = [case for case in cases.ALL if case.saved and case not in cases.SCHEDULES]  # these have no state
QUICK = ("AdamW", "SGD", "LBFGS", "Lookahead", "SkipNonFinite")  # of those that need a model each
ROOT = Path(__file__).parents[2]


def file_of(case):
    """Layers and parts of layers share one file, losses another: one compilation for all."""
    kind = kind_of(case)
    return "layers" if kind == "layers" or kind in HIDDEN else "losses" if kind == "losses" else str(case)


def marks(case):
    is_quick = file_of(case) in ("layers", "losses") or str(case).startswith(QUICK)
    return [] if is_quick else [pytest.mark.slow]


EVERY = pytest.mark.parametrize("case", [pytest.param(case, marks=marks(case), id=str(case)) for case in SAVED])


def models(rows, x, y):
    """Name of the file, compiled model, and targets for each of its outputs, or one array of them."""
    files = {}
    for case in rows:
        files.setdefault(file_of(case), []).append(case)
    for file, parts in files.items():
        if file == "layers":
            yield file, with_layers(parts, x), {str(case): y[:, 0] for case in parts}
        elif file == "losses":
            yield file, with_losses(parts), {str(case): targets_of(case, y) for case in parts}
        else:
            yield file, model_with(parts[0]), y


@pytest.fixture(scope="module")
def elsewhere(request, tmp_path_factory):
    """By the file: predictions and trained model of here, and what there was."""
    folder = tmp_path_factory.mktemp("saved")
    random = np.random.default_rng(0)
    x, y = random.normal(size=(32, 4, 3)).astype("float32"), random.integers(0, 3, (32, 4))
    np.save(folder / "x.npy", x)
    here = {}
    for file, model, targets in models(chosen(request, SAVED), x, y):
        np.savez(folder / f"{file}.y.npz", **(targets if isinstance(targets, dict) else {"y": targets}))
        model.fit(x, targets, epochs=2, batch_size=8, shuffle=False, verbose=0)
        model.save(folder / f"{file}.keras")
        predictions = answers(model, x)
        model.fit(x, targets, epochs=2, batch_size=8, shuffle=False, verbose=0)
        here[file] = predictions, model
    subprocess.run(
        [sys.executable, str(ROOT / "tests" / "fresh_process.py"), str(folder), *here],
        check=True,
        env={**os.environ, "KERAS_BACKEND": keras.backend.backend(), "PYTHONPATH": str(ROOT)},
    )
    return {file: (*results, np.load(folder / f"{file}.npz")) for file, results in here.items()}


@EVERY
def test_gives_the_same_answers(case, elsewhere):
    predictions, _, there = elsewhere[file_of(case)]
    name = "predictions" if file_of(case) == str(case) else str(case)
    np.testing.assert_array_equal(there[name], predictions[name])


@EVERY
def test_trains_on_as_if_never_stopped(case, elsewhere):
    _, model, there = elsewhere[file_of(case)]
    compared = range(len(model.weights))
    if file_of(case) != str(case):
        names = [str(case), f"{case}_hidden", *(layer.name for layer in model.layers if type(layer) is case.part)]
        compared = [i for i in compared if model.weights[i].path.split("/")[0] in names]
    assert compared
    for index in compared:
        np.testing.assert_array_equal(there[f"weight{index}"], model.weights[index].numpy())
