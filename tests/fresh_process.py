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


def answers(model, x):
    """By the name of the output; not by `predict`, which compiles for each model."""
    outputs = model(x, training=False)
    outputs = outputs if isinstance(outputs, dict) else {"predictions": outputs}
    return {name: keras.ops.convert_to_numpy(output) for name, output in outputs.items()}


def main(folder, names):
    warnings.simplefilter("error", UserWarning)  # Keras only warns when it drops saved state
    x = np.load(folder / "x.npy")
    for name in names:
        model = keras.models.load_model(folder / f"{name}.keras")
        predictions = answers(model, x)
        targets = dict(np.load(folder / f"{name}.y.npz"))
        targets = targets["y"] if "predictions" in predictions else targets
        model.fit(x, targets, epochs=2, batch_size=8, shuffle=False, verbose=0)
        weights = {f"weight{i}": w for i, w in enumerate(model.get_weights())}
        np.savez(folder / f"{name}.npz", **predictions, **weights)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
