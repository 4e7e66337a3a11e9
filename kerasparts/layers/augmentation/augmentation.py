"""Augmentation and TargetAugmentation."""

import keras
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.precision import float32_at_least
from kerasparts.layers.random_layer import RandomLayer


class Augmentation(RandomLayer):
    """Base class of layers that change data at random while training and leave them alone otherwise.

    A subclass writes `augment(x)` for `x` in float32 (float64 in a layer of that dtype); what it returns is rounded
    once to the layer's precision. Integers, such as images of 0 to 255, come out as floats of the same range.

    It can stand in a model, in `dataset.map` on TensorFlow, or be called by hand, with `training=True`.

    Attributes:
        takes_targets: whether the layer is given `(x, y)` or `(x, y, sample_weight)` and gives back the same, rather
            than `x` alone.

    Args:
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.
    """

    takes_targets = False

    def __init__(self, seed=None, **kwargs):
        super().__init__(seed, **{"autocast": False, **kwargs})

    def call(self, inputs, training=False):
        if not training:
            return ops.cast(inputs, self.compute_dtype)
        x = ops.cast(inputs, float32_at_least(self.compute_dtype))
        return ops.cast(self.augment(x), self.compute_dtype)

    def augment(self, x):
        raise NotImplementedError

    def compute_output_spec(self, inputs, training=False):
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)


class TargetAugmentation(Augmentation):
    """Base class of augmentations that change the targets with the inputs.

    Such a layer takes `(x, y)` or `(x, y, sample_weight)` and gives back the same. It has no place inside a model,
    where only `x` goes by, and so acts unless called with `training=False`; the targets have the same form then.

    A subclass writes `augment(x, y, sample_weight)` and, where the targets change in form, `targets(y)`.
    """

    takes_targets = True

    def call(self, data, training=True):
        x, y, sample_weight = self._unpacked(data)
        x = keras.tree.map_structure(lambda a: ops.cast(a, float32_at_least(self.compute_dtype)), x)
        y = self.targets(y)
        if training:
            x, y, sample_weight = self.augment(x, y, sample_weight)
        x = keras.tree.map_structure(lambda a: ops.cast(a, self.compute_dtype), x)
        return (x, y, sample_weight)[: len(data)]

    def augment(self, x, y, sample_weight):
        raise NotImplementedError

    def targets(self, y):
        return y

    def compute_output_spec(self, data, training=True):
        self._unpacked(data)
        return keras.Operation.compute_output_spec(self, data, training=False)  # of the same form, without draws

    def _unpacked(self, data):
        """Inputs, targets and weights (or None)."""
        check(
            isinstance(data, tuple) and len(data) in (2, 3),
            "data",
            type(data).__name__,
            f"(x, y) or (x, y, sample_weight): {type(self).__name__} changes the targets with the inputs, so it works "
            "in a data pipeline, such as `dataset.map(lambda x, y: layer((x, y)))`, and not inside a model",
        )
        return (*data, None)[:3]
