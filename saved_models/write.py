"""Writes the files of this version that every later version must load: `python saved_models/write.py`.

One model a version with every part that can be saved; its input, its output, its output after five more epochs, and the
versions that made it. Files that are there are never overwritten.
"""

import json
import platform
from itertools import cycle
from pathlib import Path

import keras
import numpy as np

import kerasparts as kp

FOLDER = Path(__file__).parent / kp.__version__


def activations():
    a = kp.activations
    yield from (a.Linear(), a.Step(0.1, "arctan"), a.Sigmoid(), a.Tanh(), a.ReLU(6.0), a.LeakyReLU(0.1), a.ELU(0.7))
    yield from (a.SELU(), a.Softplus(2.0), a.GELU(True), a.Swish(1.5), a.Softmax(temperature=2.0), a.Snake(1.5))
    yield from (a.LiSHT(), a.RReLU(0.2, 0.2, seed=1))  # equal bounds: its noise differs from backend to backend


def initializers():
    i = kp.initializers
    yield from (i.VarianceMatched("tanh", "fan_avg", "uniform", 1), i.ScaledOrthogonal("tanh", 2))
    yield from (i.DeltaOrthogonal("tanh", 3), i.SparseNormal(2, "tanh", None, 4))


def regularizers():
    r = kp.regularizers
    halving = keras.optimizers.schedules.ExponentialDecay(1.0, 2, 0.5)
    yield from (r.L1(1e-3), r.L2(1e-3), r.L1L2(1e-3, 1e-3) + keras.regularizers.L2(5e-4), r.GroupLasso(1e-3))
    yield from (r.SpectralNorm(1e-3), r.L2SP(1e-3, start=0.0), r.Annealed(r.L2(1e-2), halving))


def build(x):
    """One branch an activation, each with the next initializer and regularizer, and one for each learned activation."""
    scaling = kp.layers.RobustScaling(quantile_range=(10.0, 90.0))
    scaling.adapt(x)
    inputs = keras.Input((3,))
    h = scaling(inputs)
    branches = [
        keras.layers.Dense(4, activation=f, kernel_initializer=i, kernel_regularizer=r)(h)
        for f, i, r in zip(activations(), cycle(initializers()), cycle(regularizers()), strict=False)
    ]
    branches += [
        layer(h) for layer in (kp.layers.ParametricReLU(), kp.layers.ParametricSwish(), kp.layers.Maxout(4, 3))
    ]
    outputs = keras.layers.Dense(3)(keras.layers.Concatenate()(branches))
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
