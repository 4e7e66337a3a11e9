"""What is dropped and what is kept."""

import keras
from keras import ops

from kerasparts.core.precision import float32_at_least


def drawn(shape, rate, seed):
    """Booleans, each false with probability `rate`.

    They are drawn in float32: bfloat16 has 128 numbers between 0.5 and 1, and knows no rate between two of them.
    """
    return keras.random.uniform(shape, dtype="float32", seed=seed) >= rate


def masked(inputs, kept, scale):
    """`scale * inputs` where kept, exactly zero elsewhere, NaN and infinity too; rounded once."""
    x = ops.cast(inputs, float32_at_least(inputs.dtype))
    y = ops.where(kept, x * ops.cast(scale, x.dtype), ops.zeros_like(x))
    return ops.cast(y, inputs.dtype)
