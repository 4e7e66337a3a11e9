"""Learning rates, averages and searches that callbacks make, in Python floats."""

import math


def reduced_on_plateau(values, rate, factor, patience, cooldown, min_lr, min_delta, relative_min_delta):
    """The learning rate after each epoch, for a value that should fall. As PyTorch's `ReduceLROnPlateau`, but that
    patience is the number of the bad epochs which reduces (there one less)."""
    rates, best, bad, left = [], math.inf, 0, 0
    for value in values:
        margin = 0.0 if best == math.inf else max(min_delta, relative_min_delta * abs(best))
        if math.isfinite(value) and value < best - margin:
            best, bad = value, 0
        else:
            bad += 1
        if left > 0:
            left -= 1
            bad = 0
        if bad >= max(patience, 1) and rate > min_lr:
            rate, left, bad = max(rate * factor, min_lr), cooldown, 0
        rates.append(rate)
    return rates


def least_squares_losses(x, y, rates):
    """Loss before each step of gradient descent on the mean squared error of a linear model, from zero weights."""
    w, losses = [0.0] * len(x[0]), []
    for rate in rates:
        errors = [sum(a * b for a, b in zip(row, w, strict=True)) - target for row, target in zip(x, y, strict=True)]
        losses.append(sum(e * e for e in errors) / len(y))
        gradient = [2 * sum(e * row[i] for e, row in zip(errors, x, strict=True)) / len(y) for i in range(len(w))]
        w = [a - rate * g for a, g in zip(w, gradient, strict=True)]
    return losses
