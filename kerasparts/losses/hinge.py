"""Margins between scores."""

import numpy as np
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.part import part
from kerasparts.losses._targets import Targets, kinds_of
from kerasparts.losses.classification import ClassificationLoss


@part
class Hinge(ClassificationLoss):
    """The margin loss of support vector machines, for two classes, several, and several labels.

    With the score `z` of an entry and its label `y`, where 0 and -1 are the same:

        max(0, 1 - z)    if y = 1
        max(0, 1 + z)    if y = 0 or -1

    and with the scores `z` of several classes and the label `y`:

        max(0, 1 + max(z without z[y]) - z[y])

    or the squares of these. Keras' `CategoricalHinge` compares `z[y]` with 0 where all other scores are negative, and
    takes no integer labels; Keras' `Hinge` guesses from the whole batch whether labels are 0 and 1. There is no
    `from_logits` nor smoothing here: scores of a last layer with no activation are no probabilities.

    Args:
        squared: bool. Whether to square the losses: smooth, and hard on what is far off.
        multi_label: bool. Whether each class is a yes or no of its own.
        **kwargs: `class_weight`, `ignore_class`, `axis`, `reduction`, `name` and `dtype` as in
            `SparseCategoricalCrossentropy`, for entries as in `BinaryCrossentropy`.

    Shapes:
        y_pred `(batch, ..., C)`, the classes on `axis`; y_true of integers without that axis or with 1 there, or
        one-hot of the same shape. With `multi_label` or one class, as in `BinaryCrossentropy`.

    Example:
    >>> loss = kerasparts.losses.Hinge()
    >>> float(loss([0, 1], [[-0.5], [2.0]])), float(loss([2], [[-1.0, -2.0, 0.5]]))
    (0.25, 0.0)

    Reference: Crammer and Singer 2001, https://jmlr.org/papers/v2/crammer01a.html, equation 3.
    """

    def __init__(self, squared=False, multi_label=False, **kwargs):
        check(isinstance(squared, bool), "squared", squared, "True or False")
        check(isinstance(multi_label, bool), "multi_label", multi_label, "True or False")
        super().__init__(**kwargs)
        self.squared = squared
        self.multi_label = multi_label

    def kinds(self, y_pred):
        return kinds_of(y_pred, self.axis, self.multi_label)

    def call(self, y_true, y_pred):
        return hinge(y_true, y_pred, self.squared, self.multi_label, self.ignore_class, self.axis)

    def get_config(self):
        return {**super().get_config(), "squared": self.squared, "multi_label": self.multi_label}


def hinge(y_true, y_pred, squared=False, multi_label=False, ignore_class=None, axis=-1):
    """Hinge loss of every sample, or entry, without class weights and zero where ignored; see `Hinge`.

    Example:
    >>> [float(value) for value in kerasparts.losses.hinge([0, 1], [[1.0, 0.5], [3.0, 0.5]], squared=True)]
    [0.25, 12.25]
    """
    targets = Targets(y_true, y_pred, axis, kinds_of(y_pred, axis, multi_label), ignore_class, lowest=-1)
    scores = targets.y_pred
    if targets.kind == "entries":
        yes, no = ops.relu(1 - scores), ops.relu(1 + scores)
        if squared:
            yes, no = ops.square(yes), ops.square(no)
        return targets.left(targets.yes_or_no(yes, no))
    one_hot = targets.one_hot()
    below = float(np.finfo("float32").min)
    rival = ops.max(ops.where(one_hot > 0, below, scores), axis=-1, initial=below)
    losses = ops.relu(1 + rival - targets.expected(scores))
    return targets.left(ops.square(losses) if squared else losses)
