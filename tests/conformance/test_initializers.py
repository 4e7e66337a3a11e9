"""What every initializer promises."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts.testing.promises import initializer as promises
from tests.cases import INITIALIZERS

EVERY = pytest.mark.parametrize("case", INITIALIZERS, ids=str)


def draw(initializer, shape=(20, 30), dtype=None):
    return ops.convert_to_numpy(ops.cast(initializer(shape, dtype=dtype), "float32"))


@EVERY
def test_every_layer_draws_anew_from_a_shared_instance(case):
    promises.draws_anew_for_every_layer_that_shares_it(case.subject((20, 30)))


@EVERY
def test_a_seed_repeats_the_whole_sequence(case):
    promises.draws_the_same_from_the_same_seed(case.subject((20, 30)))


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
def test_gives_shape_and_dtype(case):
    for shape in case.shapes:
        promises.gives_what_shape_and_precision_are_asked(case.subject(shape))


@pytest.mark.parametrize("case", [case for case in INITIALIZERS if (7,) not in case.shapes], ids=str)
def test_refuses_a_shape_that_is_not_in_its_row(case):
    with pytest.raises(ValueError, match=r"`shape` must be .*Received: shape=\(7,\)"):
        case.build()((7,))


@EVERY
def test_refuses_weights_in_the_place_of_a_shape(case):
    with pytest.raises(ValueError, match="`shape` must be a tuple of integers"):
        case.build()(keras.Variable(np.ones((3, 3))))
