"""A part that is trained on several devices, which share each batch, ends where it does on one device."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests import cases
from tests.models import chosen

BACKEND = keras.backend.backend()
ROOT = Path(__file__).parents[2]
ROWS = [
    *cases.OPTIMIZERS,
    *cases.WRAPPERS,
    *cases.TRANSFORMS,
    *(case for case in cases.KINDS["losses"] if case.saved),  # the others differ from these by a number
    *cases.LAYERS,
    *cases.OF_OUTPUTS,
    *cases.REGULARIZERS,
]
# One for each thing that could go wrong on TensorFlow, where each device has a part of the batch: state of single
# weights, sums over all of them, an optimizer inside, transforms; rows that do not count, a threshold that is learned;
# statistics of the batch, a loss of a layer, a count of the steps.
QUICK = {
    "AdamW", "Prodigy", "Lookahead", "AdaptiveClip", "SparseCategoricalCrossentropy", "Huber-auto",
    "GhostBatchNormalization", "UncertaintyWeighted", "Annealed",
}  # fmt: skip

pytestmark = pytest.mark.skipif(BACKEND == "torch", reason="Keras trains on one device on Torch")


def every(rows):
    marks = {case: [] if str(case) in QUICK else [pytest.mark.slow] for case in rows}
    return pytest.mark.parametrize("case", [pytest.param(case, marks=marks[case]) for case in rows], ids=str)


@pytest.fixture(scope="module")
def trained(request, tmp_path_factory):
    """Function of a row and a way to train; see `devices.py`."""
    folder = tmp_path_factory.mktemp("devices")
    subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name("devices.py"),
            folder,
            *map(str, chosen(request, [*ROWS, *cases.QUASI_NEWTON])),
        ],
        check=True,
        env={**os.environ, "KERAS_BACKEND": BACKEND, "PYTHONPATH": str(ROOT)},
    )
    files = {way: np.load(folder / f"{way}.npz") for way in ("one", "many", "halves")}

    def arrays(case, way):
        names = [name for name in files[way].files if name.startswith(f"{case}/")]
        return {name.removeprefix(f"{case}/"): files[way][name] for name in names}

    return arrays


def assert_same(ours, expected):
    assert ours.keys() == expected.keys() != set()
    for name in expected.keys() - {"apart"}:
        scale = max(1.0, np.abs(expected[name]).max(initial=0))
        np.testing.assert_allclose(ours[name] / scale, expected[name] / scale, rtol=0, atol=1e-6, err_msg=name)


@every(ROWS)
def test_ends_where_it_does_on_one_device(case, trained):
    one, many = trained(case, "one"), trained(case, "many")
    if BACKEND == "tensorflow" and case in cases.METRIC_LOSSES:
        one = trained(case, "halves")  # it compares the rows that a device has; on JAX a device sees them all
        one["losses"] = 2 * one["losses"]
    if BACKEND == "tensorflow" and case.random:
        one, many = {"start": one["start"]}, {"start": many["start"]}  # each device draws numbers for its own rows
    assert_same(many, one)


@pytest.mark.slow
@pytest.mark.parametrize("case", cases.QUASI_NEWTON, ids=str)
def test_l_bfgs_ends_where_it_does_on_one_device_or_is_refused(case, trained):
    one, many = trained(case, "one"), trained(case, "many")
    if BACKEND == "tensorflow":
        assert "`replicas` must be 1 for L-BFGS" in str(many["refused"])
    else:
        assert_same(many, one)


@every(ROWS)
def test_all_devices_have_the_same_weights(case, trained):
    many = trained(case, "many")
    assert many["apart"] <= 1e-7  # where each computes for itself, it rounds for itself
    assert np.isfinite(many["end"]).all()
    assert (many["start"] != many["end"]).any()
