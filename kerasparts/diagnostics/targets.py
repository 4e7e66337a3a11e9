"""What the targets are, and how well predictions meet them."""

import math

import numpy as np

MAX_CLASSES = 100
TINY = 1e-12


def target_form(y: np.ndarray, units: int, loss: str | None) -> str:
    """What kind of targets these are, told by their values and shape.

    Args:
        y: targets, rows first.
        units: size of the last axis of the output they are held against.
        loss: name of the loss in snake case.

    Returns:
        One of the forms of `OutputFacts`. Whole numbers 0, 1, 2, ... are "index" for a loss of classification, and
        for others "values".

    Example:
    >>> target_form(np.eye(3), 3, "categorical_crossentropy"), target_form(np.array([0, 2, 1]), 1, "mean_squared_error")
    ('one_hot', 'values')
    """
    if not np.issubdtype(y.dtype, np.number) and y.dtype != bool:
        return "other"
    y = np.asarray(y, "float64")
    finite = y[np.isfinite(y)]
    if finite.size == 0:
        return "other"
    columns = y.shape[-1] if y.ndim > 1 else 1
    low, high = finite.min(), finite.max()
    if low == high and not (columns > 1 or is_classification_loss(loss)):
        return "constant"
    is_whole = bool((finite == np.round(finite)).all())
    is_unit = is_whole and low >= 0 and high <= 1
    if columns > 1 and columns == units and is_unit:
        sums = y.reshape(-1, columns).sum(axis=1)
        return "one_hot" if np.allclose(sums, 1) else "multi_label"
    if columns == 1 and is_unit and not (loss or "").startswith("sparse"):
        return "binary"
    if columns == 1 and is_whole and low == -1 and high == 1 and not (finite == 0).any():
        return "signs"
    sparse = (loss or "").startswith("sparse") and is_whole
    few = is_whole and low >= 0 and high < MAX_CLASSES
    if sparse or (columns == 1 and few and is_classification_loss(loss)):
        return "index"
    return "values"


def is_classification_loss(loss: str | None) -> bool:
    """Whether the loss, by its name, is one for classes."""
    names = ("crossentropy", "focal", "hinge", "logit_adjusted", "ldam", "asymmetric")
    return loss is not None and any(name in loss for name in names)


def class_labels(y: np.ndarray, form: str) -> np.ndarray:
    """Each row's class, from 0, of targets of a form with one class a row."""
    if form == "one_hot":
        return np.asarray(y).reshape(-1, y.shape[-1]).argmax(axis=1)
    labels = np.asarray(y).reshape(-1)
    if form == "signs":
        return (labels > 0).astype("int64")
    return np.round(labels).astype("int64")


def skill(y: np.ndarray, y_pred: np.ndarray, form: str, from_logits: bool = False) -> tuple[float, float]:
    """How much of the trivial error a prediction takes away, with its standard error.

        skill = 1 - error / trivial error

    with the share of wrong classes for labels, and for values the squared error, each column by its own variance.
    1 is perfect, 0 is the best constant, below 0 is worse than that.

    Args:
        y: targets.
        y_pred: predictions, rows first.
        form: of the targets, as by `target_form`.
        from_logits: whether one column of predictions is logits.

    Returns:
        `(skill, standard error)`; NaN where there is nothing to tell, as with one class only.
    """
    y, y_pred = np.asarray(y), np.asarray(y_pred, "float64")
    unknown = float("nan"), float("inf")
    if len(y) < 2 or y_pred.size == 0 or not np.isfinite(y_pred).all() or form in ("other", "constant"):
        return unknown
    if form == "values":
        if y.size != y_pred.size:
            return unknown
        target, guess = y.reshape(len(y), -1).astype("float64"), y_pred.reshape(len(y), -1)
        variance = target.var(axis=0)
        columns = variance > TINY
        if not columns.any():
            return unknown
        rows = (np.square(target - guess)[:, columns] / variance[columns]).mean(axis=1)
        base = 1.0
    else:
        wrong, base = _wrong(y, y_pred, form, from_logits)
        if wrong is None or base < TINY:
            return unknown
        rows = wrong.reshape(len(y), -1).mean(axis=1) if wrong.size % len(y) == 0 else wrong
    count = len(rows)
    share = (rows.sum() + 1) / (count + 2)  # one more right and one more wrong: no mistake seen proves none
    noise = rows.std(ddof=1) if form == "values" else max(rows.std(ddof=1), math.sqrt(max(share * (1 - share), 0)))
    reached = float(1 - rows.mean() / base)
    return 0.0 if abs(reached) < TINY else reached, float(noise / base / math.sqrt(count))


def predicted_labels(y_pred: np.ndarray, form: str, from_logits: bool = False) -> np.ndarray:
    """Each row's class: the greatest output, or the side of one output, of 0 for logits and signs, else of 1/2."""
    y_pred = np.asarray(y_pred, "float64")
    if y_pred.ndim > 1 and y_pred.shape[-1] > 1:
        return y_pred.reshape(-1, y_pred.shape[-1]).argmax(axis=1)
    if form == "signs" and (y_pred < 0).any():
        return (y_pred.reshape(-1) > 0).astype("int64")
    if from_logits:
        return (y_pred.reshape(-1) > 0).astype("int64")
    return np.floor(y_pred.reshape(-1) + 0.5).astype("int64")


def _wrong(y, y_pred, form, from_logits):
    """Whether each answer is wrong, and the share of wrong ones of the best constant answer."""
    if form == "multi_label":
        target = y > 0.5
        if target.size != y_pred.size:
            return None, 0.0
        guess = y_pred.reshape(target.shape) > (0.0 if from_logits else 0.5)
        ones = target.reshape(-1, target.shape[-1]).mean(axis=0)
        return guess != target, float(np.minimum(ones, 1 - ones).mean())
    labels, guess = class_labels(y, form), predicted_labels(y_pred, form, from_logits)
    if len(labels) != len(guess):
        return None, 0.0
    known = labels >= 0
    counts = np.bincount(labels[known])
    return (guess != labels).astype("float64"), 1 - float(counts.max(initial=0)) / max(1, known.sum())
