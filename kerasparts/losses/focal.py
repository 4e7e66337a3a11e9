"""Focal loss."""

import numpy as np
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.losses._targets import Targets, kinds_of, power
from kerasparts.losses.classification import LikelihoodLoss, number_or_numbers


@part
class Focal(LikelihoodLoss):
    """Cross-entropy that turns from what is right already to what is not, in one class for all kinds of targets.

    With the probability `p` given to the true class, or the true answer of an entry:

        -alpha * (1 - p)**gamma * log(p)

    Keras has one class for entries, one for one-hot targets and none for integer labels; neither takes class weights or
    numbers `alpha` of entries. Which it is here says the shape:

        one output, or `multi_label=True`    yes or no for each entry
        y_true with an axis of classes       one-hot or soft targets
        y_true without, or with 1 there      integer labels

    Args:
        gamma: float in [0, inf). How much less a sample counts that is right: at 2, one with p = 0.9 counts 1/100.
        alpha: float in [0, 1], one number in [0, inf) for each class, or None for 1. Of entries, a single number is the
            weight of 1, and `1 - alpha` that of 0. From counts of the classes: `class_weights(counts=...)`.
        multi_label: bool. Whether each class is a yes or no of its own.
        **kwargs: `from_logits`, `class_weight`, `label_smoothing`, `ignore_class`, `axis`, `reduction`, `name` and
            `dtype` as in `SparseCategoricalCrossentropy`, for entries as in `BinaryCrossentropy`.

    Shapes:
        y_pred `(batch, ..., C)`, the classes on `axis`; y_true the same, or without that axis.

    Example:
    >>> loss = kerasparts.losses.Focal(gamma=2.0, from_logits=True)
    >>> round(float(loss([0, 1], [[0.0, 0.0], [0.0, 0.0]])), 4)  # (1 - 1/2)**2 * log(2)
    0.1733

    Reference: Lin et al. 2017, https://arxiv.org/abs/1708.02002, equation 5.
    """

    def __init__(self, gamma=2.0, alpha=None, multi_label=False, **kwargs):
        check_number("gamma", gamma, "[0, inf)")
        check(isinstance(multi_label, bool), "multi_label", multi_label, "True or False")
        super().__init__(**kwargs)
        self.gamma = gamma
        self.alpha = None if alpha is None else number_or_numbers("alpha", alpha, "[0, 1]")
        self.multi_label = multi_label

    def kinds(self, y_pred):
        return kinds_of(y_pred, self.axis, self.multi_label)

    def call(self, y_true, y_pred):
        return focal(y_true, y_pred, self.gamma, self.alpha, self.multi_label, **self.shared)

    def get_config(self):
        return {**super().get_config(), "gamma": self.gamma, "alpha": self.alpha, "multi_label": self.multi_label}


def focal(
    y_true,
    y_pred,
    gamma=2.0,
    alpha=None,
    multi_label=False,
    from_logits=False,
    label_smoothing=0.0,
    ignore_class=None,
    axis=-1,
):
    """Focal loss of every sample, or entry, without class weights and zero where ignored; see `Focal`.

    Example:
    >>> values = kerasparts.losses.focal([[1, 0]], [[0.5, 0.9]], multi_label=True)
    >>> [round(float(value), 4) for value in values[0]]
    [0.1733, 1.8651]
    """
    targets = Targets(y_true, y_pred, axis, kinds_of(y_pred, axis, multi_label), ignore_class)
    if targets.kind == "entries":
        p, q = targets.sigmoids(from_logits)
        log_p, log_q = targets.log_sigmoids(from_logits)
        yes, no = power(q, gamma) * log_p, power(p, gamma) * log_q
        if alpha is not None and np.ndim(alpha) == 0:
            yes, no = alpha * yes, (1 - alpha) * no
        losses = targets.yes_or_no(yes, no, label_smoothing)
    else:

        def modulated(log_p):
            return power(-ops.expm1(log_p), gamma) * log_p

        losses = targets.expected(targets.log_softmax(from_logits), label_smoothing, modulated)
        if alpha is not None and np.ndim(alpha) == 0:
            losses = alpha * losses
    if np.ndim(alpha):
        losses = losses * targets.weight(alpha, "alpha")
    return targets.left(-losses)
