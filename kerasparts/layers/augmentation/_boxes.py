"""Boxes in images, stretches of sequences."""

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check


def check_axes(axes):
    """Raises unless `axes` is None or a sequence of axes that can be cut along."""
    are_axes = axes is None or (
        isinstance(axes, list | tuple)
        and len(axes) > 0
        and all(isinstance(a, int) and not isinstance(a, bool) and a != 0 for a in axes)
    )
    check(are_axes, "axes", axes, "a tuple of axes other than the batch, 0, or None")


def box_axes(axes, x):
    """Axes of `x` that a box is cut along: the given ones, or all but the batch and the channels."""
    rank = len(x.shape)
    if axes is None:
        channels_first = rank > 3 and keras.config.image_data_format() == "channels_first"
        axes = range(2, rank) if channels_first else range(1, rank - 1)
    inside = all(-rank <= a < rank and a % rank != 0 for a in axes)
    check(inside, "axes", tuple(axes), f"axes of the input shape {tuple(x.shape)}, but for the batch")
    return sorted({a % rank for a in axes})


def random_box(x, axes, sizes, seed):
    """Which places lie in a box around a random place, clipped at the border.

    Args:
        sizes: by axis, an int, or an int tensor of shape `(batch,)`.

    Returns:
        bool tensor that broadcasts with `x`, and by row the share of places inside, in float32.
    """
    inside, share = True, 1.0
    rows = ops.shape(x)[0]
    for axis, size in zip(axes, sizes, strict=True):
        length = ops.shape(x)[axis]
        uniform = keras.random.uniform((rows,), dtype="float32", seed=seed)
        length_float = ops.cast(length, "float32")
        centre = ops.cast(ops.floor(uniform * length_float), "int32")  # a length at most once in 2**24: clipped away
        start = centre - size // 2
        place = ops.arange(length, dtype="int32")[None]
        along = ops.logical_and(place >= start[:, None], place < (start + size)[:, None])
        share = share * ops.sum(ops.cast(along, "float32"), axis=1) / length_float
        shape = np.ones(len(x.shape), int).tolist()
        shape[0], shape[axis] = rows, length
        inside = ops.logical_and(inside, ops.reshape(along, shape))
    return inside, share
