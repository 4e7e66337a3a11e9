"""Divergence from a distribution, or from a teacher."""

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.losses._targets import LOGITS, ONE_HOT, Targets, floored
from kerasparts.losses.classification import LikelihoodLoss


@part
class KLDivergence(LikelihoodLoss):
    """How far the predicted classes are from a target distribution; with a temperature, distillation from a teacher.

    With logits `z` and target logits `t`, where probabilities count as their logarithms:

        y = softmax(t / temperature)
        p = softmax(z / temperature)
        temperature**2 * sum(y * (log(y) - log(p)))

    Keras' takes probabilities alone, so that far-off logits meet its floor of 1e-7 and give no gradient, and no
    temperature, class weights or smoothing. `temperature**2` keeps the gradient's size, so that the temperature can be
    changed without the learning rate.

    Args:
        temperature: float in (0, inf). Above 1, more of what the teacher thinks of the other classes.
        targets_from_logits: bool. Whether the targets are a teacher's logits, or probabilities.
        **kwargs: `from_logits`, `class_weight`, `label_smoothing`, `ignore_class`, `axis`, `reduction`, `name` and
            `dtype` as in `CategoricalCrossentropy`. The class weight of a sample is its mean under the targets.

    Shapes:
        y_true and y_pred `(batch, ..., C)`, the classes on `axis`.

    Example:
    >>> loss = kerasparts.losses.KLDivergence(temperature=2.0, from_logits=True, targets_from_logits=True)
    >>> round(float(loss([[2.0, 0.0]], [[0.0, 2.0]])), 4), abs(float(loss([[2.0, 0.0]], [[3.0, 1.0]]))) < 1e-6
    (1.8485, True)

    Reference: Hinton et al. 2015, https://arxiv.org/abs/1503.02531, section 2.
    """

    def __init__(self, temperature=1.0, targets_from_logits=False, **kwargs):
        check_number("temperature", temperature, "(0, inf)")
        check(isinstance(targets_from_logits, bool), "targets_from_logits", targets_from_logits, "True or False")
        super().__init__(**kwargs)
        self.temperature = temperature
        self.targets_from_logits = targets_from_logits

    def kinds(self, y_pred):
        return LOGITS if self.targets_from_logits else ONE_HOT

    def call(self, y_true, y_pred):
        return kl_divergence(y_true, y_pred, self.temperature, self.targets_from_logits, **self.shared)

    def get_config(self):
        return {
            **super().get_config(),
            "temperature": self.temperature,
            "targets_from_logits": self.targets_from_logits,
        }


def kl_divergence(
    y_true,
    y_pred,
    temperature=1.0,
    targets_from_logits=False,
    from_logits=False,
    label_smoothing=0.0,
    ignore_class=None,
    axis=-1,
):
    """Divergence of every sample, unweighted and zero where ignored; see `KLDivergence`.

    Example:
    >>> values = kerasparts.losses.kl_divergence([[1.0, 0.0], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]])
    >>> [round(float(value), 4) for value in values]
    [0.6931, 0.0]
    """
    targets = Targets(y_true, y_pred, axis, LOGITS if targets_from_logits else ONE_HOT, ignore_class)
    y = targets.y_true
    if targets_from_logits or temperature != 1:
        y = ops.softmax((y if targets_from_logits else ops.log(floored(y))) / temperature, axis=-1)
    if label_smoothing:
        y = (1 - label_smoothing) * y + label_smoothing / targets.classes
    if from_logits or temperature != 1:
        log_p = ops.log_softmax(targets.logits(from_logits) / temperature, axis=-1)
        losses = ops.sum(y * (ops.log(floored(y)) - log_p), axis=-1)
    else:  # one logarithm a number, not two
        p = floored(targets.y_pred)
        total = ops.log(ops.sum(p, axis=-1))
        losses = ops.sum(y * ops.log(floored(y) / p), axis=-1) + ops.sum(y, axis=-1) * total
    return targets.left(temperature**2 * losses)
