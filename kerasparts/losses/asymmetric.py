"""Asymmetric loss for many labels, few of them right."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.losses._targets import ENTRIES, Targets, power
from kerasparts.losses.classification import LikelihoodLoss


@part
class Asymmetric(LikelihoodLoss):
    """Multi-label loss that forgets the easy negatives, of which there are too many; not in Keras.

    With the probability `p` of an entry and its target `y`:

        q = max(p - margin, 0)
        -y * (1 - p)**gamma_positive * log(p) - (1 - y) * q**gamma_negative * log(1 - q)

    `Focal` fades ones and zeros alike; here rare ones keep their gradient, and zeros below `margin` have none.

    Args:
        gamma_positive: float in [0, inf). Fading of ones that are right already.
        gamma_negative: float in [0, inf). Fading of zeros that are right already; above `gamma_positive`.
        margin: float in [0, 1). Probability below which a zero costs nothing.
        **kwargs: `from_logits`, `class_weight`, `label_smoothing`, `ignore_class`, `axis`, `reduction`, `name` and
            `dtype` as in `BinaryCrossentropy`.

    Shapes:
        y_true and y_pred `(batch, ..., C)`, the classes on `axis`; with C = 1, y_true needs no such axis.

    Example:
    >>> loss = kerasparts.losses.Asymmetric(gamma_positive=0.0, gamma_negative=1.0, margin=0.25)
    >>> round(float(loss([[1, 0, 0]], [[0.5, 0.75, 0.25]])), 4)  # (log(2) + log(2) / 2 + 0) / 3
    0.3466

    Reference: Ridnik et al. 2021, https://arxiv.org/abs/2009.14119, equation 7.
    """

    def __init__(self, gamma_positive=1.0, gamma_negative=4.0, margin=0.05, **kwargs):
        check_number("gamma_positive", gamma_positive, "[0, inf)")
        check_number("gamma_negative", gamma_negative, "[0, inf)")
        check_number("margin", margin, "[0, 1)")
        super().__init__(**kwargs)
        self.gamma_positive = gamma_positive
        self.gamma_negative = gamma_negative
        self.margin = margin

    def kinds(self, y_pred):
        return ENTRIES

    def call(self, y_true, y_pred):
        return asymmetric(y_true, y_pred, self.gamma_positive, self.gamma_negative, self.margin, **self.shared)

    def get_config(self):
        return {
            **super().get_config(),
            "gamma_positive": self.gamma_positive,
            "gamma_negative": self.gamma_negative,
            "margin": self.margin,
        }


def asymmetric(
    y_true,
    y_pred,
    gamma_positive=1.0,
    gamma_negative=4.0,
    margin=0.05,
    from_logits=False,
    label_smoothing=0.0,
    ignore_class=None,
    axis=-1,
):
    """Asymmetric loss of every entry, without class weights and zero where ignored; see `Asymmetric`.

    Example:
    >>> values = kerasparts.losses.asymmetric([[1, 0]], [[0.5, 0.01]], gamma_positive=0.0)
    >>> [round(float(value), 4) for value in values[0]]
    [0.6931, 0.0]
    """
    targets = Targets(y_true, y_pred, axis, ENTRIES, ignore_class)
    log_p, log_q = targets.log_sigmoids(from_logits)
    p, q = targets.sigmoids(from_logits)
    yes = power(q, gamma_positive) * log_p
    p = ops.relu(p - margin)
    no = power(p, gamma_negative) * (ops.log1p(-p) if margin else log_q)
    return targets.left(-targets.yes_or_no(yes, no, label_smoothing))
