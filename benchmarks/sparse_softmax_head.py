"""A training step of `layers.SparseSoftmaxHead` against `Dense` and Keras' cross-entropy: time in turn, memory apart.

    python benchmarks/sparse_softmax_head.py [CLASSES] [BATCH] [INPUTS] [ROUNDS]

Each memory is measured in a process of its own: the highest resident set of two steps, less what the process held
with the built model. Also prints how far the losses and the weights after the steps are apart.
"""

import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rows import Row, compared

import kerasparts as kp

KINDS = {
    "head": (kp.layers.SparseSoftmaxHead, kp.losses.SparseCategoricalCrossentropy),
    "dense": (keras.layers.Dense, keras.losses.SparseCategoricalCrossentropy),
}


def network(kind, classes, inputs):
    layer, loss = KINDS[kind]
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((inputs,)), layer(classes)])
    model.compile(keras.optimizers.SGD(0.1), loss(from_logits=True))
    return model


def data(classes, batch, inputs):
    random = np.random.default_rng(0)
    return random.normal(size=(batch, inputs)).astype("float32"), random.integers(0, classes, batch)


def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))


def peak(kind, classes, batch, inputs):
    """Prints the megabytes that two steps take beyond the built model."""
    model, (x, y) = network(kind, classes, inputs), data(classes, batch, inputs)
    before = memory("VmRSS")
    for _ in range(2):
        model.train_on_batch(x, y)
    print(memory("VmHWM") - before)


def main(classes=100_000, batch=4096, inputs=256, rounds=5, short=False):
    """`short`: a fifth of the classes, a quarter of the batch."""
    classes, batch = (20_000, 1024) if short else (classes, batch)
    sizes = classes, batch, inputs
    print(f"{batch} x {inputs} to {classes:,} classes ({keras.backend.backend()}, {rounds} rounds)")
    peaks = {}
    for kind in KINDS:
        command = [sys.executable, __file__, "--peak", kind, *map(str, sizes)]
        peaks[kind] = float(subprocess.check_output(command, text=True).split()[-1])
    models, (x, y) = {kind: network(kind, classes, inputs) for kind in KINDS}, data(*sizes)
    losses, times = {}, {kind: [] for kind in KINDS}
    for turn in range(rounds + 1):
        for kind in sorted(KINDS, reverse=turn % 2):
            begin = time.perf_counter()
            losses[kind] = float(models[kind].train_on_batch(x, y))
            times[kind].append(time.perf_counter() - begin)
    for kind, seconds in times.items():
        print(f"{kind:6} {statistics.median(seconds[1:]):6.2f} s a step {peaks[kind]:7.0f} MB at most")
    ratio = statistics.median(one / two for one, two in zip(times["head"][1:], times["dense"][1:], strict=True))
    print(f"ratio  {ratio:6.2f}          {peaks['head'] / peaks['dense']:7.2f}")
    ours, theirs = (model.get_weights() for model in models.values())
    apart = max(np.abs(one - two).max() for one, two in zip(ours, theirs, strict=True))
    print(f"losses {abs(losses['head'] - losses['dense']):.1e} and weights {apart:.1e} apart")
    what, peer = f"SparseSoftmaxHead, {batch:,} x {inputs} to {classes:,} classes", "Dense, Keras' loss"
    both = peaks["head"], peaks["dense"]
    return [
        compared(f"a step with {what}", peer, times["head"][1:], times["dense"][1:]),
        Row(f"memory of a step with {what}", peer, "MB", *both, both[0] / both[1], note="one process each"),
    ]


if __name__ == "__main__":
    if "--peak" in sys.argv:
        peak(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        main(*map(int, sys.argv[1:]))
