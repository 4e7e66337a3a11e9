"""Schedules."""

import keras
import numpy as np

from kerasparts.testing.subject import Subject, array, check_resumes, dense, expect

INPUTS = None


def is_a_number_of_at_least_zero_at_every_step(subject: Subject):
    schedule = subject.build()
    for step in (0, 1, 2, 10, 1000, 10**6):
        for form in (step, keras.ops.convert_to_tensor(step)):
            rate = array(keras.ops.convert_to_tensor(schedule(form)))
            expect(rate.shape == () and np.isfinite(rate) and rate >= 0, f"at step {step} it is {rate}")


def trains_on_from_a_file_as_if_never_stopped(subject: Subject):
    check_resumes(lambda: dense(optimizer=keras.optimizers.SGD(subject.build())))


PROMISES = (is_a_number_of_at_least_zero_at_every_step, trains_on_from_a_file_as_if_never_stopped)
