"""Formulas that optimizers share."""

import math

from keras import ops


def ema(old, new, beta):
    """Moving average `beta * old + (1 - beta) * new`, in the form that also moves when beta is close to 1."""
    return old + (1 - beta) * (new - old)


def debias(beta, t):
    """`1 - beta**t` in float32, exact to rounding.

    Computed as written, `1 - 0.999**t` has lost four digits at the first step.
    """
    if beta == 0:
        return 1.0
    return -ops.expm1(ops.cast(t, "float32") * math.log(beta))
