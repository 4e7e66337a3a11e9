"""Optimizers."""

import keras
import numpy as np
from keras import ops

from kerasparts.testing.subject import Subject, array, check_resumes, dense, expect, fit

INPUTS = None


def makes_a_loss_smaller(subject: Subject):
    losses = fit(dense(optimizer=subject.build()), epochs=20)
    expect(np.isfinite(losses).all() and losses[-1] < losses[0], f"it goes from {losses[0]:.4g} to {losses[-1]:.4g}")


def moves_weights_in_half_precision(subject: Subject):
    for dtype in ("bfloat16", "float16"):
        weight = keras.Variable(np.ones((3, 2)), dtype=dtype, name="kernel")
        optimizer = subject.build()
        for _ in range(200):
            optimizer.apply([ops.cast(np.full((3, 2), 0.1), dtype)], [weight])
        after = array(weight)
        expect(np.isfinite(after).all(), f"{dtype} weights become {after.ravel()[0]}")
        expect(
            (after < 1).all(), f"{dtype} weights are where they were after 200 steps: too short ones are rounded away"
        )


def bears_gradients_of_any_size(subject: Subject):
    for size in (0.0, 1e-30, 1e15):
        weight, optimizer = keras.Variable(np.ones((2, 2)), name="kernel"), subject.build()
        for _ in range(5):
            optimizer.apply([ops.full((2, 2), size)], [weight])
        expect(np.isfinite(array(weight)).all(), f"gradients of {size:g} make NaN or infinity")


def takes_a_schedule_for_its_learning_rate(subject: Subject):
    if "learning_rate" not in subject.kwargs:
        return
    rate = keras.optimizers.schedules.ExponentialDecay(subject.kwargs["learning_rate"], 10, 0.5)
    losses = fit(dense(optimizer=subject.build(learning_rate=rate)))
    expect(np.isfinite(losses).all(), f"the loss becomes {losses[-1]}")


def trains_on_from_a_file_as_if_never_stopped(subject: Subject):
    check_resumes(lambda: dense(optimizer=subject.build()))


PROMISES = (
    makes_a_loss_smaller,
    moves_weights_in_half_precision,
    bears_gradients_of_any_size,
    takes_a_schedule_for_its_learning_rate,
    trains_on_from_a_file_as_if_never_stopped,
)
