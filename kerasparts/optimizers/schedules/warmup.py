"""Warmup."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part, revived
from kerasparts.optimizers.schedules.schedule import Schedule, check_rate, saved, value_at


@part
class Warmup(Schedule):
    """Rises linearly to the start of any schedule, and follows it from there; in Keras only `CosineDecay` can.

        rate = start + (first - start) * (step + 1) / (length + 1)   if step < length
        rate = schedule(step - length)                               otherwise

    with `first` the value of the schedule at step 0. No step is lost at a rate of zero, and none is taken twice.

    Args:
        schedule: float in [0, inf), or any schedule, ours or Keras'.
        length: number in [0, inf). Of the rise.
        start: float in [0, inf). What the rise starts above.
        steps_per_epoch: int, to give `length` in epochs; None for steps.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.Warmup(0.1, length=4)
    >>> [round(float(schedule(step)), 4) for step in range(6)]
    [0.02, 0.04, 0.06, 0.08, 0.1, 0.1]

    Reference: Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 2.2.
    """

    def __init__(self, schedule, length, start=0.0, steps_per_epoch=None):
        super().__init__(steps_per_epoch)
        check_rate("schedule", schedule)
        check_number("length", length, "[0, inf)")
        check_number("start", start, "[0, inf)")
        self.schedule = schedule
        self.length = length
        self.start = start

    def rate(self, step):
        length = self.in_steps(self.length)
        rise = self.start + (value_at(self.schedule, 0.0) - self.start) * (step + 1) / (length + 1)
        return ops.where(step < length, rise, value_at(self.schedule, ops.maximum(step - length, 0.0)))

    def get_config(self):
        return {
            **super().get_config(),
            "schedule": saved(self.schedule),
            "length": self.length,
            "start": self.start,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "schedule": revived(config["schedule"])})
