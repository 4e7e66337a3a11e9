"""An experiment of a few fits that take no time."""

import functools

import keras
import numpy as np

from kerasparts.model_selection.engines import Sequential
from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask

EAGER = keras.backend.backend() == "tensorflow"  # where tracing takes longer than training
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 3)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")
FINISHED = dict(history={"loss": [0.5]}, scores={"loss": 0.4}, train_scores={}, weights=None, seconds=0.0)


def build_model(units=4, learning_rate=0.01):
    """A compiled classifier."""
    layers = [keras.layers.Dense(units, "tanh"), keras.layers.Dropout(0.2), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((3,)), keras.layers.Normalization(), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"], run_eagerly=EAGER)
    return model


def plan(**changes):
    return FitPlan(**{**dict(build_model=build_model, x=X, y=Y, epochs=2, batch_size=15, keep_weights=True), **changes})


def tasks(count, **changes):
    return [
        FitTask(**{**dict(name=f"fit-{i}", rows=bootstrap(i), seed=i, test_rows=np.arange(30, 40)), **changes})
        for i in range(count)
    ]


def bootstrap(seed):
    return np.random.default_rng(seed).integers(0, 30, 30)


@functools.cache
def sequential_outcomes(count):
    return list(Sequential().run(plan(), tasks(count)))


def check_equal(outcomes, expected, tolerance=1e-5):
    """Checks everything but who ran it, and for how long."""
    assert [outcome.name for outcome in outcomes] == [outcome.name for outcome in expected]
    for ours, theirs in zip(outcomes, expected, strict=True):
        assert ours.history.keys() == theirs.history.keys()
        for name, values in theirs.history.items():
            np.testing.assert_allclose(ours.history[name], values, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(ours.predictions, theirs.predictions, rtol=tolerance, atol=tolerance)
        assert ours.scores.keys() == theirs.scores.keys()
        for name, value in theirs.scores.items():
            np.testing.assert_allclose(ours.scores[name], value, rtol=tolerance, atol=tolerance)
        for a, b in zip(ours.weights, theirs.weights, strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


class Finished:
    """An engine that knows all outcomes, and what it was asked for."""

    name = "finished"

    def __init__(self, note="", fail_after=None):
        self.note, self.fail_after = note, fail_after
        self.asked = []

    def run(self, plan, tasks):
        for task in reversed(tasks):
            if len(self.asked) == self.fail_after:
                raise KeyboardInterrupt
            self.asked.append(task.name)
            predictions = np.full((2, 1), task.seed, "float32")
            yield FitOutcome(name=task.name, predictions=predictions, engine=self.name, note=self.note, **FINISHED)
