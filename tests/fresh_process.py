"""Loads saved models in a process that imports only keras and kerasparts, predicts, and trains on.

`python fresh_process.py FOLDER NAME ...` reads `FOLDER/x.npy`, `FOLDER/NAME.keras` and `FOLDER/NAME.y.npz`, the targets
of each output, and writes `FOLDER/NAME.npz` with the predictions after loading and the weights after two more epochs.
"""

import sys
import warnings
from pathlib import Path

import keras
import numpy as np

import kerasparts  # noqa: F401

warnings.simplefilter("error", UserWarning)  # Keras only warns when it drops saved state

folder = Path(sys.argv[1])
x = np.load(folder / "x.npy")
for name in sys.argv[2:]:
    model = keras.models.load_model(folder / f"{name}.keras")
    predictions = model.predict(x, verbose=0)
    targets = dict(np.load(folder / f"{name}.y.npz"))
    if not isinstance(predictions, dict):
        predictions, targets = {"predictions": predictions}, targets["y"]
    model.fit(x, targets, epochs=2, batch_size=8, shuffle=False, verbose=0)
    weights = {f"weight{i}": w for i, w in enumerate(model.get_weights())}
    np.savez(folder / f"{name}.npz", **predictions, **weights)
