"""Activation functions."""

import numpy as np
from notes.claim import Finding, claim, pm
from notes.nets import stack
from quiet import keras  # Keras, without the start-up messages of TensorFlow


@claim(
    "Without activation functions a deep network is a linear function.",
    "Five linear layers of 32 units: the largest deviation, over the largest output, from the one linear map that the "
    "outputs at the unit vectors give.",
)
def linear_stack(seeds):
    net = stack(seeds, [8, 32, 32, 32, 32, 32, 3], activation=None)
    x = np.random.default_rng(0).normal(size=(200, seeds, 8)).astype("float32")
    basis = np.repeat(np.eye(8, dtype="float32")[:, None], seeds, axis=1)
    outputs, columns = (keras.ops.convert_to_numpy(net(values)) for values in (x, basis))
    linear = np.einsum("bsi,iso->bso", x, columns)
    deviation = np.abs(outputs - linear).max(axis=(0, 2)) / np.abs(outputs).max(axis=(0, 2))
    return Finding("holds" if deviation.max() < 1e-5 else "does not hold here", f"{pm(deviation, '.1e')} (float32)")
