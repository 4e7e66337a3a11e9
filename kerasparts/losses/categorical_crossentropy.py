"""Cross-entropy with one-hot or soft targets."""

from kerasparts.core.part import part
from kerasparts.losses._targets import ONE_HOT, Targets
from kerasparts.losses.classification import LikelihoodLoss


@part
class CategoricalCrossentropy(LikelihoodLoss):
    """Cross-entropy on one-hot or soft targets, with the class weights and the left-out samples that Keras' has not.

    With class probabilities `p`, `C` classes and the target `y`, a distribution over them:

        -sum(((1 - label_smoothing) * y + label_smoothing / C) * log(p))

    weighted by `sum(y * class_weight)`, also for soft targets, pixels and several outputs, where Keras'
    `fit(class_weight=)` takes the largest entry of `y` alone, or refuses. Integer labels need less memory:
    `SparseCategoricalCrossentropy`.

    Args:
        from_logits: bool. Whether the predictions are unnormalized, or probabilities.
        class_weight: one number in [0, inf) for each class, or None.
        label_smoothing: float in [0, 1). Share of the target spread evenly over all classes.
        ignore_class: int or None. Samples to leave out: those wholly of this class; if it is no class, those whose
            target holds nothing but this number.
        axis: int. Axis of the classes in targets and predictions.
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_true and y_pred `(batch, ..., C)`, the classes on `axis`.

    Raises:
        ValueError: shapes that do not fit, `class_weight` of another length than C, or a target outside [0, 1] in a
            NumPy array.

    Example:
    >>> loss = kerasparts.losses.CategoricalCrossentropy(from_logits=True, class_weight=[1.0, 3.0])
    >>> round(float(loss([[1, 0], [0, 1]], [[0.0, 0.0], [0.0, 0.0]])), 4)  # (1 + 3) / 2 * log(2)
    1.3863

    Reference: label smoothing: Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7.
    """

    def kinds(self, y_pred):
        return ONE_HOT

    def call(self, y_true, y_pred):
        return categorical_crossentropy(y_true, y_pred, **self.shared)


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, ignore_class=None, axis=-1):
    """Cross-entropy of every sample, unweighted and zero where ignored; see `CategoricalCrossentropy`.

    Example:
    >>> values = kerasparts.losses.categorical_crossentropy([[0, 1], [1, 0]], [[0.5, 0.5], [0.1, 0.9]])
    >>> [round(float(value), 4) for value in values]
    [0.6931, 2.3026]
    """
    targets = Targets(y_true, y_pred, axis, ONE_HOT, ignore_class)
    return targets.crossentropy(from_logits, label_smoothing)
