"""Several processes that train one model together, on this machine, and what README says of those that cannot."""

import ast
import importlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BACKEND = keras.backend.backend()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def two_processes(script, *arguments):
    """What each of two processes of a script prints, errors too."""
    command = [sys.executable, Path(__file__).with_name(script), *arguments]
    started = [
        subprocess.Popen(
            [*command, process],
            env={**os.environ, "KERAS_BACKEND": BACKEND, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for process in "01"
    ]
    try:
        return [one.communicate(timeout=240)[0] for one in started]
    finally:
        for one in started:
            one.kill()


@pytest.fixture
def distributed(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples")
    return importlib.import_module("distributed")


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "jax", reason="it runs on JAX, whatever the backend")
def test_two_processes_train_the_model_of_one(distributed, tmp_path):
    assert distributed.main(tmp_path, epochs=3) < 1e-5
    for name in ("one", "two"):
        files = {path.name for path in (tmp_path / name).iterdir()}
        assert files == {"checkpoint", "model.keras", "report.html"}

    distributed.run(tmp_path / "again", 2, processes=2)
    distributed.run(tmp_path / "again", 3, processes=2)  # from the checkpoint of the first process
    models = [keras.models.load_model(tmp_path / name / "model.keras") for name in ("two", "again")]
    for ours, others in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(ours, others)


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "torch", reason="of Torch alone")
def test_gauges_warn_once_of_a_torch_group_whose_processes_train_apart():
    printed = [output.splitlines()[-2:] for output in two_processes("alone.py", *free_ports(1))]
    warned, weights = zip(*(map(ast.literal_eval, lines) for lines in printed), strict=True)
    for messages in warned:
        assert len(messages) == 1
        assert "trains a model of its own" in messages[0]
    assert weights[0] != weights[1]


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow", reason="of TensorFlow alone")
def test_fit_of_keras_fails_under_a_strategy_of_many_workers():
    """The day it does not, README has a word to take back."""
    for output in two_processes("workers.py", *free_ports(2)):
        assert "unsupported type (<class 'tensorflow.python.distribute.values.PerReplica'>)" in output
