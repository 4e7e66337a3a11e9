"""Triplets of the hardest positive and the hardest negative."""

from keras import ops

from kerasparts.core.checks import check_choice, check_number
from kerasparts.core.part import part
from kerasparts.losses._pairs import DISTANCES, MetricLoss, of_samples


@part
class TripletHard(MetricLoss):
    """Puts each sample closer to the farthest of its label than to the closest of another; not in Keras.

    For every anchor `a`, with distances `d`:

        loss = max(max(d[a, p]) - min(d[a, n]) + margin, 0)

    over all other samples `p` of its label and all `n` of others; with `margin="soft"`, `log(1 + exp(.))` of the
    difference alone. The result is the mean over the anchors that have both. One wrong label makes the hardest pair
    of many: where labels are noisy take `TripletSemiHard`.

    Args:
        margin: number in [0, inf), in the unit of the distances, or "soft".
        distance: "euclidean", "squared" (euclidean), or "cosine" (1 less the similarity).
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_true: labels `(batch, ...)`, or with a last axis of 1; y_pred: embeddings `(batch, ..., d)`. All leading axes
        are one batch.

    Raises:
        ValueError: shapes that do not fit.

    Example:
    >>> loss = kerasparts.losses.TripletHard(margin=1.0)
    >>> float(loss([0, 0, 1], [[0.0], [1.0], [1.5]]))  # (1 - 1.5 + 1) and (1 - 0.5 + 1), over two anchors
    1.0

    Reference: Hermans et al. 2017, https://arxiv.org/abs/1703.07737, equation 5.
    """

    def __init__(self, margin=1.0, distance="euclidean", reduction="sum_over_batch_size", name=None, dtype=None):
        if margin != "soft":
            check_number("margin", margin, "[0, inf)")
        check_choice("distance", distance, DISTANCES)
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.margin = margin
        self.distance = distance

    def pairwise(self, pairs):
        return _pairwise(pairs, self.margin, self.distance)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin, "distance": self.distance}


def triplet_hard(y_true, y_pred, margin=1.0, distance="euclidean"):
    """The hardest triplet of every anchor; see `TripletHard`.

    Example:
    >>> labels, embeddings = [0, 0, 1], [[0.0], [1.0], [1.5]]
    >>> [float(value) for value in kerasparts.losses.triplet_hard(labels, embeddings)]
    [0.5, 1.5, 0.0]
    """
    return of_samples(lambda pairs: _pairwise(pairs, margin, distance), y_true, y_pred)[0]


def _pairwise(pairs, margin, distance):
    d = pairs.distances(distance)
    valid = ops.logical_and(ops.any(pairs.same, axis=-1), ops.any(pairs.other, axis=-1))
    positive = ops.max(ops.where(pairs.same, d, float("-inf")), axis=-1)
    negative = ops.min(ops.where(pairs.other, d, float("inf")), axis=-1)
    gap = ops.where(valid, positive, 0.0) - ops.where(valid, negative, 0.0)
    losses = ops.softplus(gap) if margin == "soft" else ops.maximum(gap + margin, 0.0)
    return ops.where(valid, losses, 0.0), ops.cast(valid, d.dtype)
