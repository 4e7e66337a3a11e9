"""What all classification losses share."""

import numpy as np

from kerasparts.core.checks import check
from kerasparts.losses.loss import Loss


class ClassificationLoss(Loss):
    """Base class of losses over classes: class weights and ignored labels.

    A subclass writes two functions of the same targets and predictions:

        call(y_true, y_pred)      the loss of every sample, unweighted
        weights(y_true, y_pred)   (class weight of every sample or None, share kept of every sample or None)

    A class weight acts as a sample weight does, and an ignored sample counts for nothing; see `Loss`.
    """

    def weights(self, y_true, y_pred):
        return None, None

    def terms(self, y_true, y_pred):
        return self.call(y_true, y_pred), *self.weights(y_true, y_pred)


def class_weight_list(class_weight):
    """Checks class weights and gives them as a list of floats, or None."""
    if class_weight is None:
        return None
    try:
        weights = np.asarray(class_weight, dtype="float64")
    except (TypeError, ValueError):
        weights = np.full((), np.nan)
    ok = weights.ndim == 1 and weights.size > 0 and np.isfinite(weights).all() and (weights >= 0).all()
    check(ok, "class_weight", class_weight, "one finite number of at least 0 for each class")
    return [float(weight) for weight in weights]
