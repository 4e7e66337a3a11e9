"""What every initializer promises."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.cases import INITIALIZERS

EVERY = pytest.mark.parametrize("case", INITIALIZERS, ids=str)


def draw(initializer, shape=(20, 30), dtype=None):
    return ops.convert_to_numpy(ops.cast(initializer(shape, dtype=dtype), "float32"))


@EVERY
def test_every_layer_draws_anew_from_a_shared_instance(case):
    shared = case.build()
    assert not np.array_equal(draw(shared), draw(shared))
    model = keras.Sequential([keras.Input((8,)), *(keras.layers.Dense(8, kernel_initializer=shared) for _ in range(2))])
    first, second = (ops.convert_to_numpy(layer.kernel) for layer in model.layers)
    assert not np.array_equal(first, second)


@EVERY
def test_a_seed_repeats_the_whole_sequence(case):
    one, other = case.build(), case.build()
    for _ in range(3):
        np.testing.assert_array_equal(draw(one), draw(other))
    assert not np.array_equal(draw(case.build(seed=8)), draw(case.build()))


@EVERY
def test_without_a_seed_it_follows_the_global_one(case):
    def three():
        keras.utils.set_random_seed(5)
        initializer = case.build(seed=None)
        return [draw(initializer) for _ in range(3)]

    once, again = three(), three()
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once[0], once[1])


@EVERY
def test_a_seed_generator_advances(case):
    initializer = case.build(seed=keras.random.SeedGenerator(3))
    first = draw(initializer)
    assert not np.array_equal(first, draw(initializer))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(initializer))
    assert isinstance(again.seed, keras.random.SeedGenerator)
    np.testing.assert_array_equal(draw(again), first)


@EVERY
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_gives_shape_and_dtype(case, dtype):
    for shape in case.shapes:
        values = case.build()(shape, dtype=dtype)
        assert tuple(values.shape) == shape
        assert keras.backend.standardize_dtype(values.dtype) == dtype
        assert np.isfinite(ops.convert_to_numpy(ops.cast(values, "float32"))).all()


@pytest.mark.parametrize("case", [case for case in INITIALIZERS if (7,) not in case.shapes], ids=str)
def test_refuses_a_shape_that_is_not_in_its_row(case):
    with pytest.raises(ValueError, match=r"`shape` must be .*Received: shape=\(7,\)"):
        case.build()((7,))


@EVERY
def test_refuses_weights_in_the_place_of_a_shape(case):
    with pytest.raises(ValueError, match="`shape` must be a tuple of integers"):
        case.build()(keras.Variable(np.ones((3, 3))))
