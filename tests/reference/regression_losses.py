"""Losses on numbers: the error of one number at a time, as its paper has it."""

import math

import numpy as np


def by_number(cost):
    """`cost(error, **arguments)` as a loss of targets and predictions of one shape."""

    def loss(y_true, y_pred, sample_weight=None, mask=None, reduction="sum_over_batch_size", **arguments):
        errors = np.asarray(y_true, "float64") - np.asarray(y_pred, "float64")
        costs = np.array([cost(float(error), **arguments) for error in errors.ravel()]).reshape(errors.shape)
        return reduced(costs.mean(axis=-1), sample_weight, mask, reduction)

    return loss


def reduced(losses, sample_weight=None, mask=None, reduction="sum_over_batch_size"):
    """One number from a loss a sample, a weight a sample and a mask."""
    weights, counted = np.zeros(losses.shape), np.zeros(losses.shape)
    for index in np.ndindex(*losses.shape):
        counted[index] = mask is None or mask[index]
        weights[index] = counted[index]
        if sample_weight is not None:
            weights[index] *= sample_weight[index[: np.ndim(sample_weight)]]
    if reduction in (None, "none"):
        return losses * weights
    if reduction == "sum":
        return (losses * weights).sum()
    below = weights.sum() if reduction == "mean_with_sample_weight" else counted.sum()
    return (losses * weights).sum() / below if below else 0.0


@by_number
def mean_squared_error(e, scale):
    return scale * e**2


@by_number
def mean_absolute_error(e):
    return abs(e)


@by_number
def log_cosh(e):
    # cosh(e) = exp(|e|) (1 + exp(-2 |e|)) / 2 = 1 + 2 sinh(e / 2)**2
    return math.log1p(2 * math.sinh(e / 2) ** 2) if abs(e) < 1 else abs(e) + math.log((1 + math.exp(-2 * abs(e))) / 2)


@by_number
def huber(e, delta):
    return e**2 / 2 if abs(e) <= delta else delta * (abs(e) - delta / 2)


def auto_huber(y_true, y_pred, sample_weight=None, mask=None, reduction="sum_over_batch_size", quantile=0.75):
    """Before training: the threshold is the geometric mean of the errors."""
    errors = np.abs(np.asarray(y_true, "float64") - np.asarray(y_pred, "float64"))
    some = errors[errors > 0]
    delta = math.prod(some ** (1 / some.size)) if some.size else 1.0
    return huber(y_true, y_pred, sample_weight, mask, reduction, delta=delta)


def auto_huber_gradient(y_true, y_pred):
    """The loss whose slope is wanted at `y_pred`: there the threshold is a constant."""
    errors = np.abs(np.asarray(y_true, "float64") - np.asarray(y_pred, "float64"))
    delta = math.prod(errors.ravel() ** (1 / errors.size))
    return lambda y_true, moved, quantile, **more: huber(y_true, moved, delta=delta, **more)


def thresholds(batches, quantile):
    """What `delta` is after each of `(errors, weights)`, one weight a row of errors."""
    delta, found = None, []
    for errors, weights in batches:
        errors = np.abs(np.asarray(errors, "float64")).reshape(len(errors), -1)
        if delta is None:
            delta = float(np.exp(np.log(errors[errors > 0]).mean()))
        above = sum(w * (row > delta).mean() for row, w in zip(errors, weights, strict=True)) / sum(weights)
        delta *= math.exp(0.2 * (above - (1 - quantile)))
        found.append(delta)
    return found


def adaptive_robust_cost(e, alpha, scale):
    z = (e / scale) ** 2
    if alpha == 2:
        return z / 2
    if alpha == 0:
        return math.log(z / 2 + 1)
    if alpha == -math.inf:
        return 1 - math.exp(-z / 2)
    b = abs(alpha - 2)
    return b / alpha * ((z / b + 1) ** (alpha / 2) - 1)


adaptive_robust = by_number(adaptive_robust_cost)


def quantile(y_true, y_pred, sample_weight=None, mask=None, reduction="sum_over_batch_size", q=0.5):
    y_pred = np.asarray(y_pred, "float64")
    columns = [0] * y_pred.shape[-1] if isinstance(q, list) else range(y_pred.shape[-1])
    levels = q if isinstance(q, list) else [q] * y_pred.shape[-1]
    losses = np.zeros(y_pred.shape[:-1])
    for index in np.ndindex(*losses.shape):
        for k, (column, level) in enumerate(zip(columns, levels, strict=True)):
            e = float(y_true[index][column]) - y_pred[index][k]
            losses[index] += max(level * e, (level - 1) * e) / y_pred.shape[-1]
    return reduced(losses, sample_weight, mask, reduction)


def gaussian_nll(
    y_true, y_pred, sample_weight=None, mask=None, reduction="sum_over_batch_size", min_variance=1e-6, beta=0.0, at=None
):
    """With the factor `v**beta` of the predictions `at`, where it is a constant."""
    y_pred = np.asarray(y_pred, "float64")
    at = y_pred if at is None else np.asarray(at, "float64")
    half = y_pred.shape[-1] // 2
    losses = np.zeros(y_pred.shape[:-1])
    for index in np.ndindex(*losses.shape):
        for k in range(half):
            log_v = np.logaddexp(y_pred[index][half + k], math.log(min_variance))
            error = float(y_true[index][k]) - y_pred[index][k]
            cost = (math.log(2 * math.pi) + log_v + error**2 * np.exp(-log_v)) / 2
            factor = np.exp(min(beta * np.logaddexp(at[index][half + k], math.log(min_variance)), 60))
            losses[index] += factor * cost / half
    return reduced(losses, sample_weight, mask, reduction)


def gaussian_nll_gradient(y_true, y_pred):
    """The loss whose slope is wanted at `y_pred`: there the factor `v**beta` is a constant."""
    return lambda y_true, moved, **more: gaussian_nll(y_true, moved, at=y_pred, **more)
