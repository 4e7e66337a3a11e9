"""The global random numbers."""

import contextlib
import random

import numpy as np

from kerasparts.backend.framework import kept_random_state


@contextlib.contextmanager
def kept_random_numbers():
    """Whatever is drawn within, by Python, NumPy or the framework, later draws are as if nothing had been."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with kept_random_state():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
