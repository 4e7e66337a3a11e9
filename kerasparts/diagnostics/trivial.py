"""What a model is held against: predictors that ignore the input, and the share of wrong answers."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from kerasparts.core.checks import check, check_choice


def trivial_prediction(y: np.ndarray, classes: int, from_logits: bool, statistic: str = "mean") -> np.ndarray:
    """The best prediction that is the same for every input, as one output of the model.

    Args:
        y: targets. Whole numbers `(rows,)` or `(rows, 1)` with `classes > 1` are labels, of which those that name
            no class are left out; anything else is taken as values, one-hot rows or indicators, shaped like the
            outputs.
        classes: size of the last axis of the outputs.
        from_logits: whether outputs are logits, of one softmax for labels and one-hot rows, else of sigmoids.
        statistic: "mean" for squared errors and probabilities, "median" for absolute errors.

    Returns:
        Array of the shape of one output.

    Example:
    >>> trivial_prediction(np.array([0, 0, 0, 1]), classes=2, from_logits=False).tolist()
    [0.75, 0.25]
    """
    check_choice("statistic", statistic, ("mean", "median"))
    y = np.asarray(y)
    is_column = y.ndim == 1 or y.shape[-1] == 1
    labels = y[(y >= 0) & (y < classes)] if classes > 1 and is_column and (y == np.round(y)).all() else y[:0]
    is_labels = labels.size > 0
    if is_labels:
        share = np.bincount(labels.astype("int64"), minlength=classes) / labels.size
    else:
        y = y.reshape(len(y), -1) if y.ndim == 1 else y
        share = np.median(y, axis=0) if statistic == "median" else y.mean(axis=0, dtype="float64")
    if not from_logits:
        return share
    share = np.clip(share, 1e-7, 1 - 1e-7)
    exclusive = is_labels or (classes > 1 and np.allclose(y.sum(axis=-1), 1.0))
    return np.log(share) if exclusive else np.log(share / (1 - share))


def trivial_error(
    measure: Callable[[np.ndarray], float],
    y: np.ndarray,
    shape: tuple[int, ...],
    from_logits: bool,
    ignored: Sequence[int] = (),
) -> float:
    """The least error of a prediction that is the same for every row; NaN where the targets do not tell one.

    Args:
        measure: error of predictions `(rows, *shape)` of the targets.
        y: targets; with several outputs, a nest of them, there is no telling.
        shape: of one prediction.
        from_logits: whether predictions are logits.
        ignored: labels that do not count.

    Example:
    >>> y = np.array([[0.0], [2.0]])
    >>> trivial_error(lambda y_pred: float(np.mean((y_pred - y) ** 2)), y, (1,), from_logits=False)
    1.0
    """
    errors = [measure(y_pred) for y_pred in _constants(y, shape, from_logits, ignored)]
    return min((error for error in errors if math.isfinite(error)), default=math.nan)


def _constants(y, shape, from_logits, ignored) -> Iterator[np.ndarray]:
    if not isinstance(y, np.ndarray) or not shape:
        return
    classes = shape[-1]
    if classes > 1 and y.shape[1:] in (shape[:-1], (*shape[:-1], 1)):
        if not np.isin(y, [*range(classes), *ignored]).all():
            return
        target = y.reshape(-1)
    elif math.prod(y.shape[1:]) == math.prod(shape):
        target = y.reshape(len(y), *shape)
    else:
        return
    for statistic in ("mean", "median"):
        constant = trivial_prediction(target, classes, from_logits, statistic)
        yield np.broadcast_to(constant, (len(y), *shape)).astype("float32")


def error_rate(
    y_true: np.ndarray, y_pred: np.ndarray, from_logits: bool, multi_label: bool | None = None
) -> np.ndarray:
    """For each sample, the share of wrong answers: 0 or 1 for one label, in between for several.

    Args:
        y_true: labels `(rows,)` or `(rows, 1)`, one-hot rows or indicators `(rows, C)`; also with axes
            between.
        y_pred: outputs `(rows, C)`, or `(rows,)` for `C = 1`, where the second of two classes is meant above 0.5,
            or above 0 for logits.
        from_logits: whether outputs are logits.
        multi_label: whether targets shaped like the outputs are indicators rather than one-hot rows; None to tell by
            these rows: one-hot if each sums to 1.

    Example:
    >>> error_rate(np.array([1, 0]), np.array([[0.2, 0.8], [0.4, 0.6]]), from_logits=False).tolist()
    [0.0, 1.0]
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    y_pred = y_pred[:, None] if y_pred.ndim == 1 else y_pred
    classes = y_pred.shape[-1]
    fits = y_true.shape == y_pred.shape or y_true.size == y_pred.size // classes
    check(fits, "y_true", y_true.shape, f"labels or indicators for outputs of shape {y_pred.shape}")
    if classes > 1 and y_true.shape != y_pred.shape:
        wrong = y_pred.argmax(axis=-1) != y_true.reshape(y_pred.shape[:-1])
    elif classes > 1 and not (is_multi_label(y_true) if multi_label is None else multi_label):
        wrong = y_pred.argmax(axis=-1) != y_true.argmax(axis=-1)
    else:
        wrong = (y_pred > (0.0 if from_logits else 0.5)) != (y_true.reshape(y_pred.shape) > 0.5)
    return wrong.reshape(len(wrong), -1).mean(axis=1)


def is_multi_label(y: np.ndarray) -> bool:
    """Whether rows of indicators are not all one-hot.

    Example:
    >>> is_multi_label(np.eye(3)), is_multi_label(np.ones((2, 3)))
    (False, True)
    """
    return y.ndim > 1 and y.shape[-1] > 1 and not np.allclose(y.sum(axis=-1), 1.0)
