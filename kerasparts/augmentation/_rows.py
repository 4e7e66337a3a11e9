"""Rows in the order in which an epoch takes them."""

import numpy as np

from kerasparts.core.checks import check

RULE = "one array of classes, as integers, one-hot rows or one column, where `balanced` is True"


def labels_of(y):
    """Number of the class of each row, counted from 0 on without gaps.

    Args:
        y: `(rows,)` or `(rows, 1)` of integers, whole numbers, booleans or strings; or one-hot `(rows, classes)`.

    Raises:
        ValueError: anything else, such as several labels a row, numbers with fractions or NaN.
    """
    check(isinstance(y, np.ndarray) and y.ndim in (1, 2), "y", getattr(y, "shape", y), RULE)
    labels = y.reshape(len(y), -1)
    if labels.shape[1] > 1:
        is_one_hot = ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()
        check(is_one_hot, "y", y, RULE)
        labels = labels.argmax(axis=1)
    if labels.dtype.kind not in "biuUSOT":
        check((labels == np.floor(labels)).all(), "y", y, RULE)
    return np.unique(labels.ravel(), return_inverse=True)[1]


def balanced_rows(labels, random):
    """As many rows as there are, of every class as many up to one, the classes taking turns in random order.

    Within a class all rows come before any comes again.

    Args:
        labels: as of `labels_of`.
        random: NumPy generator.
    """
    counts = np.bincount(labels)
    classes = len(counts)
    shares = np.full(classes, len(labels) // classes)
    shares[random.permutation(classes)[: len(labels) % classes]] += 1
    by_class = np.split(np.argsort(labels, kind="stable"), np.cumsum(counts)[:-1])
    rows = [_cycled(own, share, random) for own, share in zip(by_class, shares, strict=True)]
    turns = np.concatenate([np.arange(share) for share in shares])
    return np.concatenate(rows)[np.argsort(turns + random.random(len(turns)))]


def _cycled(rows, count, random):
    rounds = -(-count // len(rows))
    return random.permuted(np.tile(rows, (rounds, 1)), axis=1).ravel()[:count]
