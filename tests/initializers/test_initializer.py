"""The base class of initializers, by a subclass of three lines."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp


class Plain(kp.initializers.Initializer):
    def draw(self, shape, dtype, seed):
        self.dtype = dtype
        return keras.random.normal(shape, dtype=dtype, seed=seed)


def draw(initializer, dtype=None):
    return ops.convert_to_numpy(ops.cast(initializer((3, 4), dtype=dtype), "float32"))


@pytest.mark.parametrize("seed", [0, 7, None])
def test_a_shared_instance_draws_anew_where_keras_repeats_itself(seed):
    ours, keras_own = Plain(seed), keras.initializers.RandomNormal(seed=seed)
    assert not np.array_equal(draw(ours), draw(ours))
    assert np.array_equal(draw(keras_own), draw(keras_own))


def test_a_seed_repeats_the_sequence_and_other_seeds_do_not():
    one, same, other = Plain(1), Plain(1), Plain(2)
    sequence = [draw(one) for _ in range(3)]
    np.testing.assert_array_equal(sequence, [draw(same) for _ in range(3)])
    # Seed 2 does not begin where seed 1 goes on.
    assert not any(np.array_equal(draw(other), values) for values in sequence)


def test_a_copy_from_its_configuration_starts_the_sequence_again():
    one = Plain(1)
    first = draw(one)
    draw(one)
    np.testing.assert_array_equal(draw(Plain.from_config(one.get_config())), first)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", None])
def test_draws_in_float32_at_least(dtype):
    initializer = Plain(1)
    values = initializer((3, 4), dtype=dtype)
    assert initializer.dtype == "float32"
    assert keras.backend.standardize_dtype(values.dtype) == (dtype or "float32")
    rounding = {"float16": 2**-11, "bfloat16": 2**-8}.get(dtype, 0.0)
    np.testing.assert_allclose(ops.convert_to_numpy(ops.cast(values, "float32")), draw(Plain(1)), rtol=rounding)


def test_says_what_a_subclass_must_write():
    with pytest.raises(NotImplementedError, match=r"draw\(shape, dtype, seed\)"):
        kp.initializers.Initializer()((3, 4))
