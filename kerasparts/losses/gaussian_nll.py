"""Gaussian negative log-likelihood."""

import math

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.losses._residual import per_sample, residual
from kerasparts.losses.loss import Loss


@part
class GaussianNLL(Loss):
    """Learns a mean and how far off it is, row by row; not in Keras.

    The last axis of the predictions holds the means, then as many log-variances `s`:

        v = exp(s) + min_variance
        loss = mean(stop_gradient(v**beta) * (log(2 * pi) + log(v) + (y_true - mean)**2 / v) / 2)

    With `beta=0` it is the likelihood itself, in nats. Its gradient by the mean is divided by `v`, so that rows that
    fit badly at first are called noise and left alone; `beta=0.5` mends that, and `beta=1` gives means the gradient
    of half the squared error.

    Args:
        min_variance: number in (0, inf), in squared units of the targets. Holds the likelihood of a perfect fit finite.
        beta: number in [0, 1].
        reduction: as in Keras.
        name: str or None.
        dtype: dtype of the result. The computation is in float32 at least.

    Shapes:
        y_pred `(batch, ..., 2 * d)`, averaged over d; y_true `(batch, ..., d)`, or `(batch, ...)` where d is 1.

    Raises:
        ValueError: shapes that do not fit. A NaN in the targets stays NaN.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(2)])  # mean and log-variance
    >>> model.compile("adam", kerasparts.losses.GaussianNLL(beta=0.5))

    Reference: Nix and Weigend 1994, https://doi.org/10.1109/ICNN.1994.374138, equation 4; `beta`: Seitzer et al. 2022,
    https://arxiv.org/abs/2203.09168, equation 5.
    """

    def __init__(self, min_variance=1e-6, beta=0.0, reduction="sum_over_batch_size", name=None, dtype=None):
        check_number("min_variance", min_variance, "(0, inf)")
        check_number("beta", beta, "[0, 1]")
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.min_variance = min_variance
        self.beta = beta

    def call(self, y_true, y_pred):
        return gaussian_nll(y_true, y_pred, self.min_variance, self.beta)

    def get_config(self):
        return {**super().get_config(), "min_variance": self.min_variance, "beta": self.beta}


def gaussian_nll(y_true, y_pred, min_variance=1e-6, beta=0.0):
    """Negative log-likelihood of every sample; see `GaussianNLL`.

    Example:
    >>> [round(float(value), 4) for value in kerasparts.losses.gaussian_nll([1.0, 2.0], [[1.0, 0.0], [4.0, 0.0]])]
    [0.9189, 2.9189]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    rank, columns = len(y_pred.shape), y_pred.shape[-1] if len(y_pred.shape) else 1
    rule = "of rank 2 at least, with an even last axis: the means, then the log-variances"
    check(rank > 1 and columns % 2 == 0, "y_pred", tuple(y_pred.shape), rule)
    y_pred = ops.cast(y_pred, float32_at_least(y_pred.dtype))
    mean, s = ops.split(y_pred, 2, axis=-1)
    log_v = ops.logaddexp(s, ops.convert_to_tensor(math.log(min_variance), dtype=s.dtype))
    # Divided before it is squared, which leaves large errors finite.
    z = residual(y_true, mean) * ops.exp(-log_v / 2)
    loss = (math.log(2 * math.pi) + log_v + ops.square(z)) / 2
    if beta:
        loss = loss * ops.stop_gradient(ops.exp(ops.minimum(beta * log_v, 60.0)))  # of float32's 88
    return per_sample(loss)
