"""Multi-class N-pair loss."""

from keras import ops

from kerasparts.core.part import part
from kerasparts.losses._pairs import NEVER, MetricLoss, of_samples


@part
class NPairs(MetricLoss):
    """Holds each pair of a label against all samples of other labels at once; not in Keras.

    For every anchor `a` and every other sample `p` of its label, with dot products `s`:

        loss = log(1 + sum(exp(s[a, n] - s[a, p])))

    over all `n` of other labels. The result is the mean over all pairs `(a, p)`, weighted by the anchor; anchors
    without a `p` or an `n` count for nothing. The paper takes two samples of each label, and of each negative pair one
    of the two; here it is both, and labels may have any number.

    Embeddings are taken as they are: their length is the certainty, and nothing holds it back but a regularizer, such
    as `activity_regularizer=keras.regularizers.L2(1e-3)` of the last layer.

    Args:
        reduction: as in Keras; the loss of an anchor is the sum over its pairs.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_true: labels `(batch, ...)`, or with a last axis of 1; y_pred: embeddings `(batch, ..., d)`. All leading axes
        are one batch.

    Raises:
        ValueError: shapes that do not fit.

    Example:
    >>> loss = kerasparts.losses.NPairs()
    >>> round(float(loss([0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])), 4)  # log(1 + exp(-1))
    0.3133

    Reference: Sohn 2016, https://papers.nips.cc/paper/6200, equation 7.
    """

    def pairwise(self, pairs):
        return _pairwise(pairs)


def n_pairs(y_true, y_pred):
    """Mean over the pairs of every anchor; see `NPairs`.

    Example:
    >>> values = kerasparts.losses.n_pairs([0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> [round(float(value), 4) for value in values]
    [0.3133, 0.3133, 0.0]
    """
    return of_samples(_pairwise, y_true, y_pred)[0]


def _pairwise(pairs):
    s = ops.matmul(pairs.z, ops.transpose(pairs.z))
    others = ops.logsumexp(ops.where(pairs.other, s, NEVER), axis=-1, keepdims=True)
    valid = ops.logical_and(pairs.same, ops.any(pairs.other, axis=-1, keepdims=True))
    losses = ops.softplus(ops.where(valid, others - s, 0.0))
    return pairs.mean(losses, valid), pairs.count(valid)
