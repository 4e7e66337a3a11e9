"""Augmentations, row by row, from what was drawn."""

import numpy as np


def unchanged(x, **_):
    """Of every augmentation that is not training."""
    return np.asarray(x, "float64")
