"""Cross-entropy with integer labels."""

from kerasparts.core.part import part
from kerasparts.losses._targets import LABELS, Targets
from kerasparts.losses.classification import LikelihoodLoss


@part
class SparseCategoricalCrossentropy(LikelihoodLoss):
    """Cross-entropy on integer labels, with the class weights and the label smoothing that Keras' has not.

    With class probabilities `p`, `C` classes and the label `y`:

        -(1 - label_smoothing) * log(p[y]) - label_smoothing / C * sum(log(p))

    weighted by `class_weight[y]`; samples with `y == ignore_class` count for nothing. Keras' `fit(class_weight=)`
    refuses pixels and several outputs; here the weights belong to the loss. It gives the same answer on every
    backend: it never looks for logits behind a softmax, as Keras' does on TensorFlow.

    Take `from_logits=True` and a last layer with no activation: probabilities below 1e-7 cannot be told from 0.

    Args:
        from_logits: bool. Whether the predictions are unnormalized, or probabilities.
        class_weight: one number in [0, inf) for each class, or None.
        label_smoothing: float in [0, 1). Share of the target spread evenly over all classes.
        ignore_class: int or None. Label of the samples to leave out; need not be a class.
        axis: int. Axis of the classes in the predictions.
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_true `(batch, ...)` of integers, or with a last axis of 1; y_pred the same with the axis of C classes.

    Raises:
        ValueError: shapes that do not fit, `class_weight` of another length than C, or a label that is no class
            in a NumPy array. In a compiled program, which cannot raise, such a label makes the loss NaN.

    Example:
    >>> loss = kerasparts.losses.SparseCategoricalCrossentropy(from_logits=True, class_weight=[1.0, 3.0])
    >>> round(float(loss([0, 1], [[0.0, 0.0], [0.0, 0.0]])), 4)  # (1 + 3) / 2 * log(2)
    1.3863

    Reference: label smoothing: Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7.
    """

    def kinds(self, y_pred):
        return LABELS

    def call(self, y_true, y_pred):
        return sparse_categorical_crossentropy(y_true, y_pred, **self.shared)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, ignore_class=None, axis=-1):
    """Cross-entropy of every sample, unweighted and zero where ignored; see `SparseCategoricalCrossentropy`.

    Example:
    >>> values = kerasparts.losses.sparse_categorical_crossentropy([1, -1], [[0.5, 0.5], [0.1, 0.9]], ignore_class=-1)
    >>> [round(float(value), 4) for value in values]
    [0.6931, 0.0]
    """
    targets = Targets(y_true, y_pred, axis, LABELS, ignore_class)
    return targets.crossentropy(from_logits, label_smoothing)
