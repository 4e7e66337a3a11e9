"""What is dropped and what is kept."""

import keras
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.precision import float32_at_least


def drawn(shape, rate, seed):
    """Booleans, each false with probability `rate`, a number or a float32 tensor.

    They are drawn in float32: bfloat16 has 128 numbers between 0.5 and 1, and knows no rate between two of them.
    """
    return keras.random.uniform(shape, dtype="float32", seed=seed) >= rate


def scaled(inputs, scale):
    """`scale * inputs`, by a number or a tensor, rounded once to the precision of the inputs."""
    x = ops.cast(inputs, float32_at_least(inputs.dtype))
    return ops.cast(x * ops.convert_to_tensor(scale, x.dtype), inputs.dtype)


def masked(inputs, kept, scale):
    """`scale * inputs` where kept, exactly zero elsewhere, NaN and infinity too."""
    return ops.where(kept, scaled(inputs, scale), ops.zeros_like(inputs))


def check_noise_shape(noise_shape):
    """The argument as a tuple or None, if it is one of sizes and None."""
    known = noise_shape is None or isinstance(noise_shape, list | tuple)
    sizes = noise_shape if known and noise_shape is not None else ()
    known = known and all(size is None or (type(size) is int and size > 0) for size in sizes)
    check(known, "noise_shape", noise_shape, "None or a tuple of positive integers and None")
    return None if noise_shape is None else tuple(noise_shape)


def mask_shape(inputs, noise_shape):
    """Shape of the mask for some inputs."""
    shape = ops.shape(inputs)
    if noise_shape is None:
        return shape
    check(len(noise_shape) == len(shape), "noise_shape", noise_shape, f"of the {len(shape)} axes of the input")
    return tuple(size if given is None else given for size, given in zip(shape, noise_shape, strict=True))
