"""Losses, tried on `inputs`: a pair of targets and predictions of several rows."""

import keras
import numpy as np

from kerasparts.testing.subject import ROWS, Subject, array, check_resumes, dense, expect, fit, numbers, through_a_file

INPUTS = (
    np.eye(3, dtype="float32")[np.arange(ROWS) % 3],
    np.random.default_rng(0).dirichlet(np.ones(3), ROWS).astype("float32"),
)


def is_one_finite_number(subject: Subject):
    value = array(subject.build()(*subject.inputs))
    expect(value.shape == (), f"its shape is {value.shape}")
    expect(np.isfinite(value), f"it is {value}")


def forgets_rows_of_weight_zero(subject: Subject):
    y_true, y_pred = subject.inputs
    loss = subject.build(reduction="sum")
    weight = np.ones(len(y_true), "float32")
    weight[-2:] = 0.0
    some, all_weighted = array(loss(y_true[:-2], y_pred[:-2])), array(loss(y_true, y_pred, sample_weight=weight))
    expect(np.allclose(some, all_weighted, rtol=1e-5), f"the sum is {all_weighted} with them, and {some} without")


def is_finite_in_half_precision_and_for_no_rows(subject: Subject):
    y_true, y_pred = subject.inputs
    for dtype in ("float16", "bfloat16"):
        value = array(subject.build()(y_true, keras.ops.cast(y_pred, dtype)))
        expect(np.isfinite(value), f"of predictions in {dtype} it is {value}")
    value = array(subject.build()(y_true[:0], y_pred[:0]))
    expect(np.isfinite(value), f"of an empty batch it is {value}")


def trains_in_a_compiled_fit(subject: Subject):
    model = around(subject)
    losses = fit(model, numbers((len(subject.inputs[0]), 6), 1), subject.inputs[0], epochs=5)
    expect(np.isfinite(losses).all(), f"the loss becomes {losses[-1]}")
    expect(losses[-1] < losses[0], f"in five epochs it goes from {losses[0]:.4g} to {losses[-1]:.4g}")


def comes_back_from_a_file_with_its_value(subject: Subject):
    x, model = numbers((len(subject.inputs[0]), 6), 1), around(subject)
    one, other = (float(array(m.loss(subject.inputs[0], m(x)))) for m in (model, through_a_file(model)))
    expect(np.isclose(one, other, rtol=1e-6), f"it was {one}, and is {other}")


def trains_on_from_a_file_as_if_never_stopped(subject: Subject):
    check_resumes(lambda: around(subject), numbers((len(subject.inputs[0]), 6), 1), subject.inputs[0])


def around(subject):
    """A compiled model whose predictions sum to one where those of the inputs do."""
    y_pred = subject.inputs[1]
    is_shares = (y_pred >= 0).all() and np.allclose(y_pred.sum(-1), 1, atol=1e-3)
    model = dense(int(np.prod(y_pred.shape[1:])), loss=None, activation="softmax" if is_shares else None)
    model = keras.Sequential([model, keras.layers.Reshape(y_pred.shape[1:])])
    model.compile(keras.optimizers.SGD(0.01), subject.build())
    return model


PROMISES = (
    is_one_finite_number,
    forgets_rows_of_weight_zero,
    is_finite_in_half_precision_and_for_no_rows,
    trains_in_a_compiled_fit,
    comes_back_from_a_file_with_its_value,
    trains_on_from_a_file_as_if_never_stopped,
)
