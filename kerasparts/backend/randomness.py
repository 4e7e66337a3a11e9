"""The global random numbers."""

import contextlib
import random

import keras
import numpy as np
from keras import ops

from kerasparts.backend.framework import get_random_state, put_random_state, set_random_state


@contextlib.contextmanager
def kept_random_numbers():
    """Whatever is drawn within, by Python, NumPy, Keras or the framework, later draws are as if nothing had been.

    What cannot be kept: a random op of TensorFlow with a seed of its own starts its numbers anew where the global seed
    was set within; and the generator behind `keras.random` without a seed is made here where there was none yet,
    instead of at its first use.
    """
    state = get_random_numbers()
    try:
        yield
    finally:
        put_random_numbers(state)


def set_random_seed(seed: int) -> None:
    """Sets what `kept_random_numbers` keeps; `keras.utils.set_random_seed` loads TensorFlow on every backend."""
    global_generator().assign([seed, 0])  # first, as a new one draws from Python's
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    set_random_state(seed)


def get_random_numbers():
    """State of all that `kept_random_numbers` keeps, as plain values and arrays."""
    python = random.getstate()
    keras_state = np.array(ops.convert_to_numpy(global_generator()))
    random.setstate(python)  # a new generator takes its seed from there
    return {
        "python": python,
        "numpy": np.random.get_state(),  # noqa: NPY002
        "keras": keras_state,
        "framework": get_random_state(),
    }


def put_random_numbers(state):
    """Goes on from `get_random_numbers()`."""
    global_generator().assign(state["keras"])  # first, as a new one draws from Python's
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])  # noqa: NPY002
    put_random_state(state["framework"])


class _Watched(keras.StatelessScope):
    """Sees which variable a draw would move on, and lets it stay."""

    def add_update(self, update):
        super().add_update(update)
        self.variable, _ = update


def global_generator():
    """State of the generator that `keras.random` takes where it is given no seed."""
    with _Watched() as watched:
        keras.random.uniform(())
    return watched.variable
