"""Log-cosh."""

import math

from keras import ops

from kerasparts.core.part import part
from kerasparts.losses._residual import per_sample, residual
from kerasparts.losses.loss import Loss


@part
class LogCosh(Loss):
    """Smooth everywhere, squared for small errors and absolute for large, right for tiny and for huge ones.

    With the error `e = y_true - y_pred`:

        loss = mean(log(cosh(e)))

    Keras' subtracts two equal numbers where `e` is small: in float32 the loss of an error of 1e-4 is 0 or worse.
    Here it has all its digits, from 1e-18 to 1e38. Both take 1 as the size of an error between small and large:
    scale the targets, or take `Huber`, which finds it.

    Args:
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_pred `(batch, ..., d)`, averaged over the last axis, or `(batch,)`; y_true the same, but for a last axis of 1.

    Raises:
        ValueError: shapes that do not fit. A NaN in the targets stays NaN.

    Example:
    >>> loss = kerasparts.losses.LogCosh()
    >>> round(float(loss([0.0], [10000.0])), 2)
    9999.31
    """

    def call(self, y_true, y_pred):
        return log_cosh(y_true, y_pred)


def log_cosh(y_true, y_pred):
    """Log-cosh of the error of every sample; see `LogCosh`.

    Example:
    >>> [round(float(value), 4) for value in kerasparts.losses.log_cosh([1.0, 2.0], [1.0, 4.0])]
    [0.0, 1.325]
    """
    size = ops.abs(residual(y_true, y_pred))
    z = ops.square(ops.minimum(size, 0.35))  # up to where five terms of the series have all digits of float32
    near = z * (1 / 2 - z * (1 / 12 - z * (1 / 45 - z * (17 / 2520 - z * 31 / 14175))))
    far = size - math.log(2.0) + ops.log1p(ops.exp(-2 * size))
    return per_sample(ops.where(size < 0.35, near, far))
