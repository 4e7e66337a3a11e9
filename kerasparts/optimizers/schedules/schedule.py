"""What all schedules share."""

import keras
from keras import ops

from kerasparts.core.checks import check, check_integer


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """Base class of schedules: lengths in steps or, with `steps_per_epoch`, in epochs.

    A subclass writes `rate(step)`, the value at a float32 step, which may be a tensor, and converts its lengths by
    `in_steps`.
    """

    def __init__(self, steps_per_epoch):
        if steps_per_epoch is not None:
            check_integer("steps_per_epoch", steps_per_epoch, "[1, inf)")
        self.steps_per_epoch = steps_per_epoch

    def __call__(self, step):
        return self.rate(ops.cast(step, "float32"))

    def rate(self, step):
        raise NotImplementedError(f"{type(self).__name__} must implement rate(step).")

    def in_steps(self, length):
        """A length in steps."""
        return float(length * (self.steps_per_epoch or 1))

    def get_config(self):
        return {"steps_per_epoch": self.steps_per_epoch}


def check_rate(name, rate):
    """Checks that `rate` is a learning rate, or a schedule of it."""
    is_number = isinstance(rate, int | float) and not isinstance(rate, bool) and 0 <= rate < float("inf")
    is_schedule = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
    check(is_number or is_schedule, name, rate, "a number in [0, inf) or a schedule")


def value_at(rate, step):
    """Value of a number or a schedule at a step."""
    return rate(step) if callable(rate) else rate


def saved(rate):
    """A number, or the configuration of a schedule."""
    return keras.saving.serialize_keras_object(rate) if callable(rate) else rate
