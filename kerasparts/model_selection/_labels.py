"""Class labels, where the targets are such."""

import keras
import numpy as np


def class_labels(targets):
    """One label a row if the targets are classes, else None.

    Classes are integers or text in one column with at most a tenth as many values as rows, two whole numbers, or
    one-hot rows.
    """
    if targets is None or isinstance(targets, dict | list | tuple):
        return None
    y = without_objects(targets)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.dtype.kind in "biuf" and ((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all():
        y = y.argmax(axis=1)
    if y.ndim != 1 or y.dtype.kind not in "biufSU":
        return None
    values = np.unique(y)
    if y.dtype.kind == "f":
        return y if len(values) == 2 and (values == np.round(values)).all() else None
    return y if len(values) <= max(2, len(y) // 10) else None


def without_objects(array):
    """An array of anything but objects."""
    array = keras.ops.convert_to_numpy(array) if keras.ops.is_tensor(array) else np.asarray(array)
    return array.astype(str) if array.dtype.kind == "O" else array
