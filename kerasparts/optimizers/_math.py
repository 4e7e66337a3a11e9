"""Formulas that optimizers share."""

import math

from keras import ops

from kerasparts.backend import mixed


def ema(old, new, beta):
    """Moving average `beta * old + (1 - beta) * new`, in the form that also moves when beta is close to 1."""
    return mixed(old, new, 1 - beta)


def debias(beta, t):
    """`1 - beta**t` in float32, exact to rounding.

    Computed as written, `1 - 0.999**t` has lost four digits at the first step.
    """
    if beta == 0:
        return 1.0
    return -ops.expm1(ops.cast(t, "float32") * math.log(beta))
