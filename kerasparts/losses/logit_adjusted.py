"""Cross-entropy with logits moved by the frequencies of the classes."""

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.losses._targets import LABELS_OR_ONE_HOT, Targets
from kerasparts.losses.classification import LikelihoodLoss, numbers_of_classes


@part
class LogitAdjusted(LikelihoodLoss):
    """Cross-entropy whose best model is the best in balanced accuracy; not in Keras.

    With logits `z` and the share `prior` of each class among the training samples:

        -log(softmax(z + tau * log(prior))[y])

    While training, the model is told how rare each class is, and need not learn it: its own logits, which are used as
    they are to predict, then treat all classes alike. Weights do the same only where the model cannot fit the data;
    this also where it can.

    Args:
        class_counts: one number above 0 for each class: how often it is among the training samples, or its share.
        tau: float in [0, inf). At 0 plain cross-entropy, at 1 best for balanced accuracy.
        **kwargs: `from_logits`, `class_weight`, `label_smoothing`, `ignore_class`, `axis`, `reduction`, `name` and
            `dtype` as in `SparseCategoricalCrossentropy`.

    Shapes:
        y_pred `(batch, ..., C)`, the classes on `axis`; y_true of integers without that axis or with 1 there, or
        one-hot of the same shape.

    Example:
    >>> loss = kerasparts.losses.LogitAdjusted([90, 10], from_logits=True)
    >>> [round(float(loss([label], [[0.0, 0.0]])), 4) for label in (0, 1)]  # -log of 0.9 and 0.1
    [0.1054, 2.3026]

    Reference: Menon et al. 2021, https://arxiv.org/abs/2007.07314, equation 10.
    """

    def __init__(self, class_counts, tau=1.0, **kwargs):
        check_number("tau", tau, "[0, inf)")
        super().__init__(**kwargs)
        self.class_counts = numbers_of_classes("class_counts", class_counts, positive=True)
        check(self.class_counts is not None, "class_counts", class_counts, "one number above 0 for each class")
        self.tau = tau

    def call(self, y_true, y_pred):
        return logit_adjusted(y_true, y_pred, self.class_counts, self.tau, **self.shared)

    def get_config(self):
        return {**super().get_config(), "class_counts": self.class_counts, "tau": self.tau}


def logit_adjusted(
    y_true, y_pred, class_counts, tau=1.0, from_logits=False, label_smoothing=0.0, ignore_class=None, axis=-1
):
    """Logit-adjusted cross-entropy of every sample, unweighted and zero where ignored; see `LogitAdjusted`.

    Example:
    >>> round(float(kerasparts.losses.logit_adjusted([1], [[0.5, 0.5]], class_counts=[3, 1])[0]), 4)  # log(4)
    1.3863
    """
    targets = Targets(y_true, y_pred, axis, LABELS_OR_ONE_HOT, ignore_class)
    counts = targets.of_classes("class_counts", class_counts)
    prior = counts / ops.sum(counts)
    return targets.crossentropy_of(targets.logits(from_logits) + tau * ops.log(prior), label_smoothing)
