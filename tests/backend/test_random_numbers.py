"""Global random numbers, kept and set."""

import contextlib
import random

import keras
import numpy as np
import pytest

from kerasparts import backend


def framework_draw():
    name = keras.backend.backend()
    if name == "tensorflow":
        return float(pytest.importorskip("tensorflow").random.uniform(()))
    return float(pytest.importorskip("torch").rand(())) if name == "torch" else 0.0


def draws():
    """A draw of every kind that has a global state."""
    dense = keras.layers.Dense(2)
    dense.build((None, 2))
    return (
        random.random(),
        np.random.random(),  # noqa: NPY002
        float(keras.random.uniform(())),
        float(keras.ops.sum(keras.layers.Dropout(0.5)(np.ones((4, 4)), training=True))),
        float(dense.get_weights()[0][0, 0]),
        framework_draw(),
    )


@pytest.mark.parametrize("seed", [backend.set_random_seed, keras.utils.set_random_seed])
def test_later_draws_are_as_if_nothing_had_been_drawn(seed):
    keras.utils.set_random_seed(1)
    draws()
    expected = draws()
    keras.utils.set_random_seed(1)
    draws()
    with backend.kept_random_numbers():
        seed(7)
        draws()
    assert draws() == expected


def test_they_are_kept_where_an_error_ends_it():
    keras.utils.set_random_seed(1)
    expected = draws()
    keras.utils.set_random_seed(1)
    with contextlib.suppress(KeyError), backend.kept_random_numbers():
        draws()
        raise KeyError
    assert draws()[:2] == expected[:2]


def test_a_seed_sets_all_of_them():
    backend.set_random_seed(5)
    first = draws()
    backend.set_random_seed(5)
    assert draws() == first
    assert draws() != first


def test_the_numbers_of_layers_are_those_that_keras_gives_a_seed():
    def kernel():
        dense = keras.layers.Dense(3)
        dense.build((None, 2))
        return dense.get_weights()[0]

    keras.utils.set_random_seed(9)
    expected = kernel()
    backend.set_random_seed(9)
    np.testing.assert_array_equal(kernel(), expected)
