"""Label-distribution-aware margins."""

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.losses._targets import LABELS_OR_ONE_HOT, Targets
from kerasparts.losses.classification import LikelihoodLoss, numbers_of_classes


@part
class LDAM(LikelihoodLoss):
    """Cross-entropy with a margin for each class, widest for the rarest; not in Keras.

    With logits `z`, the counts `n` of the classes and the label `y`:

        margin = max_margin * (min(n) / n)**(1/4)
        -log(softmax(scale * (z - margin * onehot(y)))[y])

    A rare class has to win by more, for its few samples say less of where it ends. The paper lets `z` be cosines: a
    last layer without bias, with features and weights of length 1. It also weighs the classes late in the training
    ("deferred re-weighting"): compile once more, with `class_weight=`.

    Args:
        class_counts: one number above 0 for each class: how often it is among the training samples.
        max_margin: float in [0, inf). Margin of the rarest class.
        scale: float in (0, inf). Factor on logits with their margins; with cosines, large.
        **kwargs: `from_logits`, `class_weight`, `label_smoothing`, `ignore_class`, `axis`, `reduction`, `name` and
            `dtype` as in `SparseCategoricalCrossentropy`.

    Shapes:
        y_pred `(batch, ..., C)`, the classes on `axis`; y_true of integers without that axis or with 1 there, or
        one-hot of the same shape.

    Example:
    >>> loss = kerasparts.losses.LDAM([160, 10], max_margin=0.5, scale=1.0, from_logits=True)
    >>> [round(float(loss([label], [[0.0, 0.0]])), 4) for label in (0, 1)]  # margins 0.25 and 0.5
    [0.8259, 0.9741]

    Reference: Cao et al. 2019, https://arxiv.org/abs/1906.07413, equations 12 and 13.
    """

    def __init__(self, class_counts, max_margin=0.5, scale=30.0, **kwargs):
        check_number("max_margin", max_margin, "[0, inf)")
        check_number("scale", scale, "(0, inf)")
        super().__init__(**kwargs)
        self.class_counts = numbers_of_classes("class_counts", class_counts, positive=True)
        check(self.class_counts is not None, "class_counts", class_counts, "one number above 0 for each class")
        self.max_margin = max_margin
        self.scale = scale

    def call(self, y_true, y_pred):
        return ldam(y_true, y_pred, self.class_counts, self.max_margin, self.scale, **self.shared)

    def get_config(self):
        return {
            **super().get_config(),
            "class_counts": self.class_counts,
            "max_margin": self.max_margin,
            "scale": self.scale,
        }


def ldam(
    y_true,
    y_pred,
    class_counts,
    max_margin=0.5,
    scale=30.0,
    from_logits=False,
    label_smoothing=0.0,
    ignore_class=None,
    axis=-1,
):
    """Cross-entropy with margins of every sample, unweighted and zero where ignored; see `LDAM`.

    Example:
    >>> round(float(kerasparts.losses.ldam([1], [[0.5, 0.5]], class_counts=[3, 1], max_margin=0.0)[0]), 4)
    0.6931
    """
    targets = Targets(y_true, y_pred, axis, LABELS_OR_ONE_HOT, ignore_class)
    counts = targets.of_classes("class_counts", class_counts)
    margin = max_margin * (ops.min(counts) / counts) ** 0.25
    logits = scale * (targets.logits(from_logits) - margin * targets.one_hot())
    return targets.crossentropy_of(logits, label_smoothing)
