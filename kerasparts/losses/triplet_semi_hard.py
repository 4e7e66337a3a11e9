"""Triplets with semi-hard negatives."""

from keras import ops

from kerasparts.core.checks import check_choice, check_number
from kerasparts.core.part import part
from kerasparts.losses._pairs import DISTANCES, MetricLoss, of_samples


@part
class TripletSemiHard(MetricLoss):
    """Puts each sample closer to all of its label than to the next of another; not in Keras.

    For every anchor `a` and every other sample `p` of its label, with distances `d`:

        loss = max(d[a, p] - d[a, n] + margin, 0)

    where `n` is the sample of another label that is closest among those farther than `p`, and the farthest of all
    where none is. The result is the mean over all pairs `(a, p)`, weighted by the anchor, as in TensorFlow Addons,
    which took memory for all triplets; this takes it for pairs. Anchors without a `p` or an `n` count for nothing.
    Batches need several samples of a label.

    Args:
        margin: number in [0, inf), in the unit of the distances.
        distance: "euclidean", "squared" (euclidean), or "cosine" (1 less the similarity).
        reduction: as in Keras; the loss of an anchor is the sum over its pairs.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_true: labels `(batch, ...)`, or with a last axis of 1; y_pred: embeddings `(batch, ..., d)`. All leading axes
        are one batch.

    Raises:
        ValueError: shapes that do not fit.

    Example:
    >>> loss = kerasparts.losses.TripletSemiHard(margin=1.0)
    >>> float(loss([0, 0, 1], [[0.0], [1.0], [1.5]]))  # (1 - 1.5 + 1) and (1 - 0.5 + 1), over two pairs
    1.0

    Reference: Schroff et al. 2015, https://arxiv.org/abs/1503.03832, section 3.2.
    """

    def __init__(self, margin=1.0, distance="euclidean", reduction="sum_over_batch_size", name=None, dtype=None):
        check_number("margin", margin, "[0, inf)")
        check_choice("distance", distance, DISTANCES)
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.margin = margin
        self.distance = distance

    def pairwise(self, pairs):
        return _pairwise(pairs, self.margin, self.distance)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin, "distance": self.distance}


def triplet_semi_hard(y_true, y_pred, margin=1.0, distance="euclidean"):
    """Mean over the pairs of every anchor; see `TripletSemiHard`.

    Example:
    >>> labels, embeddings = [0, 0, 1], [[0.0], [1.0], [1.5]]
    >>> [float(value) for value in kerasparts.losses.triplet_semi_hard(labels, embeddings)]
    [0.5, 1.5, 0.0]
    """
    return of_samples(lambda pairs: _pairwise(pairs, margin, distance), y_true, y_pred)[0]


def _pairwise(pairs, margin, distance):
    d = pairs.distances(distance)
    negatives = ops.sort(ops.where(pairs.other, d, float("inf")), axis=-1)
    count = ops.sum(ops.cast(pairs.other, "int32"), axis=-1, keepdims=True)
    # Past the last negative comes the last: the farthest.
    index = ops.clip(_first_above(ops.stop_gradient(negatives), ops.stop_gradient(d)), 0, ops.maximum(count - 1, 0))
    valid = ops.logical_and(pairs.same, count > 0)
    negative = ops.where(valid, ops.take_along_axis(negatives, index, axis=-1), 0.0)
    losses = ops.maximum(d - negative + margin, 0.0)
    return pairs.mean(losses, valid), pairs.count(valid)


def _first_above(rows, values):
    """Where the first number above each value lies in its sorted row, by halving."""
    last = ops.shape(rows)[-1] - 1

    def halve(_, bounds):
        low, high = bounds
        middle = (low + high) // 2
        is_above = ops.take_along_axis(rows, ops.minimum(middle, last), axis=-1) > values
        is_open = low < high
        low = ops.where(ops.logical_and(is_open, ops.logical_not(is_above)), middle + 1, low)
        return low, ops.where(ops.logical_and(is_open, is_above), middle, high)

    low = ops.zeros_like(values, dtype="int32")
    return ops.fori_loop(0, (rows.shape[-1] or 2**24).bit_length(), halve, (low, low + last + 1))[0]
