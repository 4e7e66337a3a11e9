"""Callbacks, tried on a classifier whose logs have `loss` and `accuracy`, and both of validation."""

import tempfile
from pathlib import Path

import keras
import numpy as np

from kerasparts.core.state_file import read_state, write_state
from kerasparts.testing.subject import Subject, expect, numbers

INPUTS = None
X = numbers((40, 3))
Y = (X[:, 0] > 0).astype("int64")


def serves_one_fit_after_another(subject: Subject):
    """The second fit, of the same model from the same weights, has the history of the first."""
    callback = subject.build()
    one, other = (fitted(classifier(), callback) for _ in range(2))
    lengths = [len(next(iter(history.values()), [])) for history in (one, other)]
    expect(lengths[0] == lengths[1], f"the first fit takes {lengths[0]} epochs, the second, of the same, {lengths[1]}")
    changed = [name for name in {**one, **other} if not _is_equal(one.get(name), other.get(name))]
    expect(not changed, f"the second fit, of the same, has other values of {', '.join(changed)} than the first")


def bears_a_loss_of_nan(subject: Subject):
    model = classifier()
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    fitted(model, subject.build())


def has_a_state_that_can_be_written_down(subject: Subject):
    """Before a fit too, and another callback goes on from it."""
    callback, other = subject.build(), subject.build()
    expect(
        hasattr(callback, "get_state") == hasattr(callback, "set_state"), "of get_state and set_state one is missing"
    )
    if not hasattr(callback, "get_state"):
        return
    model = classifier(run_eagerly=True)  # for three epochs
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        write_state(path, callback.get_state())
        fitted(model, callback, epochs=1)
        write_state(path, callback.get_state())
        other.set_state(read_state(path))
    fitted(model, other, epochs=3, initial_epoch=1)


def classifier(**arguments):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], **arguments)
    return model


def fitted(model, *callbacks, **arguments):
    arguments = {"epochs": 6, "verbose": 0, **arguments}
    return model.fit(X, Y, validation_data=(X[:20], Y[:20]), callbacks=list(callbacks), **arguments).history


def _is_equal(one, other):
    return one is not None and other is not None and np.array_equal(one, other, equal_nan=True)


PROMISES = (serves_one_fit_after_another, bears_a_loss_of_nan, has_a_state_that_can_be_written_down)
