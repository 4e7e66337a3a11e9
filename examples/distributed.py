"""Trains one model in two processes that share every batch, as on two machines, and in one; the weights are the same.

    python examples/distributed.py [FOLDER]

JAX and `keras.distribution.DataParallel` do the work: the script starts itself with `KERAS_BACKEND=jax`, twice at once
and then alone, and ends what takes too long. The processes find one another at a port of 127.0.0.1; on two machines
that would be an address of the first. Optimizer, loss, gauge and checkpoint are ours: every process measures and has
the diagnosis, the first one alone writes files, and all go on from its checkpoint when they are started again.
"""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from quiet import keras, tensorflow  # without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

import kerasparts as kp

BATCH = 64  # of all processes together
SECONDS = 300  # for one training


def build_model():
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, kp.activations.Swish(), kernel_initializer=kp.initializers.VarianceMatched("swish")),
            kp.layers.Dropout(0.2, seed=2),
            keras.layers.Dense(10),
        ]
    )
    loss = kp.losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.05)
    model.compile(kp.optimizers.AdamW(3e-3, weight_decay=0.01), loss, metrics=["accuracy"])
    return model


def train(folder, epochs, address, processes, process):
    """One of the processes of a training."""
    if processes > 1:
        import jax

        jax.distributed.initialize(address, processes, process, coordinator_bind_address=address)
        keras.distribution.set_distribution(keras.distribution.DataParallel())
    keras.utils.set_random_seed(1)  # the same first weights everywhere

    x, y = load_digits(return_X_y=True)
    (x, y), dev, _ = kp.model_selection.train_dev_test_split(x.astype("float32") / 16, y.astype("int32"), seed=1)
    # What Keras can share out. Shared out, it forgets its length: so it has no end, and the steps are told. The order
    # of an epoch follows from its number, so that it is the same in every process, whoever else reads the data.
    rows = tensorflow.data.Dataset.from_tensor_slices

    def in_order_of(epoch):
        shuffled = rows((x, y)).shuffle(len(x), seed=epoch, reshuffle_each_iteration=False)
        return shuffled.batch(BATCH, drop_remainder=True)

    data = tensorflow.data.Dataset.range(10**6).flat_map(in_order_of)
    dev_data = rows(tuple(dev)).batch(BATCH, drop_remainder=True).repeat()

    model = build_model()
    gauges = kp.callbacks.TrainingDiagnostics(report=folder / "report.html", verbose=0)
    checkpoint = kp.callbacks.Checkpoint(folder / "checkpoint", verbose=0)
    model.fit(
        data,
        steps_per_epoch=len(x) // BATCH,
        validation_data=dev_data,
        validation_steps=len(dev[0]) // BATCH,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[gauges, checkpoint],
    )
    print(f"Process {process}: {str(gauges.diagnosis).splitlines()[0]}")
    if process == 0:
        keras.distribution.set_distribution(None)  # or `save`, which makes a variable, waits for the other process
        model.save(folder / "model.keras")


def run(folder, epochs, processes):
    """Starts the processes of a training, waits, and gives what they print."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    started = []
    try:
        for process in range(processes):
            arguments = [sys.executable, __file__, folder, epochs, address, processes, process]
            started.append(
                subprocess.Popen(
                    list(map(str, arguments)),
                    env={**os.environ, "KERAS_BACKEND": "jax"},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
        printed = [one.communicate(timeout=SECONDS) for one in started]
    finally:
        for one in started:
            one.kill()
    for one, (_, errors) in zip(started, printed, strict=True):
        if one.returncode:
            raise RuntimeError(f"A process ended with {one.returncode}:\n{errors}")
    return "".join(output for output, _ in printed)


def main(folder, epochs=10):
    """Runs the example; returns how far the weights of two processes are from those of one."""
    folder, models = Path(folder), []
    for name, processes in {"two": 2, "one": 1}.items():
        print(f"\nTraining in {name}:\n{run(folder / name, epochs, processes)}", end="")
        print("Files:", *sorted(path.name for path in (folder / name).iterdir()))
        models.append(keras.models.load_model(folder / name / "model.keras"))
    difference = max(
        float(np.abs(ours - others).max())
        for ours, others in zip(*(model.get_weights() for model in models), strict=True)
    )
    print(f"\nLargest difference of a weight: {difference:.1e}")
    return difference


if __name__ == "__main__":
    if len(sys.argv) == 6:
        folder, epochs, address, processes, process = sys.argv[1:]
        train(Path(folder), int(epochs), address, int(processes), int(process))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
