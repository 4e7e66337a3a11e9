"""Activations: callable objects for `activation=` of any layer, tried on `inputs`."""

import keras
import numpy as np

from kerasparts.testing.subject import (
    Subject,
    X,
    array,
    arrays,
    check_resumes,
    dense,
    expect,
    fit,
    is_finite,
)

INPUTS = X


def keeps_shape_and_precision(subject: Subject):
    for dtype in ("float32", "float16", "bfloat16"):
        output = subject.build()(keras.ops.cast(subject.inputs, dtype))
        given = keras.backend.standardize_dtype(output.dtype)
        expect(tuple(output.shape) == subject.inputs.shape, f"{subject.inputs.shape} becomes {tuple(output.shape)}")
        expect(given == dtype, f"{dtype} becomes {given}")


def is_finite_far_from_zero(subject: Subject):
    for dtype, far in (("float32", 1e30), ("float16", 1e4), ("bfloat16", 1e30)):
        output = array(subject.build()(keras.ops.cast(np.array([[-far, 0.0, far]]), dtype)))
        within = np.abs(output) <= 2 * far
        expect((np.isfinite(output) | within).all(), f"of -{far:g}, 0 and {far:g} in {dtype} it makes {output}")


def trains_in_a_compiled_fit(subject: Subject):
    model = dense(activation=subject.build())
    fit(model)
    expect(is_finite(arrays(model.weights)), "the weights become NaN or infinity")


def trains_on_from_a_file_as_if_never_stopped(subject: Subject):
    check_resumes(lambda: dense(activation=subject.build()))


PROMISES = (
    keeps_shape_and_precision,
    is_finite_far_from_zero,
    trains_in_a_compiled_fit,
    trains_on_from_a_file_as_if_never_stopped,
)
