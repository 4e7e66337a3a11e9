"""The loss of each row, in NumPy: what the sampling error of a measured loss is told by."""

import math

import numpy as np

SMALL = 1e-7


def loss_error(measured: float, rows: np.ndarray | None) -> float:
    """Standard error of a loss that was measured on some rows, by the losses of these rows.

        error = |measured / mean| * standard deviation / sqrt(rows)

    The factor is 1 where `rows` are what the loss is the mean of. Otherwise it gives them the scale of the loss, whose
    weights, masks and reduction they leave out.

    Args:
        measured: the loss.
        rows: the losses of the rows, or numbers that are about proportional to them; None for unknown.

    Returns:
        NaN for unknown; the error of a single row is infinite.

    Example:
    >>> loss_error(1.0, np.array([0.0, 2.0])), loss_error(10.0, np.array([0.0, 2.0]))
    (1.0, 10.0)
    """
    if rows is None or not np.isfinite(rows).all() or not math.isfinite(measured):
        return math.nan
    if len(rows) < 2:
        return math.inf
    mean, deviation = float(rows.mean()), float(rows.std(ddof=1))
    if deviation == 0:
        return 0.0 if mean or not measured else math.nan
    return abs(measured / mean) * deviation / math.sqrt(len(rows)) if mean else math.nan


def row_losses(y: np.ndarray, y_pred: np.ndarray, loss: str | None, form: str, options: dict) -> np.ndarray | None:
    """The loss of each row of one output; its mean over the row where the output has more axes.

    Args:
        y: targets.
        y_pred: predictions, rows first.
        loss: name of the loss in snake case. Exact are the squared, absolute and Huber errors and the cross-entropies;
            in place of another one there is the cross-entropy of labels, or the squared error of values.
        form: of the targets, see `OutputFacts`.
        options: `from_logits`, `label_smoothing`, `ignore_class`, `class_weight`, `delta`, as the loss has them.

    Returns:
        `(rows,)`, or None where the targets do not fit the predictions.

    Example:
    >>> row_losses(np.array([[1.0], [2.0]]), np.array([[1.0], [5.0]]), "mean_absolute_error", "values", {}).tolist()
    [0.0, 3.0]
    """
    y_pred = np.asarray(y_pred, "float64")
    if loss not in LOSSES:
        is_label = y_pred.ndim > 1 and y_pred.shape[-1] > 1
        loss = {"one_hot": "categorical_crossentropy", "index": "sparse_categorical_crossentropy"}.get(form)
        loss = loss if loss and is_label else "mean_squared_error"
        options = {"from_logits": bool((y_pred < 0).any()), **options}
    try:
        with np.errstate(all="ignore"):
            losses = LOSSES[loss](np.asarray(y, "float64"), y_pred, options)
            return losses.reshape(len(y_pred), -1).mean(axis=1)
    except (ValueError, IndexError):  # targets of another kind
        return None


def _squared(y, p, options):
    return np.square(p - _like(y, p))


def _absolute(y, p, options):
    return np.abs(p - _like(y, p))


def _huber(y, p, options):
    delta, error = options.get("delta", 1.0), np.abs(p - _like(y, p))
    return np.where(error <= delta, error**2 / 2, delta * error - delta**2 / 2)


def _binary(y, p, options):
    smoothing = options.get("label_smoothing", 0.0)
    y = _like(y, p) * (1 - smoothing) + smoothing / 2
    if options.get("from_logits"):
        return np.logaddexp(0, p) - y * p
    p = np.clip(p, SMALL, 1 - SMALL)
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


def _categorical(y, p, options):
    smoothing = options.get("label_smoothing", 0.0)
    y = _like(y, p) * (1 - smoothing) + smoothing / p.shape[-1]
    return -(y * log_shares(p, options.get("from_logits", False))).sum(axis=-1)


def _sparse(y, p, options):
    label, ignored = y.reshape(p.shape[:-1]), options.get("ignore_class")
    counts = np.ones(label.shape, bool) if ignored is None else label != ignored
    label = np.where(counts, label, 0).astype("int64")
    chosen = np.take_along_axis(log_shares(p, options.get("from_logits", False)), label[..., None], axis=-1)[..., 0]
    weight = options.get("class_weight")
    return -chosen * counts * (1.0 if weight is None else np.asarray(weight)[label])


def log_shares(p: np.ndarray, from_logits: bool = False) -> np.ndarray:
    """Logarithm of the probabilities along the last axis, as the cross-entropies take them from an output."""
    if from_logits:
        p = p - p.max(axis=-1, keepdims=True)
        return p - np.log(np.exp(p).sum(axis=-1, keepdims=True))
    return np.log(np.clip(p / p.sum(axis=-1, keepdims=True), SMALL, 1 - SMALL))


def _like(y, p):
    return y.reshape(p.shape) if y.size == p.size else np.broadcast_to(y, p.shape)


LOSSES = {
    "mean_squared_error": _squared,
    "mean_absolute_error": _absolute,
    "huber": _huber,
    "binary_crossentropy": _binary,
    "categorical_crossentropy": _categorical,
    "sparse_categorical_crossentropy": _sparse,
}
