"""What all initializers share."""

import random

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.precision import float32_at_least


class Initializer(keras.initializers.Initializer):
    """Base class of random initializers: every call draws anew, and a seed repeats the whole sequence of draws.

    A subclass writes

        draw(shape, dtype, seed)

    which returns a tensor. `dtype` is float32 at least: Keras' own initializers draw in the precision of the layer,
    where a matrix decomposition does not exist or a sum is rounded away. `seed` is for one call of a function of
    `keras.random`.

    Keras' random initializers draw the same values again for every layer that shares an instance. Here every call
    of an instance advances it, whatever the seed is: an int repeats the whole sequence, None follows
    `keras.utils.set_random_seed`, and a `keras.random.SeedGenerator` advances by itself.
    """

    def __init__(self, seed=None):
        seed = keras.saving.deserialize_keras_object(seed) if isinstance(seed, dict) else seed
        is_seed = seed is None or isinstance(seed, keras.random.SeedGenerator)
        is_seed = is_seed or (isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0)
        check(is_seed, "seed", seed, "an integer of at least 0, a keras.random.SeedGenerator or None")
        self.seed = seed
        self._draws = 0

    def draw(self, shape, dtype, seed):
        raise NotImplementedError(f"{type(self).__name__} must implement draw(shape, dtype, seed).")

    def __call__(self, shape, dtype=None):
        # A file may put it where weights come instead, and on JAX to go through a variable has no end.
        check(not hasattr(shape, "dtype"), "shape", shape, "a tuple of integers")
        dtype = keras.backend.standardize_dtype(dtype)
        return ops.cast(self.draw(tuple(shape), float32_at_least(dtype), self._next_seed()), dtype)

    def _next_seed(self):
        if isinstance(self.seed, keras.random.SeedGenerator):
            return self.seed
        if self.seed is None:
            return random.randint(1, 10**9)
        sequence = np.random.SeedSequence([self.seed, self._draws])
        self._draws += 1
        return int(sequence.generate_state(1)[0]) & 0x7FFFFFFF

    def get_config(self):
        seed = self.seed
        if isinstance(seed, keras.random.SeedGenerator):
            seed = keras.saving.serialize_keras_object(seed)
        return {**super().get_config(), "seed": seed}
