"""Quantile regression."""

import numpy as np
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.part import part
from kerasparts.losses._residual import per_sample, residual
from kerasparts.losses.loss import Loss


@part
class Quantile(Loss):
    """Pinball loss: predictions become quantiles of the targets, one or several at a time; Keras has none.

    With the error `e = y_true - y_pred`:

        loss = mean(max(q * e, (q - 1) * e))

    A share `q` of the targets ends up below the prediction. A list of `q` asks for as many columns of the last axis,
    an interval with its middle in one model; columns are free to cross.

    Args:
        q: number in (0, 1), or list of such.
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        One `q`: y_pred `(batch, ..., d)`, averaged over the last axis, or `(batch,)`; y_true the same, but for a last
        axis of 1. A list of K: y_pred `(batch, ..., K)`, averaged over K; y_true `(batch, ...)`, or with a last axis
        of 1.

    Raises:
        ValueError: shapes that do not fit. A NaN in the targets stays NaN.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(3)])  # 5%, middle, 95%
    >>> model.compile("adam", kerasparts.losses.Quantile([0.05, 0.5, 0.95]))

    Reference: Koenker and Bassett 1978, https://doi.org/10.2307/1913643, equation 3.1.
    """

    def __init__(self, q=0.5, reduction="sum_over_batch_size", name=None, dtype=None):
        try:
            levels = np.asarray(q, dtype="float64")
        except (TypeError, ValueError):
            levels = np.full((), np.nan)
        ok = levels.ndim < 2 and levels.size > 0 and ((levels > 0) & (levels < 1)).all() and not isinstance(q, str)
        check(ok, "q", q, "a number in (0, 1), or a list of such")
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.q = levels.tolist()

    def call(self, y_true, y_pred):
        return quantile(y_true, y_pred, self.q)

    def get_config(self):
        return {**super().get_config(), "q": self.q}


def quantile(y_true, y_pred, q=0.5):
    """Pinball loss of every sample; see `Quantile`.

    Example:
    >>> [float(value) for value in kerasparts.losses.quantile([1.0, 2.0], [1.5, 1.5], 0.75)]
    [0.125, 0.375]
    """
    if isinstance(q, list | tuple):
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        check(y_pred.shape[-1] == len(q), "y_pred", tuple(y_pred.shape), f"of {len(q)} columns, one a quantile")
        if len(y_true.shape) == len(y_pred.shape) - 1:
            y_true = ops.expand_dims(y_true, -1)
        check(
            len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1,
            "y_true",
            tuple(y_true.shape),
            f"of the shape of y_pred without its last axis, {tuple(y_pred.shape[:-1])}",
        )
        y_true = ops.repeat(y_true, len(q), axis=-1)
    error = residual(y_true, y_pred)
    q = ops.convert_to_tensor(q, dtype=error.dtype)
    return per_sample(ops.abs(error) / 2 + (q - 0.5) * error)
