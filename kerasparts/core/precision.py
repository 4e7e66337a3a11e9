"""The precision to compute in."""

from typing import Any

import keras


def float32_at_least(dtype: Any) -> str:
    """The dtype to compute in, for values of `dtype`: "float64" stays, anything else is "float32".

    Half precision holds neither a large sum nor a small difference, and integers hold no fractions.

    Args:
        dtype: as in Keras; None for Keras' default.

    Example:
    >>> float32_at_least("bfloat16"), float32_at_least("float64")
    ('float32', 'float64')
    """
    return "float64" if keras.backend.standardize_dtype(dtype) == "float64" else "float32"
