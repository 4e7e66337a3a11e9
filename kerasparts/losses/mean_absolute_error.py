"""Mean absolute error."""

from keras import ops

from kerasparts.core.part import part
from kerasparts.losses._residual import per_sample, residual
from kerasparts.losses.loss import Loss


@part
class MeanAbsoluteError(Loss):
    """Absolute error, in float32 at least, of shapes that fit; `MeanSquaredError` says where Keras' goes wrong.

        loss = mean(|y_true - y_pred|)

    Half of the targets end up on either side: one gross error pulls no more than any other row. The pull does not
    weaken near zero either, so that the learning rate must; `Huber` and `LogCosh` are smooth there.

    Args:
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_pred `(batch, ..., d)`, averaged over the last axis, or `(batch,)`; y_true the same, but for a last axis of 1.

    Raises:
        ValueError: shapes that do not fit. A NaN in the targets stays NaN.

    Example:
    >>> loss = kerasparts.losses.MeanAbsoluteError()
    >>> float(loss([1.0, 2.0], [[1.0], [4.0]]))
    1.0
    """

    def call(self, y_true, y_pred):
        return mean_absolute_error(y_true, y_pred)


def mean_absolute_error(y_true, y_pred):
    """Absolute error of every sample; see `MeanAbsoluteError`.

    Example:
    >>> [float(value) for value in kerasparts.losses.mean_absolute_error([1.0, 2.0], [1.0, 4.0])]
    [0.0, 2.0]
    """
    return per_sample(ops.abs(residual(y_true, y_pred)))
