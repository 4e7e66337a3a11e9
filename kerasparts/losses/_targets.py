"""Targets beside predictions: integer labels, one-hot rows, or entries that are each a yes or no of their own."""

import functools

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check
from kerasparts.core.precision import float32_at_least
from kerasparts.losses.product import Product

LABELS = ("labels",)
ONE_HOT = ("one_hot",)
LABELS_OR_ONE_HOT = ("labels", "one_hot")
LOGITS = ("logits",)
ENTRIES = ("entries",)


class Targets:
    """Targets and predictions of one shape, with the classes last.

    Args:
        y_true, y_pred: as they come.
        axis: axis of the classes in the predictions.
        kinds: which kinds of targets are taken, of

            "labels"   integers of the shape of the predictions without the classes, or with an axis of 1 there
            "one_hot"  a distribution over the classes: numbers in [0, 1] of the shape of the predictions
            "logits"   any numbers of the shape of the predictions, whose softmax is the distribution
            "entries"  a number in [0, 1] for each class alone, of the shape of the predictions; one class needs no axis

        ignore_class: value that marks what to leave out: a label; the class of a one-hot row, or all its numbers where
            it is no class; an entry. Or None.
        lowest: least number of an entry.

    Attributes:
        kind: the one that was found.
        y_true: labels in int32, anything else in the precision of `y_pred`.
        y_pred: in float32 at least, with the classes last; nothing is computed before it is read.
        dtype: of `y_pred`.
        classes: number of classes.
    """

    def __init__(self, y_true, y_pred, axis, kinds, ignore_class=None, lowest=0):
        is_array = isinstance(y_true, np.ndarray | list | tuple | int | float)
        values = np.asarray(y_true) if is_array else None
        y_true = ops.convert_to_tensor(y_true)
        y_pred = y_pred if ops.is_tensor(y_pred) else ops.convert_to_tensor(y_pred)
        if kinds == ENTRIES and len(y_pred.shape) == 1:
            y_pred, axis = ops.expand_dims(y_pred, -1), -1
        rank = len(y_pred.shape)
        rule = f"an axis of y_pred, which has shape {tuple(y_pred.shape)}, other than that of the batch"
        check(-rank < axis < rank and axis != 0, "axis", axis, rule)
        self.raw, self.axis = y_pred, axis % rank
        self.dtype = float32_at_least(y_pred.dtype)
        sizes = list(y_pred.shape)
        self.classes = sizes.pop(self.axis)
        self.ignore_class = ignore_class
        self.lowest = lowest
        self.kind = self._kind(y_true, axis, rank, kinds)
        if self.kind == "labels":
            self.y_true = ops.cast(ops.squeeze(y_true, axis) if len(y_true.shape) == rank else y_true, "int32")
            shape = tuple(sizes)
            rule = f"of the shape of y_pred without the axis of the classes, {shape}"
        else:
            self.y_true = ops.cast(
                ops.moveaxis(y_true, axis, -1) if len(y_true.shape) == rank else ops.expand_dims(y_true, -1),
                self.dtype,
            )
            shape = (*sizes, self.classes)
            rule = f"of the shape of y_pred, {tuple(y_pred.shape)}"
        fits = len(self.y_true.shape) == len(shape) and all(
            one is None or other is None or one == other for one, other in zip(self.y_true.shape, shape, strict=True)
        )
        check(fits, "y_true", tuple(y_true.shape), rule)
        if values is not None:
            self._check_values(values)

    @functools.cached_property
    def y_pred(self):
        return ops.moveaxis(ops.cast(ops.convert_to_tensor(self.raw), self.dtype), self.axis, -1)

    @functools.cached_property
    def product(self):
        """The `Product` that the predictions are, if they need not be computed for what follows."""
        source, shape = backend.source_of(self.raw), self.raw.shape
        is_worth_it = isinstance(source, Product) and self.axis == len(shape) - 1 and 0 not in shape
        return source if is_worth_it else None

    def _kind(self, y_true, axis, rank, kinds):
        if len(kinds) == 1:
            return kinds[0]
        is_one_hot = len(y_true.shape) == rank and y_true.shape[axis] != 1
        return "one_hot" if is_one_hot else "labels"

    def _check_values(self, values):
        """What a compiled program could only answer with NaN is said here, where targets are plain arrays."""
        if self.ignore_class is not None:
            values = values[values != self.ignore_class]
        if self.kind == "labels":
            wrong, rule = values[(values < 0) | (values >= self.classes)], f"of labels in [0, {self.classes})"
        else:
            if self.kind == "logits":
                return
            wrong, rule = values[(values < self.lowest) | (values > 1)], f"of numbers in [{self.lowest}, 1]"
        check(wrong.size == 0, "y_true", wrong.ravel()[:3].tolist(), rule)

    def kept(self):
        """Whether each sample, or each entry, counts; or None where all do."""
        if self.ignore_class is None:
            return None
        if self.kind == "one_hot" and 0 <= self.ignore_class < self.classes:
            return self.y_true[..., self.ignore_class] != 1
        if self.kind in ("one_hot", "logits"):
            return ops.any(self.y_true != self.ignore_class, axis=-1)
        return self.y_true != self.ignore_class

    def weight(self, class_weight, name="class_weight"):
        """The weight of each sample, or of each entry, by its class."""
        one_output = self.kind == "entries" and self.classes == 1
        number = 2 if one_output else self.classes
        check(len(class_weight) == number, name, class_weight, f"of one number for each of the {number} classes")
        table = ops.convert_to_tensor(class_weight, dtype=self.dtype)
        if self.kind == "labels":
            return ops.take(table, ops.clip(self.y_true, 0, self.classes - 1), axis=0)
        if self.kind == "one_hot":
            return ops.sum(self.y_true * table, axis=-1)
        if self.kind == "logits":
            return ops.sum(ops.softmax(self.y_true, axis=-1) * table, axis=-1)
        if one_output:
            return table[0] + (table[1] - table[0]) * ops.clip(self.y_true, 0.0, 1.0)
        return ops.broadcast_to(table, ops.shape(self.y_pred))

    def expected(self, values, label_smoothing=0.0, of=lambda x: x):
        """Mean of `of(values)` over the classes under the target, one number a sample."""
        if self.kind == "one_hot":
            y_true = (1 - label_smoothing) * self.y_true + label_smoothing / self.classes
            return ops.sum(y_true * of(values), axis=-1)
        is_class, label = self._labels()
        label = ops.expand_dims(label, -1)
        mean = of(ops.squeeze(ops.take_along_axis(values, label, axis=-1), axis=-1))
        if label_smoothing:
            mean = (1 - label_smoothing) * mean + label_smoothing / self.classes * ops.sum(of(values), axis=-1)
        return ops.where(is_class, mean, float("nan"))

    def crossentropy(self, from_logits, label_smoothing=0.0):
        """Cross-entropy of every sample with the target, zero where it is to be left out.

        Where the predictions are a `Product`, their logits are not computed, and the losses know how to sum themselves.
        """
        if not from_logits or self.kind != "labels" or self.product is None:
            return self.crossentropy_of(self.logits(from_logits), label_smoothing)
        is_class, label = self._labels()

        def losses():
            losses = self.product.crossentropy(label, label_smoothing)
            return self.left(ops.where(is_class, losses, float("nan")))

        def total(weights):
            is_wrong = ops.any(ops.logical_and(ops.logical_not(is_class), weights != 0))
            weights = ops.where(is_class, weights, 0.0)
            return ops.where(is_wrong, float("nan"), self.product.total_crossentropy(label, weights, label_smoothing))

        return backend.deferred(losses, total, ops.shape(label), self.dtype) if self.product.training else losses()

    def crossentropy_of(self, logits, label_smoothing=0.0):
        """Cross-entropy of every sample with other logits, zero where it is to be left out.

        It is the logarithm of the total, times the sum of the targets, less the mean logit: each of small numbers only,
        for the largest logit is taken off, and on TensorFlow faster than the logarithms of all probabilities.
        """
        lowest = float(np.finfo("float32").min)
        top = ops.max(logits, axis=-1, keepdims=True, initial=lowest)  # without, TensorFlow refuses an empty batch
        logits = logits - ops.stop_gradient(top)
        total = ops.log(ops.sum(ops.exp(logits), axis=-1))
        if self.kind == "one_hot":
            mass = (1 - label_smoothing) * ops.sum(self.y_true, axis=-1) + label_smoothing
            total = mass * total
        return self.left(total - self.expected(logits, label_smoothing))

    def _labels(self):
        """Whether each label is a class, and the labels with 0 for those that are none."""
        is_class = ops.logical_and(self.y_true >= 0, self.y_true < self.classes)
        return is_class, ops.where(is_class, self.y_true, 0)

    def yes_or_no(self, yes, no, label_smoothing=0.0):
        """`yes` for each entry of 1, `no` for each of 0, and the mean of both between."""
        share = ops.relu(self.y_true) if self.lowest < 0 else self.y_true
        if label_smoothing:
            share = (1 - label_smoothing) * share + label_smoothing / 2
        in_range = ops.logical_and(self.y_true >= self.lowest, self.y_true <= 1)
        return ops.where(in_range, share * yes + (1 - share) * no, float("nan"))

    def left(self, losses):
        """The losses, zero where they are to be left out."""
        kept = self.kept()
        return losses if kept is None else ops.where(kept, losses, 0.0)

    def one_hot(self):
        """Targets with an axis of classes; a label that is no class has only zeros there."""
        if self.kind == "labels":
            is_label = ops.expand_dims(self.y_true, -1) == ops.arange(self.classes, dtype="int32")
            return ops.cast(is_label, self.dtype)
        return self.y_true

    def of_classes(self, name, numbers):
        """One number, or a tensor of one for each class."""
        if np.ndim(numbers) == 0:
            return numbers
        check(len(numbers) == self.classes, name, numbers, f"of one number for each of the {self.classes} classes")
        return ops.convert_to_tensor(numbers, dtype=self.dtype)

    def logits(self, from_logits):
        """Scores whose softmax is the prediction."""
        return self.y_pred if from_logits else ops.log(floored(self.y_pred))

    def log_softmax(self, from_logits):
        """Logarithms of the probabilities of the classes, which sum to 1."""
        if from_logits:
            return ops.log_softmax(self.y_pred, axis=-1)
        p = floored(self.y_pred)
        return ops.log(p) - ops.log(ops.sum(p, axis=-1, keepdims=True))

    def sigmoids(self, from_logits):
        """Probability of each class, and of its complement."""
        p = ops.sigmoid(self.y_pred) if from_logits else ops.clip(self.y_pred, 0.0, 1.0)
        return p, 1 - p

    def log_sigmoids(self, from_logits):
        """Logarithms of the probability of each class, and of its complement, both exact near 0."""
        if from_logits:
            z = self.y_pred
            is_yes = z >= 0  # of `abs` and `relu` the gradient at 0 would be wrong
            rest = ops.log1p(ops.exp(ops.where(is_yes, -z, z)))
            return ops.where(is_yes, 0.0, z) - rest, ops.where(is_yes, -z, 0.0) - rest
        p, q = self.sigmoids(from_logits)
        return ops.log(floored(p)), ops.log(floored(q))


def floored(x):
    """`x`, at least `keras.config.epsilon()`. Keras' `maximum` with a number turns float64 into float32 on Torch."""
    return ops.clip(x, keras.config.epsilon(), float("inf"))


def power(x, gamma):
    """`x**gamma` of numbers from 0 on, with a gradient at 0 too."""
    return (floored(x) if gamma < 1 else x) ** gamma


def kinds_of(y_pred, axis, multi_label):
    """Kinds of targets of a loss for all: entries with `multi_label` or one class, else labels or one-hot rows."""
    shape = np.shape(y_pred) if isinstance(y_pred, list | tuple) else tuple(y_pred.shape)
    return ENTRIES if multi_label or len(shape) == 1 or shape[axis] == 1 else LABELS_OR_ONE_HOT
