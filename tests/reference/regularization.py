"""Layers that regularize, at inference; their training is held against what must be true of any draw."""

import numpy as np


def identity(x, **_):
    return np.asarray(x, "float64")


def classic_dropout(x, rate, **_):
    return (1 - rate) * np.asarray(x, "float64")
