"""Huber's loss."""

import numpy as np
from keras import ops

from kerasparts.backend import Memory, mean_over_replicas
from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.losses._residual import per_sample, residual
from kerasparts.losses.loss import Loss, nonzero

RATE = 0.2  # of the reference, where it is found to serve from the first step to the last
LEAST = 1e-12  # from which `delta` can still rise


@part
class Huber(Loss):
    """Huber's loss that finds its own threshold: with `delta="auto"` it follows a quantile of the errors.

    With the error `e = y_true - y_pred`:

        loss = mean(e**2 / 2 if |e| <= delta else delta * (|e| - delta / 2))

    Keras' has a constant `delta`, in the unit of the targets: 1.0 is the squared error where errors are small, and the
    absolute error where they are large. With "auto", before each training step

        delta = delta * exp(0.2 * (share - (1 - quantile)))

    where `share` is the weight of the errors above `delta` in the last batch: it comes to rest where a share of
    `quantile` lies below. It begins at the geometric mean of the first errors. Gross outliers do no harm as long as
    they are fewer than `1 - quantile`.

    The threshold is saved with the model, its weights and its checkpoints, and goes on from there. Evaluation leaves
    it alone. Take one instance for each output: a shared one would follow them all.

    Args:
        delta: number in (0, inf), in the unit of the targets, or "auto".
        quantile: number in (0, 1). Share of the errors below `delta="auto"`.
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Attributes:
        threshold: the present `delta`, as a float; None with "auto" before the first training step.

    Shapes:
        y_pred `(batch, ..., d)`, averaged over the last axis, or `(batch,)`; y_true the same, but for a last axis of 1.

    Memory: 1 number with "auto". On JAX it lies on the host, and each step asks twice for it, well under a
    millisecond.

    Raises:
        ValueError: shapes that do not fit. A NaN in the targets stays NaN.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile("sgd", kerasparts.losses.Huber("auto"))
    >>> _ = model.fit(np.ones((32, 1)), np.linspace(-10, 10, 32), epochs=50, verbose=0)
    >>> bool(6 < model.loss.threshold < 9)  # three quarters of the errors are below 7.5
    True

    Reference: Huber 1964, https://doi.org/10.1214/aoms/1177703732; the quantile: Andrew et al. 2019,
    https://arxiv.org/abs/1905.03871, section 2.3.
    """

    def __init__(self, delta=1.0, quantile=0.75, reduction="sum_over_batch_size", name=None, dtype=None):
        if delta != "auto":
            check(not isinstance(delta, str), "delta", delta, 'a number in (0, inf), or "auto"')
            check_number("delta", delta, "(0, inf)")
        check_number("quantile", quantile, "(0, 1)")
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.delta = delta
        self.quantile = quantile
        self._memory = Memory(np.zeros(())) if delta == "auto" else None

    @property
    def threshold(self):
        if self._memory is None:
            return self.delta
        return float(self._memory.numpy()) or None

    def call(self, y_true, y_pred):
        if self._memory is None:
            return huber(y_true, y_pred, self.delta)
        size = ops.stop_gradient(ops.abs(residual(y_true, y_pred)))
        kept = ops.cast(self._memory.read(), size.dtype)
        delta = ops.where(kept > 0, kept, _geometric_mean(size))
        above = per_sample(ops.cast(size > delta, size.dtype))
        return self._memory.keep(huber(y_true, y_pred, delta), self._next, above, delta, kept)

    def _next(self, upstream, above, delta, kept):
        weight = ops.cast(ops.abs(upstream), above.dtype)
        share = mean_over_replicas(ops.sum(weight * above)) / mean_over_replicas(ops.sum(weight))
        moved = ops.maximum(delta * ops.exp(RATE * (share - (1 - self.quantile))), LEAST)
        is_known = ops.logical_and(ops.isfinite(moved), ops.isfinite(ops.sum(above)))
        return ops.cast(ops.where(is_known, moved, kept), "float32")

    def save_own_variables(self, store):
        if self._memory is not None:
            store["delta"] = self._memory.numpy()

    def load_own_variables(self, store):
        if self._memory is not None and "delta" in store.keys():  # noqa: SIM118 (the store is no dict)
            self._memory.assign(np.asarray(store["delta"]))

    def get_config(self):
        return {**super().get_config(), "delta": self.delta, "quantile": self.quantile}


def huber(y_true, y_pred, delta=1.0):
    """Huber's loss of every sample; see `Huber`.

    Args:
        delta: number or tensor.

    Example:
    >>> [float(value) for value in kerasparts.losses.huber([1.0, 2.0], [1.5, 4.0])]
    [0.125, 1.5]
    """
    error = residual(y_true, y_pred)
    near = ops.clip(error, -delta, delta)
    # The square up to delta and the line beyond, in one: no square of a large error, which overflows.
    return per_sample(near * (error - near / 2))


def _geometric_mean(size):
    """Of the errors that are neither zero nor unknown, or 1."""
    counts = ops.logical_and(size > 0, ops.isfinite(size))
    logs = ops.log(ops.where(counts, size, 1.0))
    total, count = map(mean_over_replicas, (ops.sum(logs), ops.sum(ops.cast(counts, size.dtype))))
    return ops.exp(total / nonzero(count))
