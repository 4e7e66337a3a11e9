"""What all losses on labelled embeddings share: every sample of the batch with every other."""

from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.precision import float32_at_least
from kerasparts.losses.loss import Loss

NEVER = -1e30  # the logit of what is left out; that of nothing at all is as finite
DISTANCES = ("euclidean", "squared", "cosine")


class Pairs:
    """All pairs of the samples of a batch.

    Args:
        y_true: labels `(batch, ...)`, or with a last axis of 1. Equal ones belong together.
        y_pred: embeddings `(batch, ..., d)`. All leading axes are one batch.
        present: tensor of the shape of the labels, 0 where a sample is masked; or None.

    Attributes:
        z: embeddings `(n, d)` in float32 at least.
        same: `(n, n)`, whether a pair of two samples is of one label.
        other: `(n, n)`, whether it is of two.
    """

    def __init__(self, y_true, y_pred, present=None):
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        y_pred = ops.cast(y_pred, float32_at_least(y_pred.dtype))
        check(len(y_pred.shape) > 1, "y_pred", tuple(y_pred.shape), "of rank 2 at least, with the embeddings last")
        shape = tuple(y_true.shape)
        if len(shape) == len(y_pred.shape) and shape[-1] == 1:
            y_true = ops.squeeze(y_true, -1)
        fits = len(y_true.shape) == len(y_pred.shape) - 1 and all(
            one is None or other is None or one == other
            for one, other in zip(y_true.shape, y_pred.shape[:-1], strict=True)
        )
        rule = f"of the shape of y_pred without its last axis, {tuple(y_pred.shape[:-1])}"
        check(fits, "y_true", shape, rule)
        self._shape = ops.shape(y_pred)[:-1]
        self.z = ops.reshape(y_pred, (-1, y_pred.shape[-1]))
        labels = ops.reshape(y_true, (-1,))
        equal = labels[:, None] == labels[None, :]
        index = ops.arange(ops.shape(labels)[0])
        pair = index[:, None] != index[None, :]
        if present is not None:
            present = ops.reshape(present, (-1,)) > 0
            pair = ops.logical_and(pair, ops.logical_and(present[:, None], present[None, :]))
        self.same = ops.logical_and(pair, equal)
        self.other = ops.logical_and(pair, ops.logical_not(equal))

    def distances(self, kind):
        """`(n, n)`; the gradient is 0, and not NaN, between embeddings that are equal."""
        if kind == "cosine":
            unit = unit_length(self.z)
            return 1 - ops.matmul(unit, ops.transpose(unit))
        # Distances are those of the embeddings less their mean, and so have more digits.
        z = self.z - ops.stop_gradient(ops.mean(self.z, axis=0))
        squares = ops.sum(ops.square(z), axis=-1)
        squared = ops.maximum(squares[:, None] + squares[None, :] - 2 * ops.matmul(z, ops.transpose(z)), 0.0)
        if kind == "squared":
            return squared
        apart = squared > 0
        return ops.where(apart, ops.sqrt(ops.where(apart, squared, 1.0)), 0.0)

    def count(self, pairs):
        """How many of the pairs each sample has."""
        return ops.sum(ops.cast(pairs, self.z.dtype), axis=-1)

    def mean(self, values, pairs):
        """Mean of each sample's values over some of its pairs; 0 of none."""
        return ops.divide_no_nan(ops.sum(ops.where(pairs, values, 0.0), axis=-1), self.count(pairs))

    def as_labels(self, values):
        """One value a sample, in the shape of the labels."""
        return ops.reshape(values, self._shape)


def unit_length(z):
    """Embeddings divided by their length; those of no length stay zero."""
    return z * ops.rsqrt(ops.maximum(ops.sum(ops.square(z), axis=-1, keepdims=True), 1e-12))


class MetricLoss(Loss):
    """Base class of losses on labelled embeddings.

    A subclass writes

        pairwise(pairs)    the loss of every sample as anchor, and how much it counts: 0 where it has none
    """

    def call(self, y_true, y_pred):
        return of_samples(self.pairwise, y_true, y_pred)[0]

    def terms(self, y_true, y_pred):
        embeddings = ops.convert_to_tensor(y_pred)
        ones = ops.ones(ops.shape(embeddings)[:-1], dtype=float32_at_least(embeddings.dtype))
        losses, kept = of_samples(self.pairwise, y_true, embeddings, self._mask(ones, y_pred))
        return losses, None, kept


def of_samples(pairwise, y_true, y_pred, present=None):
    """What `pairwise` gives of the pairs, in the shape of the labels."""
    pairs = Pairs(y_true, y_pred, present)
    if pairs.z.shape[0] == 0:  # nothing has no largest
        zero = pairs.as_labels(pairs.z[:, 0])
        return zero, zero
    losses, kept = pairwise(pairs)
    return pairs.as_labels(losses), pairs.as_labels(kept)
