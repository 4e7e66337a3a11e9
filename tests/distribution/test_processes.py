"""Several processes that train one model together, on this machine."""

import ast
import importlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import pytest

ROOT = Path(__file__).parents[2]
BACKEND = keras.backend.backend()


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "jax", reason="it runs on JAX, whatever the backend")
def test_two_processes_train_the_model_of_one(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples")
    distributed = importlib.import_module("distributed")
    assert distributed.main(tmp_path, epochs=3) < 1e-5
    for name in ("one", "two"):
        files = {path.name for path in (tmp_path / name).iterdir()}
        assert files == {"checkpoint", "model.keras", "report.html"}


@pytest.mark.skipif(BACKEND != "torch", reason="of Torch alone")
def test_gauges_warn_once_of_a_torch_group_whose_processes_train_apart():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    script = Path(__file__).with_name("alone.py")
    started = [
        subprocess.Popen(
            [sys.executable, script, port, process],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for process in "01"
    ]
    printed = [one.communicate(timeout=120)[0].splitlines()[-2:] for one in started]
    warned, weights = zip(*(map(ast.literal_eval, lines) for lines in printed), strict=True)
    for messages in warned:
        assert len(messages) == 1
        assert "trains a model of its own" in messages[0]
    assert weights[0] != weights[1]
