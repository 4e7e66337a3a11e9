"""Where swept values stand on an axis."""

import numbers

import numpy as np

from kerasparts.core.tables import label

WIDE = 100  # numbers whose greatest is as many times the smallest are drawn by their order of magnitude


def place_values(ax, values):
    """Sets the scale and the ticks of the x axis for some values; returns where they stand.

    Logarithmic where all are positive and span two decades. Values of which some are no numbers, and a zero beside such
    a span, stand side by side.
    """
    is_number = all(isinstance(value, numbers.Real) and not isinstance(value, bool) for value in values)
    x = np.array(values if is_number else range(len(values)), dtype="float64")
    sizes = np.abs(x[x != 0])
    if is_number and (sizes.size == 0 or sizes.max() < WIDE * sizes.min()):
        return x
    if is_number and (x > 0).all():
        ax.set_xscale("log")
        return x
    x = np.arange(len(values))
    ax.set_xticks(x, [label(value) for value in values])
    return x
