"""Random numbers of layers that go on after saving and loading."""

import keras
from keras import ops

from kerasparts.core.checks import check


class Seeded:
    """Mixin of a layer with a `seed_generator`, whose state is in its file: Keras keeps no seeds there.

    To be named before `keras.layers.Layer`. Call `seeded` after the layer's own `__init__`.
    """

    def seeded(self, seed):
        """Keeps the argument and makes the generator."""
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["seed"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store):
        values = {key: store[key] for key in store.keys()}  # noqa: SIM118  (it is no dict)
        if "seed" in values:  # not where a layer that shares this object has it in the file already
            self.seed_generator.state.assign(values.pop("seed"))
        super().load_own_variables(values)


def check_seed(seed):
    """Raises unless `seed` is an integer or None."""
    is_seed = seed is None or (isinstance(seed, int) and not isinstance(seed, bool))
    check(is_seed, "seed", seed, "an integer or None")
