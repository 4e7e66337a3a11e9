"""A training that goes on where an earlier run of the same line was killed.

`python killed.py FOLDER EPOCHS EVERY STEPS` trains for so many epochs with checkpoints in FOLDER, and kills itself
after so many steps, if not 0. At the end it writes `FOLDER/result.npz`: the weights, the state of the optimizer, and
what the callbacks know.
"""

import os
import signal
import sys
from pathlib import Path

import keras
import numpy as np

import kerasparts as kp


class Kill(keras.callbacks.Callback):
    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


def data(rows=84):
    x = np.random.default_rng(0).normal(size=(rows, 5)).astype("float32")
    return x, (x[:, :1] * x[:, 1:2] > 0).astype("float32")


def main(folder, epochs, every, steps):
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(16, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            kp.layers.Dropout(0.2),
            keras.layers.GaussianNoise(0.1),
            keras.layers.Dense(1),
        ]
    )
    decay = kp.optimizers.schedules.OneCycle(0.02, length=40)
    model.compile(
        kp.optimizers.AdamW(decay, use_ema=True, ema_momentum=0.9),
        kp.losses.BinaryCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    stopping = kp.callbacks.EarlyStopping("val_accuracy", patience=6)
    bias = kp.callbacks.BiasVarianceDiagnostics(sample_size=32)
    gauges = kp.callbacks.TrainingDiagnostics(probe=32, every=3, verbose=0, stop_on={"dead_relu"})
    checkpoint = kp.callbacks.Checkpoint(folder, every=every)
    history = model.fit(
        *data(),
        batch_size=16,
        validation_data=data(40),
        epochs=epochs,
        verbose=0,
        callbacks=[stopping, bias, gauges, checkpoint, Kill(steps)],
    ).history

    found = {f"model/{i}": value for i, value in enumerate(model.get_weights())}
    found |= {f"seeds/{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(model.variables)}
    found |= {f"optimizer/{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(model.optimizer.variables)}
    found |= {f"history/{name}": values for name, values in history.items()}
    found |= {f"stopping/{name}": getattr(stopping, name) for name in ("best", "best_epoch", "wait")}
    for name, signals in (("bias", bias.signals), ("gauges", gauges.signals)):
        known, arrays = signals._split()
        found |= {f"{name}/{key}": value for key, value in arrays.items()} | {f"{name}/known": str(known)}
    np.savez(Path(folder) / "result.npz", **found)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if sys.argv[3] == "epoch" else int(sys.argv[3]), int(sys.argv[4]))
