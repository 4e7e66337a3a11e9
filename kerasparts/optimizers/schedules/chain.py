"""Chain."""

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part, revived
from kerasparts.optimizers.schedules.schedule import Schedule, check_rate, saved, value_at


@part
class Chain(Schedule):
    """One schedule after another, each counting its steps from its own start; not in Keras.

    Args:
        schedules: list of floats in [0, inf) and schedules, ours or Keras'.
        lengths: list of numbers in (0, inf), one for each schedule but the last, which has no end.
        steps_per_epoch: int, to give `lengths` in epochs; None for steps.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.Chain([0.1, 0.01, 0.001], lengths=[2, 1])
    >>> [round(float(schedule(step)), 4) for step in range(5)]
    [0.1, 0.1, 0.01, 0.001, 0.001]
    """

    def __init__(self, schedules, lengths, steps_per_epoch=None):
        super().__init__(steps_per_epoch)
        check(isinstance(schedules, list | tuple) and schedules, "schedules", schedules, "a list of schedules")
        for schedule in schedules:
            check_rate("schedules", schedule)
        rule = f"a list of {len(schedules) - 1} numbers, one for each schedule but the last"
        check(isinstance(lengths, list | tuple) and len(lengths) == len(schedules) - 1, "lengths", lengths, rule)
        for length in lengths:
            check_number("lengths", length, "(0, inf)")
        self.schedules = list(schedules)
        self.lengths = list(lengths)

    def rate(self, step):
        start, found = 0.0, value_at(self.schedules[0], step)
        for schedule, length in zip(self.schedules[1:], self.lengths, strict=True):
            start += self.in_steps(length)
            found = ops.where(step < start, found, value_at(schedule, ops.maximum(step - start, 0.0)))
        return ops.cast(found, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "schedules": [saved(schedule) for schedule in self.schedules],
            "lengths": self.lengths,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "schedules": [revived(schedule) for schedule in config["schedules"]]})
