"""Writes the files of this version that every later version must load: `python saved_models/write.py`.

One model a version with every part that can be saved; its input, its output, its output after five more epochs, and the
versions that made it. Files that are there are never overwritten.
"""

import json
import platform
from pathlib import Path

import keras
import numpy as np

import kerasparts as kp

FOLDER = Path(__file__).parent / kp.__version__


def build(x):
    scaling = kp.layers.RobustScaling(quantile_range=(10.0, 90.0))
    scaling.adapt(x)
    inputs = keras.Input((3,))
    h = scaling(inputs)
    swish = kp.activations.Swish(beta=1.5)
    h = keras.layers.Dense(
        8,
        activation=swish,
        kernel_initializer=kp.initializers.VarianceMatched(swish, mode="fan_avg", seed=1),
        kernel_regularizer=kp.regularizers.L1L2(1e-4, 1e-3) + keras.regularizers.L2(5e-4),
    )(h)
    step = keras.layers.Dense(4, activation=kp.activations.Step(0.1, "arctan"))(h)
    outputs = keras.layers.Dense(3)(keras.layers.Concatenate()([h, step]))
    model = keras.Model(inputs, outputs)
    model.compile(
        kp.optimizers.AdamW(0.01, weight_decay=0.02, weight_decay_exclude=["bias$"]),
        kp.losses.SparseCategoricalCrossentropy(
            from_logits=True, class_weight=[1.0, 2.0, 0.5], label_smoothing=0.1, ignore_class=-1
        ),
    )
    return model


def main():
    if FOLDER.exists():
        raise SystemExit(f"{FOLDER} is there already, and what a version has written is never overwritten.")
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x, y = random.normal(5.0, 3.0, (32, 3)).astype("float32"), random.integers(-1, 3, 32)
    model = build(x)
    model.fit(x, y, epochs=3, shuffle=False, verbose=0)
    FOLDER.mkdir()
    model.save(FOLDER / "parts.keras")
    loss = model.evaluate(x, y, verbose=0)
    predictions = model.predict(x, verbose=0)
    model.fit(x, y, epochs=5, shuffle=False, verbose=0)
    later = model.predict(x, verbose=0)
    np.savez(FOLDER / "parts.npz", x=x, y=y, predictions=predictions, loss=loss, later=later)
    versions = {
        "kerasparts": kp.__version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    (FOLDER / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")


if __name__ == "__main__":
    main()
