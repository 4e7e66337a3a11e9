"""Compiled forward and backward pass of each activation that Keras also has, ours against Keras' own, in turn.

    python benchmarks/activations.py [ROUNDS]

Prints the median time of a pass over 1,000,000 numbers, the median ratio of ours to Keras', and the same figure for
Keras' against Keras' own, which is the error of the measurement.

Where in memory one compiled copy happens to lie changes its time by several percent, and what runs first finds colder
caches. So each function is compiled several times over, and every round pairs the copies anew and runs each pair in
another order.
"""

import itertools
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops

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


def measure(functions, x, rounds):
    """Seconds a pass, in a row for every copy in every round, in a column for every function."""
    copies = [[passes(function, x) for _ in range(COPIES)] for function in functions]
    for seconds in itertools.chain(*copies):
        seconds(1)  # compile
    columns = range(len(functions))
    orders = list(itertools.permutations(columns))
    times = np.empty((rounds * COPIES, len(functions)))
    for row in range(len(times)):
        for column in orders[row % len(orders)]:
            shift = column * (row // COPIES)  # in every round another copy of Keras' stands beside each of ours
            times[row, column] = copies[column][(row + shift) % COPIES]()
    return times


def main(rounds=20):
    x = np.random.default_rng(0).normal(size=(1000, 1000)).astype("float32")
    columns = f"{'activation':20} {'ours, ms':>9} {'Keras, ms':>9} {'ratio':>6} {'Keras/Keras':>12}"
    print(f"{columns}   ({keras.backend.backend()}, {COPIES} copies, {rounds} rounds)")
    for name, (ours, theirs) in PAIRS.items():
        one, two, again = measure((ours, theirs, theirs), x, rounds).T
        times = f"{1e3 * np.median(one):9.2f} {1e3 * np.median(two):9.2f}"
        print(f"{name:20} {times} {np.median(one / two):6.2f} {np.median(again / two):12.2f}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
