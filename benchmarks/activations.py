"""Compiled forward and backward pass of each activation that Keras also has, ours against Keras' own, in turn.

    python benchmarks/activations.py [ROUNDS]

Prints the median time of a pass over 1,000,000 numbers, the median ratio of ours to Keras', and the same figure for
Keras' against Keras' own, which is the error of the measurement.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops
from rows import compared, in_turn

import kerasparts as kp
from kerasparts import backend

COPIES = 5
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


def main(rounds=20, copies=COPIES, short=False):
    """`short`: some of the activations, in fewer rounds of fewer copies."""
    names = PAIRS
    if short:
        names, rounds, copies = ("ReLU", "LeakyReLU(0.2)", "SELU", "GELU", "Swish", "Softmax"), 8, 3
    x = np.random.default_rng(0).normal(size=(1000, 1000)).astype("float32")
    columns = f"{'activation':20} {'ours, ms':>9} {'Keras, ms':>9} {'ratio':>6} {'Keras/Keras':>12}"
    print(f"{columns}   ({keras.backend.backend()}, {copies} copies, {rounds} rounds)")
    rows = []
    for name in names:
        ours, theirs = PAIRS[name]
        one, two, again = in_turn([[passes(f, x) for _ in range(copies)] for f in (ours, theirs, theirs)], rounds).T
        times = f"{1e3 * np.median(one):9.2f} {1e3 * np.median(two):9.2f}"
        print(f"{name:20} {times} {np.median(one / two):6.2f} {np.median(again / two):12.2f}", flush=True)
        rows.append(compared(f"{name} of 1,000,000 numbers, and gradient", "Keras", one, two, again))
    return rows


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
