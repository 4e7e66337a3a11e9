"""Time that `fit` waits for a checkpoint: `Checkpoint`, Keras' `ModelCheckpoint`, and writing as many bytes.

    python benchmarks/checkpoint.py [--weights N ...] [--rounds N]

Both write model and Adam's state after the same epochs of the same fit, in turn, each with an idle disk. Of the two,
`Checkpoint` alone waits until the file is on the disk, as what is written has to outlive a crash; so `bytes, synced` is
the least that it could take, and `bytes` the least for `ModelCheckpoint`.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rows import compared

import kerasparts as kp


class Turns(keras.callbacks.Callback):
    """Calls one after the other at the end of each epoch, and notes how long each takes."""

    def __init__(self, contestants):
        super().__init__()
        self.contestants = contestants
        self.times = {name: [] for name in contestants}

    def on_epoch_end(self, epoch, logs=None):
        names = list(self.contestants)
        for name in names[epoch % len(names) :] + names[: epoch % len(names)]:
            os.sync()
            start = time.perf_counter()
            self.contestants[name](epoch, logs)
            self.times[name].append(time.perf_counter() - start)


class Called(kp.callbacks.Checkpoint):
    """Waits for its turn."""

    def on_epoch_end(self, epoch, logs=None):
        pass


def write(path, content, is_synced):
    with open(path, "wb") as file:
        file.write(content)
        if is_synced:
            file.flush()
            os.fsync(file.fileno())


def measure(weights, rounds, folder):
    side = round(weights**0.5)
    model = keras.Sequential([keras.Input((side,)), keras.layers.Dense(side, use_bias=False)])
    model.compile("adam", "mse", jit_compile=False)
    ours = Called(folder / "ours", keep=1, verbose=0)
    keras_own = keras.callbacks.ModelCheckpoint(folder / "model.keras")
    keras_own.set_model(model)
    content = memoryview(np.ones(4 * 3 * side * side, "uint8"))
    turns = Turns(
        {
            "Checkpoint": super(Called, ours).on_epoch_end,
            "ModelCheckpoint": keras_own.on_epoch_end,
            "bytes, synced": lambda *_: write(folder / "synced", content, True),
            "bytes": lambda *_: write(folder / "bytes", content, False),
        }
    )
    x = np.ones((1, side), "float32")
    model.fit(x, x, epochs=rounds + 1, verbose=0, callbacks=[turns, ours])
    return {name: times[1:] for name, times in turns.times.items()}


def main(weights=(1_000_000, 50_000_000), rounds=9, short=False):
    """`short`: fewer weights, fewer rounds."""
    weights, rounds = ((1_000_000, 10_000_000), 5) if short else (weights, rounds)
    rows = []
    print(f"{keras.backend.backend()}, median of {rounds} epochs; seconds, and times those of ModelCheckpoint")
    for count in weights:
        with tempfile.TemporaryDirectory(dir=".") as folder:  # not in memory, as /tmp may be
            found = measure(count, rounds, Path(folder))
        print(f"{count:>12,} weights")
        medians = {name: statistics.median(seconds) for name, seconds in found.items()}
        for name, seconds in medians.items():
            print(f"  {name:16} {seconds:8.3f} s {seconds / medians['ModelCheckpoint']:6.2f}", flush=True)
        for peer in ("ModelCheckpoint", "bytes, synced"):
            what = f"Checkpoint of {count:,} weights and Adam's state"
            rows.append(compared(what, peer, found["Checkpoint"], found[peer]))
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=int, nargs="+", default=[1_000_000, 50_000_000])
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    main(arguments.weights, arguments.rounds)
