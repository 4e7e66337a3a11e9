"""Callbacks."""

import tempfile
from pathlib import Path

import numpy as np

from kerasparts.core.state_file import read_state, write_state
from kerasparts.testing.subject import ROWS, Subject, dense, expect, numbers

INPUTS = None
X, Y = numbers((ROWS, 6)), numbers((ROWS, 1), 1)


def serves_one_fit_after_another(subject: Subject):
    """The second fit, of the same model from the same weights, has the history of the first."""
    callback, histories = subject.build(), []
    for _ in range(2):
        history = fitted(dense(), callback)
        histories.append(history)
    lengths = [len(next(iter(history.values()), [])) for history in histories]
    expect(lengths[0] == lengths[1], f"the first fit takes {lengths[0]} epochs, the second, of the same, {lengths[1]}")


def bears_a_loss_of_nan(subject: Subject):
    model = dense()
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    fitted(model, subject.build())


def has_a_state_that_can_be_written_down(subject: Subject):
    callback = subject.build()
    expect(
        hasattr(callback, "get_state") == hasattr(callback, "set_state"), "of get_state and set_state one is missing"
    )
    if hasattr(callback, "get_state"):
        fitted(dense(), callback)
        again = subject.build()
        with tempfile.TemporaryDirectory() as folder:
            write_state(Path(folder) / "state", callback.get_state())
            again.set_state(read_state(Path(folder) / "state"))
        fitted(dense(), again)


def fitted(model, callback):
    data = {"validation_data": (X, Y), "epochs": 3, "batch_size": ROWS // 2, "verbose": 0}
    return model.fit(X, Y, callbacks=[callback], **data).history


PROMISES = (serves_one_fit_after_another, bears_a_loss_of_nan, has_a_state_that_can_be_written_down)
