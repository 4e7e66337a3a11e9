"""Callbacks that move learning rates, and those that gather weights: stopped and gone on by `Checkpoint`."""

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.optimizers.schedules import CosineWarmRestarts

X = np.random.default_rng(0).normal(2.0, 3.0, size=(40, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]
BUILDS = {
    "averaged by the epoch": lambda: kp.callbacks.StochasticWeightAveraging(start=1, frequency=2),
    "averaged by the step": lambda: kp.callbacks.StochasticWeightAveraging(start=1, frequency=3, unit="step"),
    "reduced": lambda: kp.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, min_delta=1e9),
    "snapshots": lambda: kp.ensembles.SnapshotEnsemble(),
}


def trained(build, epochs, directory):
    """All that there is after a `fit` of a script that is started again."""
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(4, "relu"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.2)]
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])
    model.compile(kp.optimizers.AdamW(CosineWarmRestarts(0.01, length=7)), "mse", jit_compile=False)
    callback = build()
    callbacks = [callback, kp.callbacks.Checkpoint(directory, verbose=0)]
    model.fit(X, Y, validation_split=0.25, batch_size=8, epochs=epochs, callbacks=callbacks, verbose=0)
    taken = [weight for weights in getattr(callback, "snapshots", []) for weight in weights]
    variables = [*model.variables, *model.optimizer.variables]
    return [*map(keras.ops.convert_to_numpy, variables), *taken]


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILDS)
def test_six_epochs_at_once_are_three_and_three(name, tmp_path):
    once = trained(BUILDS[name], 6, tmp_path / "once")
    trained(BUILDS[name], 3, tmp_path / "twice")
    again = trained(BUILDS[name], 6, tmp_path / "twice")
    for one, other in zip(once, again, strict=True):
        np.testing.assert_array_equal(one, other)
