"""What all losses share."""

import keras
from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check
from kerasparts.core.precision import float32_at_least


class Loss(keras.losses.Loss):
    """Base class of losses: precision, weights, masks, left-out samples and reduction.

    A subclass writes one function of the targets and predictions as they come; it casts them itself:

        call(y_true, y_pred)      the loss of every sample, unweighted, in float32 at least

    or, where the loss itself weighs or leaves out samples, also

        terms(y_true, y_pred)     the same, the weight of every sample or None, the share kept of every sample or None

    Then, whatever the precision of the predictions,

        loss = sum(kept * weight * sample_weight * losses) / sum(kept)

    under Keras' default reduction: a weight acts as a sample weight does, and a left-out or masked sample counts
    for nothing, above and below. `reduction="mean_with_sample_weight"` divides by the sum of all weights instead,
    as Torch does. An empty batch gives 0.

    A `sample_weight` with fewer axes than the losses belongs to the leading ones: `(batch,)` weighs whole images.
    """

    def __init__(self, reduction="sum_over_batch_size", name=None, dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        precise = float32_at_least(self.dtype)
        self._reduce = _Reduction(name="reduction", reduction=reduction, dtype=precise)
        self._mask = _Reduction(name="mask", reduction="none", dtype=precise)

    def call(self, y_true, y_pred):
        raise NotImplementedError(f"{type(self).__name__} must implement call(y_true, y_pred).")

    def terms(self, y_true, y_pred):
        return self.call(y_true, y_pred), None, None

    def __call__(self, y_true, y_pred, sample_weight=None):
        losses, weight, kept = self.terms(y_true, y_pred)
        if sample_weight is not None:
            sample_weight = _expand(sample_weight, losses)
            weight = sample_weight if weight is None else weight * sample_weight
        if kept is not None:
            if self.reduction in ("sum_over_batch_size", "mean"):
                # `_reduce` divides by the samples that the mask of the predictions leaves, kept or not.
                left = ops.sum(self._mask(ops.ones(ops.shape(losses), dtype=losses.dtype), y_pred))
                both = backend.mean_over_replicas(ops.sum(self._mask(kept, y_pred)))
                kept = kept * (left / nonzero(both))
            weight = kept if weight is None else weight * kept
        value = self._reduced(losses, y_pred, weight)
        if self.reduction not in (None, "none") and len(value.shape) > 0:
            value = ops.sum(value)  # Keras hands an empty batch back as it came
        if self.dtype == "float16":
            # The largest number instead of inf; the gradient is as if nothing had been cut.
            value = ops.stop_gradient(ops.clip(value, -65504.0, 65504.0)) + (value - ops.stop_gradient(value))
        return ops.cast(value, self.dtype)

    def _reduced(self, losses, y_pred, weight):
        self._reduce.reduction = self.reduction  # which may have been set since
        total = backend.source_of(losses)
        if total is None or self.reduction in (None, "none"):
            return self._reduce(losses, y_pred, weight)
        # The losses know how to sum themselves, `total(weights)`. What Keras makes of ones tells with which weights.
        ones = ops.ones(ops.shape(losses), dtype=losses.dtype)
        weights = self._mask(ones, y_pred, weight)
        return self._reduce(ones, y_pred, weight) / nonzero(ops.sum(weights)) * total(weights)

    def get_config(self):
        return {**super().get_config(), "dtype": self.dtype}


class _Reduction(keras.losses.Loss):
    """Keras' own masking, weighting, reduction and scaling over replicas, for losses that are computed already."""

    def call(self, y_true, y_pred):
        return y_true

    def __call__(self, losses, y_pred, sample_weight=None):
        return super().__call__(losses, y_pred, sample_weight)


def nonzero(x):
    """`x`, and 1 where it is 0: to divide zeros by. Keras' `divide_no_nan` gives float32 on Torch, for float64 too."""
    return ops.where(x == 0, ops.ones_like(x), x)


def _expand(sample_weight, losses):
    """Gives the weights the shape of the losses, from the batch on: Keras divides by their sum as they are."""
    sample_weight = ops.cast(ops.convert_to_tensor(sample_weight), losses.dtype)
    rank = len(losses.shape)
    if len(sample_weight.shape) == rank + 1 and sample_weight.shape[-1] == 1:
        sample_weight = ops.squeeze(sample_weight, axis=-1)
    while 0 < len(sample_weight.shape) < rank:
        sample_weight = ops.expand_dims(sample_weight, axis=-1)
    fits = len(sample_weight.shape) <= rank and all(
        one in (1, None) or other is None or one == other
        for one, other in zip(sample_weight.shape, losses.shape, strict=False)
    )
    rule = f"of a shape that begins like that of the losses, {tuple(losses.shape)}"
    check(fits, "sample_weight", tuple(sample_weight.shape), rule)
    return sample_weight * ops.ones(ops.shape(losses), dtype=losses.dtype)
