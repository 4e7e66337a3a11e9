"""Cross-entropy of a yes or no, or of several."""

import numpy as np

from kerasparts.core.part import part
from kerasparts.losses._targets import ENTRIES, Targets
from kerasparts.losses.classification import LikelihoodLoss, number_or_numbers


@part
class BinaryCrossentropy(LikelihoodLoss):
    """Cross-entropy of one or more yes or no, with the class weights, `pos_weight` and gaps that Keras' has not.

    With the probability `p` of an entry and its target `y`:

        -pos_weight * y * log(p) - (1 - y) * log(1 - p)

    weighted by class: one output by `class_weight = [weight of 0, weight of 1]`, several outputs each by a number of
    its own. The loss of a sample is the mean over its entries; entries equal to `ignore_class`, -1 say,
    count for nothing. For several positive labels, Keras' `fit(class_weight=)` silently takes the first alone.

    Args:
        pos_weight: float in [0, inf), or one for each class. What a missed 1 costs more than a false alarm: precision
            for recall.
        from_logits: bool. Whether the predictions are unnormalized, or probabilities.
        class_weight: one number in [0, inf) for each class, two for one output; or None.
        label_smoothing: float in [0, 1). Share of the target spread evenly over 0 and 1.
        ignore_class: int or None. Value of the entries to leave out.
        axis: int. Axis of the classes in targets and predictions.
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_true and y_pred `(batch, ..., C)`, the classes on `axis`; with C = 1, y_true needs no such axis, and in
        `(batch,)` neither does y_pred.

    Raises:
        ValueError: shapes that do not fit, or a target outside [0, 1] in a NumPy array. In a compiled program, which
            cannot raise, such a target makes the loss NaN.

    Example:
    >>> loss = kerasparts.losses.BinaryCrossentropy(from_logits=True, class_weight=[1.0, 3.0])
    >>> round(float(loss([0, 1], [[0.0], [0.0]])), 4)  # (1 + 3) / 2 * log(2)
    1.3863

    Reference: `pos_weight`: King and Zeng 2001, "Logistic Regression in Rare Events Data", equation 10.
    """

    def __init__(self, pos_weight=1.0, **kwargs):
        super().__init__(**kwargs)
        self.pos_weight = number_or_numbers("pos_weight", pos_weight)

    def kinds(self, y_pred):
        return ENTRIES

    def call(self, y_true, y_pred):
        return binary_crossentropy(y_true, y_pred, self.pos_weight, **self.shared)

    def get_config(self):
        return {**super().get_config(), "pos_weight": self.pos_weight}


def binary_crossentropy(
    y_true, y_pred, pos_weight=1.0, from_logits=False, label_smoothing=0.0, ignore_class=None, axis=-1
):
    """Cross-entropy of every entry, without class weights and zero where ignored; see `BinaryCrossentropy`.

    Example:
    >>> values = kerasparts.losses.binary_crossentropy([1, 0, -1], [0.5, 0.1, 0.9], ignore_class=-1)
    >>> [round(float(value[0]), 4) for value in values]
    [0.6931, 0.1054, 0.0]
    """
    targets = Targets(y_true, y_pred, axis, ENTRIES, ignore_class)
    log_p, log_q = targets.log_sigmoids(from_logits)
    if np.ndim(pos_weight) or pos_weight != 1:
        log_p = targets.of_classes("pos_weight", pos_weight) * log_p
    return targets.left(-targets.yes_or_no(log_p, log_q, label_smoothing))
