"""Nearest rows of the same class."""

import functools

import numpy as np
from keras import ops

from kerasparts import backend


def nearest(x, classes, bank, bank_classes, neighbors, categorical, own):
    """The nearest rows of each row's class, and how many there are.

    A product of matrices finds candidates, and their differences decide: the product alone mistakes rows that lie
    close together far from the mean.

    Args:
        x, classes: table `(batch, features)` and `(batch,)`.
        bank, bank_classes: the same, to be searched.
        categorical: constant bool array `(features,)`.
        own: whether `bank` is `x`. If not, a row of the bank that equals the searched one is that row itself.

    Returns:
        `(batch, neighbors, features)`, the nearest first, and by row how many of them are real, in int32.
    """
    return _program(neighbors, tuple(categorical.tolist()), own)(x, classes, bank, bank_classes)


@functools.lru_cache(maxsize=64)
def _program(neighbors, categorical, own):
    """JAX would otherwise compile these fifty operations one by one, for many seconds and for every size of batch."""
    return backend.program(
        lambda *arrays: _nearest(*arrays, neighbors, np.array(categorical), own),
        fused=False,
    )


def _nearest(x, classes, bank, bank_classes, neighbors, categorical, own):
    # Rows of no class, so that there are always enough to choose from.
    candidates, size = 32 + 2 * neighbors, ops.shape(bank)[0]
    bank = ops.concatenate([bank, ops.broadcast_to(_mean(bank), (candidates, bank.shape[1]))])
    bank_classes = ops.concatenate([bank_classes, ops.zeros((candidates,), bank_classes.dtype)])
    place = ops.arange(size + candidates)
    same = ops.logical_and(classes[:, None] == bank_classes[None], place < size)
    penalty = _squared_spread(same, bank, categorical) if categorical.any() else None
    if own:
        same = ops.logical_and(same, ops.arange(size)[:, None] != place)

    far = ops.cast(float("-inf"), x.dtype)
    rough = _rough_distance(x, bank, categorical, penalty)
    score, index = ops.top_k(ops.where(same, -rough, far), candidates)
    found, is_near = ops.take(bank, index, axis=0), score > far
    distance, equal = _distance(x, found, categorical, penalty)
    if not own:
        itself = ops.logical_and(is_near, ops.all(equal, axis=-1))
        itself = ops.logical_and(itself, ops.cumsum(ops.cast(itself, "int32"), axis=1) == 1)
        is_near = ops.logical_and(is_near, ops.logical_not(itself))
    score, order = ops.top_k(ops.where(is_near, -distance, far), neighbors)
    found = ops.take_along_axis(found, ops.cast(order, "int32")[..., None], axis=1)
    return found, ops.sum(ops.cast(score > far, "int32"), axis=1)


def vote(found, count):
    """The most frequent value of each column among the first `count` rows; of several, the first row's."""
    votes = ops.arange(found.shape[1]) < count[:, None]
    votes = ops.logical_and(_equal(found[:, :, None], found[:, None]), votes[:, None, :, None])
    winner = ops.argmax(ops.sum(ops.cast(votes, "int32"), axis=2), axis=1)
    return ops.take_along_axis(found, ops.cast(winner, "int32")[:, None], axis=1)[:, 0]


def _equal(a, b):
    """Whether values are the same; missing ones are."""
    return ops.logical_or(a == b, ops.logical_and(ops.isnan(a), ops.isnan(b)))


def _mean(x):
    """Of the finite cells of each column."""
    known = ops.isfinite(x)
    count = ops.sum(ops.cast(known, "int32"), axis=0)
    return ops.sum(ops.where(known, x, ops.zeros_like(x)), axis=0) / ops.cast(ops.maximum(count, 1), x.dtype)


def _centered(x, center, columns):
    """What is finite in the given columns, as 0 or 1, and its distance to the center, 0 elsewhere."""
    known = ops.logical_and(ops.isfinite(x), columns)
    return ops.cast(known, x.dtype), ops.where(known, x - center, ops.zeros_like(x))


def _rough_distance(x, bank, categorical, penalty):
    """Squared distances over the numeric cells that both rows have, scaled to all columns; infinite without any."""
    center = _mean(bank)
    x_known, a = _centered(x, center, ~categorical)
    bank_known, b = _centered(bank, center, ~categorical)
    squares = ops.matmul(ops.square(a), ops.transpose(bank_known)) + ops.matmul(x_known, ops.transpose(ops.square(b)))
    squares = squares - 2.0 * ops.matmul(a, ops.transpose(b))
    distance = _of_all_columns(squares, ops.matmul(x_known, ops.transpose(bank_known)), categorical)
    for column in categorical.nonzero()[0].tolist():
        unequal = ops.logical_not(_equal(x[:, column, None], bank[:, column]))
        distance = distance + penalty[:, None] * ops.cast(unequal, x.dtype)
    return distance


def _distance(x, found, categorical, penalty):
    """The same for the rows found for each row, from the differences; and which cells are equal."""
    x = x[:, None]
    equal = _equal(found, x)
    known, gap = _centered(found, x, ops.logical_and(ops.isfinite(x), ~categorical))
    distance = _of_all_columns(ops.sum(ops.square(gap), axis=-1), ops.sum(known, axis=-1), categorical)
    if penalty is not None:
        unequal = ops.sum(ops.cast(ops.logical_and(ops.logical_not(equal), categorical), x.dtype), axis=-1)
        distance = distance + penalty[:, None] * unequal
    return distance, equal


def _of_all_columns(squares, known, categorical):
    columns = float((~categorical).sum())
    if columns == 0:
        return ops.zeros_like(squares)
    distance = squares * columns / ops.maximum(known, ops.ones_like(known))
    return ops.where(known > 0, distance, ops.cast(float("inf"), squares.dtype))


def _squared_spread(same, bank, categorical):
    """By row, the squared median of the standard deviations of the numeric columns in its class; 1 without any."""
    columns = (~categorical).nonzero()[0]
    if columns.size == 0:
        return ops.ones(ops.shape(same)[:1], bank.dtype)
    numeric = ops.take(bank, columns, axis=1)
    known, value = _centered(numeric, _mean(numeric), True)
    member = ops.cast(same, bank.dtype)
    count = ops.matmul(member, known)
    count = ops.maximum(count, ops.ones_like(count))
    variance = ops.matmul(member, ops.square(value)) / count - ops.square(ops.matmul(member, value) / count)
    spread = ops.sort(ops.sqrt(ops.maximum(variance, ops.zeros_like(variance))), axis=1)
    return ops.square((spread[:, (columns.size - 1) // 2] + spread[:, columns.size // 2]) / 2)
