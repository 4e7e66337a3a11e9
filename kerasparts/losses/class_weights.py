"""Class weights from the targets of a data set."""

import numpy as np

from kerasparts.core.checks import check, check_choice, check_integer, check_number


def class_weights(
    y=None, scheme="balanced", beta=0.999, axis=None, classes=None, ignore_class=None, counts=None
) -> np.ndarray:
    """Weights by which rare classes count as much as frequent ones, for `class_weight` of any loss.

    With `C` classes, of which one has `n` samples, and `N` in all:

        N / (C * n)                          "balanced": the weights of all samples of a class sum to N / C
        (1 - beta) / (1 - beta**n)           "effective_number": the more samples, the less news in one more;
                                             scaled so that the weights sum to C

    Args:
        y: array of integer labels of any shape, pixels too; or with `axis`, of one-hot or multi-label targets.
        scheme: "balanced" or "effective_number".
        beta: float in [0, 1). Of "effective_number": at 0 all weights are 1, towards 1 they are balanced.
        axis: int or None. Axis of the classes in one-hot or multi-label targets; None for integer labels.
        classes: int or None. Number of classes; None for the largest label and one.
        ignore_class: int or None. Label, or value of an entry, to leave out.
        counts: number of samples of each class, instead of `y`.

    Returns:
        Array of one weight for each class.

    Raises:
        ValueError: a class without a sample, for it can have no weight.

    Example:
    >>> kerasparts.losses.class_weights([0, 0, 0, 1])
    array([0.66666667, 2.        ])
    >>> kerasparts.losses.class_weights([[1, 0], [1, 1]], axis=-1)
    array([0.75, 1.5 ])

    Reference: "balanced": King and Zeng 2001, "Logistic Regression in Rare Events Data"; "effective_number":
    Cui et al. 2019, https://arxiv.org/abs/1901.05555, equation 6.
    """
    check_choice("scheme", scheme, ("balanced", "effective_number"))
    check_number("beta", beta, "[0, 1)")
    check((y is None) != (counts is None), "y", y, "given, or counts, and not both")
    counts = _counts(y, axis, classes, ignore_class) if counts is None else np.asarray(counts, "float64")
    ok = counts.ndim == 1 and counts.size > 0 and np.isfinite(counts).all() and (counts > 0).all()
    check(ok, "counts", counts.tolist(), "above 0 for each class")
    if scheme == "balanced":
        return counts.sum() / (counts.size * counts)
    weights = (1 - beta) / -np.expm1(counts * np.log(beta)) if beta else np.ones_like(counts)
    return weights * (counts.size / weights.sum())


def _counts(y, axis, classes, ignore_class):
    if classes is not None:
        check_integer("classes", classes, "[1, inf)")
    y = np.asarray(y)
    if axis is not None:
        check(-y.ndim <= axis < y.ndim, "axis", axis, f"an axis of y, which has shape {y.shape}")
        y = np.moveaxis(y, axis, -1).reshape(-1, y.shape[axis]).astype("float64")
        return np.where(y == ignore_class, 0.0, y).sum(axis=0)
    labels = y.ravel()
    labels = labels[labels != ignore_class] if ignore_class is not None else labels
    wrong = labels[(labels < 0) | (labels != np.floor(labels))]
    check(wrong.size == 0, "y", wrong[:3].tolist(), "of integer labels from 0 on; or give `axis`")
    counts = np.bincount(labels.astype("int64"), minlength=classes or 0).astype("float64")
    rule = f"of labels in [0, {classes})"
    check(classes is None or counts.size == classes, "y", counts.size - 1, rule)
    return counts
