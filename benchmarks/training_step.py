"""A compiled training step with a part of ours, against the same step with Keras' own, in turn in one process.

    python benchmarks/training_step.py [ROUNDS]

Prints the median time of a step and the median of the ratios, pair by pair. Both sides do the same work.
"""

import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rows import compared

import kerasparts as kp

BATCH, STEPS = 256, 40


def network(activation="silu", initializer="he_normal", regularizer=None, optimizer=None, loss=None):
    keras.utils.set_random_seed(0)
    hidden = [
        keras.layers.Dense(512, activation=activation, kernel_initializer=initializer, kernel_regularizer=regularizer)
        for _ in range(3)
    ]
    model = keras.Sequential([keras.Input((256,)), *hidden, keras.layers.Dense(10)])
    model.compile(
        optimizer or keras.optimizers.AdamW(1e-3),
        loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


PAIRS = {
    "activations.Swish": (lambda: network(kp.activations.Swish(1.0)), network),
    "regularizers.L1L2": (
        lambda: network(regularizer=kp.regularizers.L1L2(1e-5, 1e-4)),
        lambda: network(regularizer=keras.regularizers.L1L2(1e-5, 1e-4)),
    ),
    "losses.SparseCategoricalCrossentropy": (
        lambda: network(loss=kp.losses.SparseCategoricalCrossentropy(from_logits=True)),
        network,
    ),
    "optimizers.AdamW": (lambda: network(optimizer=kp.optimizers.AdamW(1e-3)), network),
}


def main(rounds=7, short=False):
    """`short`: five rounds."""
    rounds = 5 if short else rounds
    random = np.random.default_rng(0)
    x, y = random.normal(size=(BATCH * STEPS, 256)).astype("float32"), random.integers(0, 10, BATCH * STEPS)

    def seconds(model):
        begin = time.perf_counter()
        model.fit(x, y, batch_size=BATCH, verbose=0)
        return (time.perf_counter() - begin) / STEPS

    print(f"{'part':40} {'ours, ms':>9} {'Keras, ms':>9} {'ratio':>6}   ({keras.backend.backend()}, {rounds} rounds)")
    rows = []
    for name, (ours, theirs) in PAIRS.items():
        pair = ours(), theirs()
        for model in pair:
            seconds(model)  # compile
        times = [tuple(map(seconds, pair)) for _ in range(rounds)]
        medians = [1e3 * statistics.median(column) for column in zip(*times, strict=True)]
        ratio = statistics.median(one / two for one, two in times)
        print(f"{name:40} {medians[0]:9.2f} {medians[1]:9.2f} {ratio:6.2f}", flush=True)
        rows.append(compared(f"a step of `fit` with {name}", "Keras", *zip(*times, strict=True)))
    return rows


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
