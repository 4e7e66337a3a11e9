"""Mixing: what MixUp and CutMix share."""

import keras
from keras import ops

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.precision import float32_at_least
from kerasparts.layers.augmentation.augmentation import TargetAugmentation


class Mixing(TargetAugmentation):
    """Base class of augmentations that mix each row of a batch, targets included, with a partner of the batch.

    A subclass writes `mix(x, partners, share)` for the row's own `share` in [0, 1], of shape `(batch,)` and drawn from
    Beta(alpha, alpha). It returns the mixed inputs and the share that they really have.

    Args:
        alpha: float > 0.
        classes: int, nest of int and None like the targets, or None.
        seed: int or None.
        **kwargs: as in `keras.layers.Layer`.
    """

    def __init__(self, alpha, classes=None, seed=None, **kwargs):
        check_number("alpha", alpha, "(0, inf)")
        for count in keras.tree.flatten(classes):
            if count is not None:
                check_integer("classes", count, "[2, inf)")
        super().__init__(seed, **kwargs)
        self.alpha = alpha
        self.classes = classes

    def mix(self, x, partners, share):
        raise NotImplementedError

    def augment(self, x, y, sample_weight):
        rows = ops.shape(keras.tree.flatten(x)[0])[0]
        partners = keras.random.shuffle(ops.arange(rows), seed=self.seed_generator)
        x, share = self.mix(x, partners, symmetric_beta(self.alpha, (rows,), self.seed_generator))
        weights = _for_each(sample_weight, y)
        y = keras.tree.map_structure_up_to(
            y, lambda a, w: _mixed(a, partners, _share_of_targets(share, partners, w)), y, weights
        )
        sample_weight = keras.tree.map_structure(
            lambda w: None if w is None else _mixed(_floats(w), partners, share), sample_weight
        )
        return x, y, sample_weight

    def targets(self, y):
        """One-hot rows for integer labels, floats as they are."""
        return keras.tree.map_structure_up_to(y, _soft, y, _for_each(self.classes, y))

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha, "classes": self.classes}


def symmetric_beta(alpha, shape, seed):
    """Draws from Beta(alpha, alpha), exactly and from uniform numbers alone.

    `keras.random.beta` takes quotients of gammas: on TensorFlow they are wrong for an `alpha` of 0.01, and on Torch
    they go through the global generator, which other threads use.

    Student's t of `2 alpha` degrees of freedom is drawn in polar form and mapped to (0, 1).
    Reference: Devroye 1996, Random variate generation in one line of code, section 4, https://doi.org/10.1145/256562.256623.
    """
    u = keras.random.uniform(shape, dtype="float32", seed=seed)
    angle = keras.random.uniform(shape, dtype="float32", seed=seed) * 6.2831853
    t_squared = ops.expm1(-ops.log(u) / alpha) * ops.square(ops.cos(angle))
    return 0.5 + 0.5 * ops.sign(ops.cos(angle)) / ops.sqrt(1.0 + 1.0 / t_squared)


def weigh(share, a, b):
    """`share * a + (1 - share) * b`, exactly `a` or `b` at the ends even where the other is not finite."""
    return ops.where(share == 1, a, ops.where(share == 0, b, share * a + (1 - share) * b))


def like(share, x):
    """The share of each row, to be multiplied with `x`."""
    share, axes = ops.cast(share, x.dtype), len(x.shape) - len(share.shape)
    return ops.reshape(share, (*ops.shape(share), *[1] * axes)) if axes > 0 else share


def _mixed(x, partners, share):
    return weigh(like(share, x), x, ops.take(x, partners, axis=0))


def _share_of_targets(share, partners, weight):
    """A row of greater weight counts for more in the target that two rows share.

    So the weighted loss of the mix is the mix of the weighted losses, for any loss linear in its targets.
    """
    if weight is None:
        return share
    weight = _floats(weight)
    own = like(share, weight) * weight
    both = _mixed(weight, partners, share)
    return ops.where(both == 0, like(share, weight), own / ops.where(both == 0, ops.ones_like(both), both))


def _floats(x):
    return ops.cast(x, float32_at_least(x.dtype))


def _soft(y, classes):
    dtype = keras.backend.standardize_dtype(y.dtype)
    if "int" not in dtype:
        return _floats(y)
    check(
        classes is not None,
        "classes",
        classes,
        "the number of classes where targets are integer labels; one-hot rows and numbers must be floats",
    )
    y = ops.cast(y, "int32")
    y = ops.squeeze(y, -1) if len(y.shape) == 2 and y.shape[-1] == 1 else y
    y = ops.expand_dims(y, -1)
    one_hot = ops.cast(y == ops.arange(classes, dtype="int32"), "float32")
    return ops.where(ops.logical_and(y >= 0, y < classes), one_hot, float("nan"))


def _for_each(value, y):
    """`value` in the structure of `y`: one value serves all."""
    single = not isinstance(value, dict | list | tuple)
    return keras.tree.map_structure(lambda _: value, y) if single else _plain(value)


def _plain(value):
    """The same nest without the containers that Keras puts around attributes."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return (tuple if isinstance(value, tuple) else list)(map(_plain, value))
    return value
