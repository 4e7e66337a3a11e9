"""The general and adaptive robust loss."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.losses._residual import per_sample, residual
from kerasparts.losses.loss import Loss


@part
class AdaptiveRobust(Loss):
    """One family from the squared error to losses that forget outliers, by one number; not in Keras.

    With `z = ((y_true - y_pred) / scale)**2` and `b = |alpha - 2|`:

        loss = mean(b / alpha * ((z / b + 1)**(alpha / 2) - 1))

    and, as limits that are exact here and approached without loss of digits:

        alpha = 2      z / 2                    half the squared error
        alpha = 1      sqrt(z + 1) - 1          Charbonnier, pseudo-Huber
        alpha = 0      log(z / 2 + 1)           Cauchy
        alpha = -2     2 * z / (z + 4)          Geman-McClure
        alpha = -inf   1 - exp(-z / 2)          Welsch

    Near zero all are `z / 2`. Below `alpha=1` the pull of an error weakens once it is large: rows far off are
    forgotten, and so is everything if `scale` is much below the errors of the first predictions.

    Args:
        alpha: number in [-inf, 2]. Shape; within 1e-6 of 2 it is 2.
        scale: number in (0, inf). Size of the errors that count as noise, in the unit of the targets.
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_pred `(batch, ..., d)`, averaged over the last axis, or `(batch,)`; y_true the same, but for a last axis of 1.

    Raises:
        ValueError: shapes that do not fit. A NaN in the targets stays NaN.

    Example:
    >>> loss = kerasparts.losses.AdaptiveRobust(alpha=-2.0, scale=0.5)
    >>> round(float(loss([0.0], [10000.0])), 4)  # an outlier costs 2, however far it is
    2.0

    Reference: Barron 2019, https://arxiv.org/abs/1701.03077, equation 8.
    """

    def __init__(self, alpha=1.0, scale=1.0, reduction="sum_over_batch_size", name=None, dtype=None):
        check_number("alpha", alpha, "[-inf, 2]")
        check_number("scale", scale, "(0, inf)")
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.alpha = alpha
        self.scale = scale

    def call(self, y_true, y_pred):
        return adaptive_robust(y_true, y_pred, self.alpha, self.scale)

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha, "scale": self.scale}


def adaptive_robust(y_true, y_pred, alpha=1.0, scale=1.0):
    """General robust loss of every sample; see `AdaptiveRobust`.

    Example:
    >>> [round(float(value), 4) for value in kerasparts.losses.adaptive_robust([1.0, 2.0], [1.0, 4.0], alpha=0.0)]
    [0.0, 1.0986]
    """
    z = ops.square(residual(y_true, y_pred) / scale)
    b = abs(alpha - 2)
    if b < 1e-6:
        loss = z / 2
    elif abs(alpha) < 1e-9:  # float32 cannot tell it from the limit, nor may it hold 1 / alpha or z / b
        loss = ops.log1p(z / 2)
    elif alpha < -1e10:
        loss = -ops.expm1(-z / 2)
    else:
        loss = b / alpha * ops.expm1(alpha / 2 * ops.log1p(z / b))
    return per_sample(loss)
