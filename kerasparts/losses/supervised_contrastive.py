"""Supervised contrastive loss."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.losses._pairs import NEVER, MetricLoss, of_samples, unit_length


@part
class SupervisedContrastive(MetricLoss):
    """Finds each sample's label mates among all samples of the batch by their direction; not in Keras.

    With embeddings `z` of length 1, for every anchor `a`, the mean over all other samples `p` of its label of

        loss = -log(exp(z[a] @ z[p] / temperature) / sum(exp(z[a] @ z[k] / temperature)))

    over all `k` but `a`. The result is the mean over the anchors that have a `p`. The embeddings are given their length
    here. Two views of each image under one label make batches in which each has one.

    Args:
        temperature: number in (0, inf). Low ones look at the closest samples alone.
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_true: labels `(batch, ...)`, or with a last axis of 1; y_pred: embeddings `(batch, ..., d)`. All leading axes
        are one batch.

    Raises:
        ValueError: shapes that do not fit.

    Example:
    >>> loss = kerasparts.losses.SupervisedContrastive(temperature=0.5)
    >>> round(float(loss([0, 0, 1], [[3.0, 0.0], [1.0, 0.0], [0.0, 1.0]])), 4)  # log(1 + exp(-1 / 0.5))
    0.1269

    Reference: Khosla et al. 2020, https://arxiv.org/abs/2004.11362, equation 2.
    """

    def __init__(self, temperature=0.1, reduction="sum_over_batch_size", name=None, dtype=None):
        check_number("temperature", temperature, "(0, inf)")
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.temperature = temperature

    def pairwise(self, pairs):
        return _pairwise(pairs, self.temperature)

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}


def supervised_contrastive(y_true, y_pred, temperature=0.1):
    """Supervised contrastive loss of every anchor; see `SupervisedContrastive`.

    Example:
    >>> values = kerasparts.losses.supervised_contrastive([0, 0, 1], [[3.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 0.5)
    >>> [round(float(value), 4) for value in values]
    [0.1269, 0.1269, 0.0]
    """
    return of_samples(lambda pairs: _pairwise(pairs, temperature), y_true, y_pred)[0]


def _pairwise(pairs, temperature):
    z = unit_length(pairs.z)
    logits = ops.matmul(z, ops.transpose(z)) / temperature
    all_pairs = ops.logical_or(pairs.same, pairs.other)
    log_p = logits - ops.logsumexp(ops.where(all_pairs, logits, NEVER), axis=-1, keepdims=True)
    return pairs.mean(-log_p, pairs.same), ops.cast(ops.any(pairs.same, axis=-1), z.dtype)
