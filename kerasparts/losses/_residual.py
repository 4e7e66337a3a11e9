"""What all losses on numbers do with targets and predictions before and after their formula."""

from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.precision import float32_at_least


def residual(y_true, y_pred):
    """`y_true - y_pred` of what `aligned` gives."""
    y_true, y_pred = aligned(y_true, y_pred)
    return y_true - y_pred


def aligned(y_true, y_pred):
    """Targets in the shape of the predictions, and both in float32 at least.

    Keras makes `(n, n)` errors of targets `(n,)` and predictions `(n, n)`, without a word; here targets have the shape
    of the predictions, but for a last axis of 1 that either may have alone.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    y_pred = ops.cast(y_pred, float32_at_least(y_pred.dtype))
    y_true = ops.cast(y_true, y_pred.dtype)
    shape = tuple(y_true.shape)
    rank = len(y_pred.shape)
    if len(shape) == rank - 1 and y_pred.shape[-1] == 1:
        y_true = ops.expand_dims(y_true, -1)
    elif len(shape) == rank + 1 and shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    fits = len(y_true.shape) == rank and all(
        one is None or other is None or one == other for one, other in zip(y_true.shape, y_pred.shape, strict=True)
    )
    check(fits, "y_true", shape, f"of the shape of y_pred, {tuple(y_pred.shape)}, but for a last axis of 1")
    return y_true, y_pred


def per_sample(values):
    """Mean over the last axis; values of rank 1 are one a sample already."""
    return ops.mean(values, axis=-1) if len(values.shape) > 1 else values
