"""Regularizers, tried on `inputs`: an array of weights."""

import keras
import numpy as np

from kerasparts.testing.subject import (
    Subject,
    array,
    arrays,
    check_resumes,
    dense,
    expect,
    fit,
    is_finite,
    numbers,
)

INPUTS = numbers((6, 4))


def is_one_finite_number(subject: Subject):
    value = array(keras.ops.convert_to_tensor(subject.build()(keras.ops.convert_to_tensor(subject.inputs))))
    expect(value.shape == (), f"its shape is {value.shape}")
    expect(np.isfinite(value), f"it is {value}")


def is_finite_for_large_kernels_in_half_precision(subject: Subject):
    large = keras.ops.cast(np.full((512, 512), 2.0), "float16")
    value = array(keras.ops.convert_to_tensor(subject.build()(large)))
    expect(np.isfinite(value), f"of 512 x 512 weights of 2 in float16 it is {value}")


def has_a_finite_gradient_where_weights_are_zero(subject: Subject):
    model = dense(kernel_regularizer=subject.build(), kernel_initializer="zeros")
    fit(model)
    expect(is_finite(arrays(model.weights)), "weights that start from zero become NaN or infinity")


def trains_on_from_a_file_as_if_never_stopped(subject: Subject):
    check_resumes(lambda: dense(kernel_regularizer=subject.build()))


PROMISES = (
    is_one_finite_number,
    is_finite_for_large_kernels_in_half_precision,
    has_a_finite_gradient_where_weights_are_zero,
    trains_on_from_a_file_as_if_never_stopped,
)
