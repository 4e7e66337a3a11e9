"""Cross-entropy with integer labels."""

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.losses.classification import ClassificationLoss, class_weight_list


@part
class SparseCategoricalCrossentropy(ClassificationLoss):
    """Cross-entropy on integer labels, with the class weights and the label smoothing that Keras' has not.

    With class probabilities `p`, `C` classes and the label `y`:

        -(1 - label_smoothing) * log(p[y]) - label_smoothing / C * sum(log(p))

    weighted by `class_weight[y]`; samples with `y == ignore_class` count for nothing. Keras' `fit(class_weight=)`
    refuses pixels and several outputs; here the weights belong to the loss. It gives the same answer on every
    backend: it never looks for logits behind a softmax, as Keras' does on TensorFlow.

    Take `from_logits=True` and a last layer with no activation: probabilities below 1e-7 cannot be told from 0.

    Args:
        from_logits: bool. Whether the predictions are unnormalized, or probabilities.
        class_weight: one number in [0, inf) for each class, or None.
        label_smoothing: float in [0, 1). Share of the target spread evenly over all classes.
        ignore_class: int or None. Label of the samples to leave out; need not be a class.
        axis: int. Axis of the classes in the predictions.
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_true `(batch, ...)` of integers, or with a last axis of 1; y_pred the same with the axis of C classes.

    Raises:
        ValueError: shapes that do not fit, `class_weight` of another length than C, or a label that is no class
            in a NumPy array. In a compiled program, which cannot raise, such a label makes the loss NaN.

    Example:
    >>> loss = kerasparts.losses.SparseCategoricalCrossentropy(from_logits=True, class_weight=[1.0, 3.0])
    >>> round(float(loss([0, 1], [[0.0, 0.0], [0.0, 0.0]])), 4)  # (1 + 3) / 2 * log(2)
    1.3863

    Reference: label smoothing: Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7.
    """

    def __init__(
        self,
        from_logits=False,
        class_weight=None,
        label_smoothing=0.0,
        ignore_class=None,
        axis=-1,
        reduction="sum_over_batch_size",
        name=None,
        dtype=None,
    ):
        check(isinstance(from_logits, bool), "from_logits", from_logits, "True or False")
        check_number("label_smoothing", label_smoothing, "[0, 1)")
        is_label = isinstance(ignore_class, int) and not isinstance(ignore_class, bool)
        check(ignore_class is None or is_label, "ignore_class", ignore_class, "an integer or None")
        check(
            isinstance(axis, int) and axis != 0,
            "axis",
            axis,
            "an integer other than 0, the axis of the batch",
        )
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.from_logits = from_logits
        self.class_weight = class_weight_list(class_weight)
        self.label_smoothing = label_smoothing
        self.ignore_class = ignore_class
        self.axis = axis

    def call(self, y_true, y_pred):
        return sparse_categorical_crossentropy(
            y_true, y_pred, self.from_logits, self.label_smoothing, self.ignore_class, self.axis
        )

    def weights(self, y_true, y_pred):
        y_true, y_pred = _aligned(y_true, y_pred, self.axis)
        classes = y_pred.shape[-1]
        class_weight = kept = None
        if self.class_weight is not None:
            rule = f"of one number for each of the {classes} classes"
            check(len(self.class_weight) == classes, "class_weight", self.class_weight, rule)
            table = ops.convert_to_tensor(self.class_weight, dtype=y_pred.dtype)
            class_weight = ops.take(table, ops.clip(y_true, 0, classes - 1), axis=0)
        if self.ignore_class is not None:
            kept = ops.cast(y_true != self.ignore_class, y_pred.dtype)
        return class_weight, kept

    def get_config(self):
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "class_weight": self.class_weight,
            "label_smoothing": self.label_smoothing,
            "ignore_class": self.ignore_class,
            "axis": self.axis,
        }


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, ignore_class=None, axis=-1):
    """Cross-entropy of every sample, unweighted and zero where ignored; see `SparseCategoricalCrossentropy`.

    Example:
    >>> values = kerasparts.losses.sparse_categorical_crossentropy([1, -1], [[0.5, 0.5], [0.1, 0.9]], ignore_class=-1)
    >>> [round(float(value), 4) for value in values]
    [0.6931, 0.0]
    """
    _check_labels(y_true, y_pred, ignore_class, axis)
    y_true, y_pred = _aligned(y_true, y_pred, axis)
    classes = y_pred.shape[-1]
    if from_logits:
        log_p = ops.log_softmax(y_pred, axis=-1)
    else:
        p = ops.maximum(y_pred, keras.config.epsilon())
        log_p = ops.log(p) - ops.log(ops.sum(p, axis=-1, keepdims=True))
    is_class = ops.logical_and(y_true >= 0, y_true < classes)
    label = ops.where(is_class, y_true, 0)
    loss = -ops.squeeze(ops.take_along_axis(log_p, ops.expand_dims(label, -1), axis=-1), axis=-1)
    if label_smoothing:
        loss = (1 - label_smoothing) * loss - label_smoothing / classes * ops.sum(log_p, axis=-1)
    loss = ops.where(is_class, loss, float("nan"))
    if ignore_class is not None:
        loss = ops.where(y_true == ignore_class, 0.0, loss)
    return loss


def _aligned(y_true, y_pred, axis):
    """Labels as integers of shape (batch, ...), predictions in float32 at least with the classes last."""
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    y_true, y_pred = ops.cast(y_true, "int32"), ops.cast(y_pred, float32_at_least(y_pred.dtype))
    rank = len(y_pred.shape)
    rule = f"an axis of y_pred, which has shape {tuple(y_pred.shape)}, other than that of the batch"
    check(-rank < axis < rank and axis != 0, "axis", axis, rule)
    if len(y_true.shape) == rank and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis=axis)
    y_pred = ops.moveaxis(y_pred, axis, -1)
    fits = len(y_true.shape) == rank - 1 and all(
        one is None or other is None or one == other for one, other in zip(y_true.shape, y_pred.shape[:-1], strict=True)
    )
    rule = f"of the shape of y_pred without the axis of the classes, {tuple(y_pred.shape[:-1])}"
    check(fits, "y_true", tuple(y_true.shape), rule)
    return y_true, y_pred


def _check_labels(y_true, y_pred, ignore_class, axis):
    """What a compiled program could only answer with NaN is said here, where labels are plain arrays."""
    if not isinstance(y_true, np.ndarray | list | tuple | int):
        return
    classes = y_pred.shape[axis] if hasattr(y_pred, "shape") else np.shape(y_pred)[axis]
    labels = np.asarray(y_true)
    labels = labels[labels != ignore_class] if ignore_class is not None else labels
    wrong = labels[(labels < 0) | (labels >= classes)]
    rule = f"of labels in [0, {classes})"
    check(wrong.size == 0, "y_true", wrong.ravel()[:3].tolist(), rule)
