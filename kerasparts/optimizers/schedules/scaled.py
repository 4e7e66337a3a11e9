"""Scaled."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part, revived
from kerasparts.optimizers.schedules.schedule import Schedule, check_rate, saved, value_at


@part
class Scaled(Schedule):
    """Any schedule times a number; not in Keras. `callbacks.ReduceLROnPlateau` makes one of the schedule it finds.

        rate = max(factor * schedule(step), min(minimum, schedule(step)))

    Args:
        schedule: float in [0, inf), or any schedule, ours or Keras'.
        factor: float in (0, inf).
        minimum: float in [0, inf). What the factor does not lead below; where the schedule is lower, it holds itself.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.Scaled(kerasparts.optimizers.schedules.StepDecay(0.1, 2), 0.5)
    >>> [round(float(schedule(step)), 4) for step in range(4)]
    [0.05, 0.05, 0.005, 0.005]
    """

    def __init__(self, schedule, factor, minimum=0.0):
        check_rate("schedule", schedule)
        check_number("factor", factor, "(0, inf)")
        check_number("minimum", minimum, "[0, inf)")
        super().__init__(getattr(schedule, "steps_per_epoch", None))
        self.schedule = schedule
        self.factor = factor
        self.minimum = minimum

    def rate(self, step):
        rate = ops.cast(value_at(self.schedule, step), "float32")
        return ops.maximum(self.factor * rate, ops.minimum(self.minimum, rate)) * ops.ones_like(step)

    def get_config(self):
        return {"schedule": saved(self.schedule), "factor": self.factor, "minimum": self.minimum}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "schedule": revived(config["schedule"])})
