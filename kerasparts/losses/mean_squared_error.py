"""Mean squared error."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.losses._residual import per_sample, residual
from kerasparts.losses.loss import Loss


@part
class MeanSquaredError(Loss):
    """Squared error with a factor, in float32 at least, of shapes that fit.

        loss = scale * mean((y_true - y_pred)**2)

    Keras' has no factor, and `scale=0.5` is what textbooks and the delta rule differentiate: the gradient by the
    prediction is the error itself. Keras' sums in the precision of its `dtype`, so that float16 overflows; makes
    `(n, n)` errors of targets `(n,)` and predictions `(n, n)` without a word; and of predictions `(n,)` one loss, so
    that sample weights do nothing.

    Large errors count by their square: where targets have gross errors, take `Huber` or `AdaptiveRobust`.

    Args:
        scale: number in (0, inf).
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_pred `(batch, ..., d)`, averaged over the last axis, or `(batch,)`; y_true the same, but for a last axis of 1.

    Raises:
        ValueError: shapes that do not fit. A NaN in the targets stays NaN.

    Example:
    >>> loss = kerasparts.losses.MeanSquaredError(scale=0.5)
    >>> float(loss([1.0, 2.0], [[1.0], [4.0]]))
    1.0
    """

    def __init__(self, scale=1.0, reduction="sum_over_batch_size", name=None, dtype=None):
        check_number("scale", scale, "(0, inf)")
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.scale = scale

    def call(self, y_true, y_pred):
        return mean_squared_error(y_true, y_pred, self.scale)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def mean_squared_error(y_true, y_pred, scale=1.0):
    """Scaled squared error of every sample; see `MeanSquaredError`.

    Example:
    >>> [float(value) for value in kerasparts.losses.mean_squared_error([1.0, 2.0], [1.0, 4.0])]
    [0.0, 4.0]
    """
    return per_sample(scale * ops.square(residual(y_true, y_pred)))
