"""Kills processes that save all the time.

`python saving.py FOLDER KILLS` starts a process that writes one checkpoint after the other into FOLDER, kills it at a
random moment, looks whether the newest good file is what it had finished, or newer, and starts the next. It prints how
many kills there were, how many good files were found, and how many kills left an unfinished file behind.
"""

import os
import random
import signal
import sys
import time
import types
import warnings
from pathlib import Path

import numpy as np

for name in ("kerasparts", "kerasparts.callbacks", "kerasparts.core"):  # without Keras, which takes seconds to load
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(Path(__file__).parents[2].joinpath(*name.split(".")))]

from kerasparts.callbacks._checkpoints import Checkpoints  # noqa: E402


def save_for_ever(folder, first, finished):
    files = Checkpoints(folder, keep=2)
    files.open()
    weights = np.arange(200_000, dtype="float32")
    other = dict.fromkeys(("step", "optimizer", "random", "callbacks"), 0)
    for epoch in range(first, 10**5):
        state = {**other, "epoch": epoch, "model": weights + epoch}
        files.write(state)
        os.write(finished, epoch.to_bytes(4, "big"))


def main(folder, kills):
    warnings.simplefilter("error", UserWarning)  # of a damaged file
    pauses = random.Random(0)
    good = unfinished = epoch = 0
    for _ in range(kills):
        source, finished = os.pipe()
        process = os.fork()
        if not process:
            save_for_ever(folder, epoch + 1, finished)
        os.close(finished)
        known = os.read(source, 4)  # the first is written
        time.sleep(pauses.uniform(0, 0.02))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        known += os.read(source, 2**16)
        os.close(source)
        _, state = Checkpoints(folder).newest()
        epoch = state["epoch"]
        same = np.array_equal(state["model"], np.arange(200_000, dtype="float32") + epoch)
        good += same and epoch >= int.from_bytes(known[-4:], "big")
        unfinished += any(name.endswith(".unfinished") for name in os.listdir(folder))
    print(f"{kills} kills, {good} good\n{unfinished} in the middle of a write")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
