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
from tests.models import model_with, targets_of

SAVED = [case for case in cases.ALL if case.saved and case not in cases.SCHEDULES]  # these have no state
EVERY = pytest.mark.parametrize("case", SAVED, ids=str)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    random = np.random.default_rng(0)
    x, y = random.normal(size=(32, 4, 3)).astype("float32"), random.integers(0, 3, (32, 4))
    np.save(folder / "x.npy", x)
    results = {}
    for case in SAVED:
        model = model_with(case, x)
        targets = targets_of(case, y)
        np.save(folder / f"{case}.y.npy", targets)
        model.fit(x, targets, epochs=2, batch_size=8, shuffle=False, verbose=0)
        model.save(folder / f"{case}.keras")
        predictions = model.predict(x, verbose=0)
        model.fit(x, targets, epochs=2, batch_size=8, shuffle=False, verbose=0)
        results[str(case)] = (predictions, model.get_weights())
    subprocess.run(
        [sys.executable, str(ROOT / "tests" / "fresh_process.py"), str(folder), *results],
        check=True,
        env={**os.environ, "KERAS_BACKEND": keras.backend.backend(), "PYTHONPATH": str(ROOT)},
    )
    return {name: (*result, np.load(folder / f"{name}.npz")) for name, result in results.items()}


@EVERY
def test_gives_the_same_answers(case, elsewhere):
    predictions, _, there = elsewhere[str(case)]
    np.testing.assert_array_equal(there["predictions"], predictions)


@EVERY
def test_trains_on_as_if_never_stopped(case, elsewhere):
    _, weights, there = elsewhere[str(case)]
    for index, weight in enumerate(weights):
        np.testing.assert_array_equal(there[f"weight{index}"], weight)
