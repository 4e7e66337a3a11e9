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
