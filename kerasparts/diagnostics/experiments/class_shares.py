"""Targets and outputs of a classifier, in all their forms, as probabilities of classes.

Everything is `(rows, places, classes)`: most classifiers have one place, those that label each pixel have many, and
where each output is a yes or no of its own, each is a place of two classes.
"""

import numpy as np

from kerasparts.core.checks import check
from kerasparts.diagnostics.row_losses import SMALL, log_shares
from kerasparts.diagnostics.trivial import is_multi_label

ROUNDING = 1e-3  # of a probability of 1 in half precision


def target_shares(y: np.ndarray, shape: tuple[int, ...], multi_label: bool | None = None) -> np.ndarray:
    """Probability of each class by the targets: 0 or 1, unless the targets themselves are probabilities.

    Args:
        y: labels from 0; or shaped like the outputs, one-hot rows or probabilities that sum to 1; or indicators of
            outputs that are each a yes or no, which may be probabilities too.
        shape: of the outputs.
        multi_label: whether targets shaped like the outputs are indicators; None to tell by whether they sum to 1.

    Example:
    >>> target_shares(np.array([1]), (1, 3)).tolist(), target_shares(np.array([[0.25]]), (1, 1)).tolist()
    ([[[0.0, 1.0, 0.0]]], [[[0.75, 0.25]]])
    """
    classes = shape[-1]
    if classes > 1 and y.shape != shape:
        labels = y.reshape(len(y), -1)
        fits = labels.size == np.prod(shape[:-1], dtype=int) and np.isin(labels, np.arange(classes)).all()
        check(fits, "y", _summary(y), f"labels from 0 to {classes - 1}, or shaped like the outputs {shape}")
        return np.eye(classes)[labels.astype("int64")]
    fits = y.size == np.prod(shape, dtype=int) and y.min() >= 0 and y.max() <= 1
    check(fits, "y", _summary(y), f"labels, or probabilities from 0 to 1 shaped like the outputs {shape}")
    y = np.asarray(y, "float64")
    if classes == 1 or (is_multi_label(y) if multi_label is None else multi_label):
        ones = y.reshape(len(y), -1)
        return np.stack([1 - ones, ones], axis=-1)
    check(not is_multi_label(y), "y", _summary(y), "probabilities that sum to 1, unless `multi_label` is True")
    return y.reshape(len(y), -1, classes)


def output_log_shares(y_pred: np.ndarray, from_logits: bool, binary: bool) -> np.ndarray:
    """Logarithm of the probability of each class by the outputs.

    Args:
        y_pred: probabilities, or logits of a softmax or sigmoid.
        from_logits: whether they are logits.
        binary: whether each output is a yes or no.

    Example:
    >>> np.exp(output_log_shares(np.array([[0.0]]), from_logits=True, binary=True)).tolist()
    [[[0.5, 0.5]]]
    """
    y_pred = np.asarray(y_pred, "float64")
    is_share = from_logits or (y_pred.min() >= 0 and y_pred.max() <= 1 + ROUNDING)
    check(is_share, "predictions", _summary(y_pred), "probabilities, or logits with `from_logits` True")
    if not binary:
        log_p = log_shares(y_pred.reshape(len(y_pred), -1, y_pred.shape[-1]), from_logits)
        return log_p if from_logits else log_p - np.log(np.exp(log_p).sum(axis=-1, keepdims=True))
    ones = y_pred.reshape(len(y_pred), -1)
    if from_logits:
        return -np.logaddexp(0, np.stack([ones, -ones], axis=-1))
    ones = np.clip(ones, SMALL, 1 - SMALL)
    return np.log(np.stack([1 - ones, ones], axis=-1))


def output_labels(y_pred: np.ndarray, from_logits: bool, binary: bool) -> np.ndarray:
    """The class that each output names, `(rows, places)`; a yes above 1/2, or above 0 for logits.

    Example:
    >>> output_labels(np.array([[0.2, 0.7]]), from_logits=False, binary=True).tolist()
    [[0, 1]]
    """
    if binary:
        return (y_pred.reshape(len(y_pred), -1) > (0.0 if from_logits else 0.5)).astype("int64")
    return y_pred.reshape(len(y_pred), -1, y_pred.shape[-1]).argmax(axis=-1)


def _summary(y):
    return f"shape {y.shape}, from {y.min():.4g} to {y.max():.4g}"
