"""What can befall the cells of an input."""

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check


def chosen(shape, rate, seed):
    """True with chance `rate`, cell by cell."""
    return keras.random.uniform(shape, dtype="float32", seed=seed) < rate


def gaussian(x, stddev, seed):
    return x + stddev * keras.random.normal(ops.shape(x), dtype=x.dtype, seed=seed)


def masked(x, rate, seed):
    return ops.where(chosen(ops.shape(x), rate, seed), ops.zeros_like(x), x)


def salt_and_pepper(x, rate, low, high, seed):
    uniform = keras.random.uniform(ops.shape(x), dtype="float32", seed=seed)
    extreme = ops.where(uniform < rate / 2, ops.cast(low, x.dtype), ops.cast(high, x.dtype))
    return ops.where(uniform < rate, extreme, x)


def swapped(x, rate, seed):
    """Each cell, with chance `rate`, is that of another row of the batch: any other, with the same chance."""
    rows = ops.shape(x)[0]
    cells = ops.reshape(x, (-1,))
    others = ops.cast(ops.maximum(rows - 1, 1), "float32")
    step = keras.random.uniform(ops.shape(x), dtype="float32", seed=seed) * others
    step = 1 + ops.cast(ops.floor(ops.reshape(step, (-1,))), "int32")
    place = ops.arange(ops.shape(cells)[0], dtype="int32")
    width = ops.shape(cells)[0] // ops.maximum(rows, 1)
    partner = (place + step * width) % ops.maximum(ops.shape(cells)[0], 1)
    return ops.where(chosen(ops.shape(x), rate, seed), ops.reshape(ops.take(cells, partner), ops.shape(x)), x)


def check_columns(columns, name="columns"):
    """Raises unless `columns` is None or a sequence of positions of columns."""
    are_columns = columns is None or (
        isinstance(columns, list | tuple) and all(isinstance(c, int) and not isinstance(c, bool) for c in columns)
    )
    check(are_columns, name, columns, "a tuple of integers or None")


def column_mask(columns, x):
    """Which of the last axis of `x` are meant, as a constant that broadcasts with it."""
    features = x.shape[-1]
    if columns is None:
        return np.ones(1, bool)
    check(features is not None, "inputs", tuple(x.shape), "of a known last axis, for `columns` to be counted")
    check(all(-features <= c < features for c in columns), "columns", columns, f"among the {features} of the inputs")
    mask = np.zeros(features, bool)
    mask[list(columns)] = True
    return mask
