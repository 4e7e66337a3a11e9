"""Layers that regularize, at inference; their training is held against what must be true of any draw."""

import numpy as np


def identity(x, **_):
    return np.asarray(x, "float64")
