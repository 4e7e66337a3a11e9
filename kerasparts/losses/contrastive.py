"""Contrastive loss of pairs."""

import numpy as np
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.losses._residual import aligned, per_sample
from kerasparts.losses.loss import Loss


@part
class Contrastive(Loss):
    """Pulls pairs that belong together to distance 0, and others apart up to a margin; not in Keras.

    With the distance `d` of a pair, and `y` of 1 where it belongs together, else 0:

        loss = mean(y * d**2 + (1 - y) * max(margin - d, 0)**2)

    as TensorFlow Addons had it; the paper halves it, and calls 0 what is 1 here. On batches of labelled embeddings,
    without pairs made beforehand, take `TripletSemiHard` or `SupervisedContrastive`.

    Args:
        margin: number in (0, inf), in the unit of the distances.
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_pred: distances `(batch, ..., d)`, averaged over the last axis, or `(batch,)`; y_true the same, but for a last
        axis of 1.

    Raises:
        ValueError: shapes that do not fit, or a target outside [0, 1] in a NumPy array. In a compiled program, which
            cannot raise, such a target makes the loss NaN.

    Example:
    >>> loss = kerasparts.losses.Contrastive(margin=2.0)
    >>> float(loss([1, 0], [0.5, 1.5]))
    0.25

    Reference: Hadsell et al. 2006, https://doi.org/10.1109/CVPR.2006.100, equation 4.
    """

    def __init__(self, margin=1.0, reduction="sum_over_batch_size", name=None, dtype=None):
        check_number("margin", margin, "(0, inf)")
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.margin = margin

    def call(self, y_true, y_pred):
        return contrastive(y_true, y_pred, self.margin)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}


def contrastive(y_true, y_pred, margin=1.0):
    """Contrastive loss of every pair; see `Contrastive`.

    Example:
    >>> [float(value) for value in kerasparts.losses.contrastive([1, 0], [0.5, 0.5])]
    [0.25, 0.25]
    """
    if isinstance(y_true, np.ndarray | list | tuple):
        wrong = np.asarray(y_true)[(np.asarray(y_true) < 0) | (np.asarray(y_true) > 1)]
        check(wrong.size == 0, "y_true", wrong.ravel()[:3].tolist(), "of numbers in [0, 1]")
    y, d = aligned(y_true, y_pred)
    loss = y * ops.square(d) + (1 - y) * ops.square(ops.maximum(margin - d, 0.0))
    return per_sample(ops.where(ops.logical_and(y >= 0, y <= 1), loss, float("nan")))
