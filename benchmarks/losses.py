"""Compiled forward and backward pass of each loss that Keras also has, ours against Keras' own, in turn.

    python benchmarks/losses.py [ROUNDS] [plain]

Each is compiled as `fit` compiles it (by XLA on TensorFlow and JAX; `plain`: a TensorFlow graph without XLA), and takes
the gradient by 1,000,000 predictions: 100,000 samples of 10 classes, or of 10 numbers. Prints the median time of a
pass, the median ratio of ours to Keras', and the same figure for Keras' against Keras' own, which is the error of the
measurement.
"""

import logging
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
SAMPLES, CLASSES = 100_000, 10
RANDOM = np.random.default_rng(0)
Z = RANDOM.normal(size=(SAMPLES, CLASSES)).astype("float32")
P = np.exp(Z) / np.exp(Z).sum(axis=-1, keepdims=True)
S = 1 / (1 + np.exp(-Z))
LABELS = RANDOM.integers(0, CLASSES, SAMPLES)
ROWS = np.eye(CLASSES, dtype="float32")[LABELS]
MANY = (RANDOM.uniform(size=Z.shape) < 0.3).astype("float32")
REAL = RANDOM.normal(size=Z.shape).astype("float32")

ours, theirs = kp.losses, keras.losses
PAIRS = {  # ours, Keras', targets, predictions
    "Sparse, logits": (
        ours.SparseCategoricalCrossentropy(True),
        theirs.SparseCategoricalCrossentropy(True),
        LABELS,
        Z,
    ),
    "Sparse": (ours.SparseCategoricalCrossentropy(), theirs.SparseCategoricalCrossentropy(), LABELS, P),
    "Categorical, logits": (ours.CategoricalCrossentropy(True), theirs.CategoricalCrossentropy(True), ROWS, Z),
    "Categorical": (ours.CategoricalCrossentropy(), theirs.CategoricalCrossentropy(), ROWS, P),
    "Categorical, smooth": (
        ours.CategoricalCrossentropy(True, label_smoothing=0.1),
        theirs.CategoricalCrossentropy(True, label_smoothing=0.1),
        ROWS,
        Z,
    ),
    "Binary, logits": (ours.BinaryCrossentropy(from_logits=True), theirs.BinaryCrossentropy(True), MANY, Z),
    "Binary": (ours.BinaryCrossentropy(), theirs.BinaryCrossentropy(), MANY, S),
    "Focal entries, logits": (
        ours.Focal(multi_label=True, from_logits=True),
        theirs.BinaryFocalCrossentropy(from_logits=True),
        MANY,
        Z,
    ),
    "Focal classes, logits": (
        ours.Focal(alpha=0.25, from_logits=True),
        theirs.CategoricalFocalCrossentropy(from_logits=True),
        ROWS,
        Z,
    ),
    "Hinge": (ours.Hinge(multi_label=True), theirs.Hinge(), MANY, Z),
    "SquaredHinge": (ours.Hinge(True, multi_label=True), theirs.SquaredHinge(), MANY, Z),
    "CategoricalHinge": (ours.Hinge(), theirs.CategoricalHinge(), ROWS, Z),
    "KLDivergence": (ours.KLDivergence(), theirs.KLDivergence(), S / S.sum(axis=-1, keepdims=True), P),
    "MeanSquaredError": (ours.MeanSquaredError(), theirs.MeanSquaredError(), REAL, Z),
    "MeanAbsoluteError": (ours.MeanAbsoluteError(), theirs.MeanAbsoluteError(), REAL, Z),
    "Huber": (ours.Huber(), theirs.Huber(), REAL, Z),
    "LogCosh": (ours.LogCosh(), theirs.LogCosh(), REAL, Z),
}


def compiled(loss, y, z, fused):
    """Loss and its gradient by the predictions as one program of the two."""
    y = ops.convert_to_tensor(y)
    if fused and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        @tf.function(jit_compile=True, autograph=False)
        def program(y, z):
            with tf.GradientTape() as tape:
                tape.watch(z)
                value = loss(y, z)
            return value, tape.gradient(value, z)

        z = ops.convert_to_tensor(z)
        return lambda: program(y, z)
    variable = keras.Variable(z)
    run = backend.value_and_gradients(lambda y: loss(y, variable.value), [variable])
    return lambda: run(y)


def passes(loss, y, z, fused):
    run = compiled(loss, y, z, fused)

    def seconds(repeats=10):
        begin = time.perf_counter()
        for _ in range(repeats):
            value, _ = run()
        float(ops.convert_to_numpy(value))
        return (time.perf_counter() - begin) / repeats

    return seconds


def main(rounds=10, fused=True, copies=COPIES, short=False):
    """`short`: some of the losses, in fewer rounds of fewer copies."""
    names = PAIRS
    if short:
        names = ("Sparse, logits", "Categorical, smooth", "Binary, logits", "Focal classes, logits", "Hinge", "Huber")
        rounds, copies = 6, 3
    logging.getLogger("tensorflow").setLevel("ERROR")  # of many programs that are compiled once each
    columns = f"{'loss':22} {'ours, ms':>9} {'Keras, ms':>9} {'ratio':>6} {'Keras/Keras':>12}"
    print(f"{columns}   ({keras.backend.backend()}, {'fused' if fused else 'plain'}, {copies} copies, {rounds} rounds)")
    rows = []
    for name in names:
        one, other, y, z = PAIRS[name]
        programs = [[passes(loss, y, z, fused) for _ in range(copies)] for loss in (one, other, other)]
        first, second, again = in_turn(programs, rounds).T
        times = f"{1e3 * np.median(first):9.2f} {1e3 * np.median(second):9.2f}"
        print(f"{name:22} {times} {np.median(first / second):6.2f} {np.median(again / second):12.2f}", flush=True)
        rows.append(compared(f"{name}, of 1,000,000 predictions, and gradient", "Keras", first, second, again))
    return rows


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), fused="plain" not in sys.argv[2:])
