"""RandomLayer."""

import keras

from kerasparts.core.seeded import Seeded, check_seed


class RandomLayer(Seeded, keras.layers.Layer):
    """Base class of layers that keep the shape of their input and draw random numbers while training.

    A subclass writes `call(inputs, training)` and draws with `seed=self.seed_generator`. A file holds the state of
    the generator, so that a loaded model draws on as if never stopped.

    Attributes:
        is_linear: whether the output is linear in the input, but for what is drawn; gauges ask.

    Args:
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.
    """

    is_linear = True

    def __init__(self, seed=None, **kwargs):
        check_seed(seed)
        super().__init__(**kwargs)
        self.seeded(seed)
        self.supports_masking = True

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
