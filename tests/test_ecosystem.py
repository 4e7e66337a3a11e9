"""The examples with tools that others make, where these are installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = {  # the package it needs, arguments of the short form, and what must be on the screen
    "with_keras_tuner": ("keras_tuner", dict(trials=2, epochs=2), "Test accuracy: 0."),
    "with_mlflow": ("mlflow", dict(epochs=2), "Test accuracy of the logged model: 0."),
    "with_optuna": ("optuna", dict(trials=2, epochs=2), "Verdict: "),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_example_runs(name, tmp_path):
    package, arguments, expected = EXAMPLES[name]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"needs {package}")
    result = subprocess.run(
        [sys.executable, "-c", f"import {name}; {name}.main({str(tmp_path)!r}, **{arguments!r})"],
        env={
            **os.environ,
            "KERAS_BACKEND": keras.backend.backend(),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "examples"))),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert expected in result.stdout
