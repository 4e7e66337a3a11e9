"""Compiled forward and backward pass of each activation that Keras also has, ours against Keras' own, in turn.

    python benchmarks/activations.py [ROUNDS]

Prints the median time of a pass over 1,000,000 numbers and the median of the ratios, pair by pair.
"""

import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops

import kerasparts as kp
from kerasparts import backend

PAIRS = {
    "Linear": (kp.activations.Linear(), keras.activations.linear),
    "Sigmoid": (kp.activations.Sigmoid(), keras.activations.sigmoid),
    "Tanh": (kp.activations.Tanh(), keras.activations.tanh),
    "ReLU": (kp.activations.ReLU(), keras.activations.relu),
    "ReLU(6)": (kp.activations.ReLU(6.0), keras.activations.relu6),
    "LeakyReLU(0.2)": (kp.activations.LeakyReLU(0.2), keras.activations.leaky_relu),
    "ELU": (kp.activations.ELU(), keras.activations.elu),
    "SELU": (kp.activations.SELU(), keras.activations.selu),
    "Softplus": (kp.activations.Softplus(), keras.activations.softplus),
    "GELU": (kp.activations.GELU(), keras.activations.gelu),
    "GELU(approximate)": (
        kp.activations.GELU(approximate=True),
        lambda x: keras.activations.gelu(x, approximate=True),
    ),
    "Swish": (kp.activations.Swish(), keras.activations.silu),
    "Softmax": (kp.activations.Softmax(), keras.activations.softmax),
}


def passes(function, x):
    """Compiled value and gradient of the sum of squares of the activation."""
    variable = keras.Variable(x)
    run = backend.value_and_gradients(lambda: ops.sum(ops.square(function(variable.value))), [variable])

    def seconds(repeats=10):
        begin = time.perf_counter()
        for _ in range(repeats):
            value, _ = run()
        float(ops.convert_to_numpy(value))
        return (time.perf_counter() - begin) / repeats

    return seconds


def main(rounds=15):
    x = np.random.default_rng(0).normal(size=(1000, 1000)).astype("float32")
    columns = f"{'activation':20} {'ours, ms':>9} {'Keras, ms':>9} {'ratio':>6}"
    print(f"{columns}   ({keras.backend.backend()}, {rounds} rounds)")
    for name, (ours, theirs) in PAIRS.items():
        pair = passes(ours, x), passes(theirs, x)
        for seconds in pair:
            seconds()  # compile
        times = [tuple(seconds() for seconds in pair) for _ in range(rounds)]
        medians = [1e3 * statistics.median(column) for column in zip(*times, strict=True)]
        ratio = statistics.median(one / two for one, two in times)
        print(f"{name:20} {medians[0]:9.2f} {medians[1]:9.2f} {ratio:6.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
