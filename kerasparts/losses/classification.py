"""What all classification losses share."""

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.precision import float32_at_least


class ClassificationLoss(keras.losses.Loss):
    """Base class of losses over classes: weights, ignored labels, masks and reduction.

    A subclass writes two functions of the same targets and predictions:

        call(y_true, y_pred)      the loss of every sample, unweighted
        weights(y_true, y_pred)   (class weight of every sample or None, share kept of every sample or None)

    The losses are computed in float32 at least, whatever the precision of the predictions. Then

        loss = sum(kept * class_weight * sample_weight * losses) / sum(kept)

    under Keras' default reduction: a class weight acts as a sample weight does, and an ignored or masked sample
    counts for nothing, above and below. `reduction="mean_with_sample_weight"` divides by the sum of all weights
    instead, as Torch does.

    A `sample_weight` with fewer axes than the losses belongs to the leading ones: `(batch,)` weighs whole images.
    """

    def __init__(self, reduction="sum_over_batch_size", name=None, dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        precise = float32_at_least(self.dtype)
        self._reduce = _Reduction(name="reduction", reduction=reduction, dtype=precise)
        self._mask = _Reduction(name="mask", reduction="none", dtype=precise)

    def call(self, y_true, y_pred):
        raise NotImplementedError(f"{type(self).__name__} must implement call(y_true, y_pred).")

    def weights(self, y_true, y_pred):
        return None, None

    def __call__(self, y_true, y_pred, sample_weight=None):
        losses = self.call(y_true, y_pred)
        class_weight, kept = self.weights(y_true, y_pred)
        weight = None if sample_weight is None else _expand(sample_weight, losses)
        if class_weight is not None:
            weight = class_weight if weight is None else weight * class_weight
        if kept is not None:
            if self.reduction in ("sum_over_batch_size", "mean"):
                # `_reduce` divides by the samples that the mask of the predictions leaves, kept or not.
                left = ops.sum(self._mask(ops.ones_like(losses), y_pred))
                both = ops.sum(self._mask(kept, y_pred))
                kept = kept * ops.divide_no_nan(left, both)
            weight = kept if weight is None else weight * kept
        value = self._reduce(losses, y_pred, weight)
        if self.reduction not in (None, "none") and len(value.shape) > 0:
            value = ops.sum(value)  # Keras hands an empty batch back as it came
        return ops.cast(value, self.dtype)

    def get_config(self):
        return {**super().get_config(), "dtype": self.dtype}


class _Reduction(keras.losses.Loss):
    """Keras' own masking, weighting, reduction and scaling over replicas, for losses that are computed already."""

    def call(self, y_true, y_pred):
        return y_true

    def __call__(self, losses, y_pred, sample_weight=None):
        return super().__call__(losses, y_pred, sample_weight)


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


def _expand(sample_weight, losses):
    """Appends axes until the weights broadcast over the losses, from the batch on."""
    sample_weight = ops.cast(ops.convert_to_tensor(sample_weight), losses.dtype)
    rank = len(losses.shape)
    if len(sample_weight.shape) == rank + 1 and sample_weight.shape[-1] == 1:
        return ops.squeeze(sample_weight, axis=-1)
    while 0 < len(sample_weight.shape) < rank:
        sample_weight = ops.expand_dims(sample_weight, axis=-1)
    fits = len(sample_weight.shape) <= rank and all(
        one in (1, None) or other is None or one == other
        for one, other in zip(sample_weight.shape, losses.shape, strict=False)
    )
    rule = f"of a shape that begins like that of the losses, {tuple(losses.shape)}"
    check(fits, "sample_weight", tuple(sample_weight.shape), rule)
    return sample_weight
