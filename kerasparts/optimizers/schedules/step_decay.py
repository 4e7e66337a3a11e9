"""StepDecay."""

import itertools

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.optimizers.schedules.schedule import Schedule


@part
class StepDecay(Schedule):
    """Cuts the learning rate at regular times or at given ones, never below a floor.

    In Keras the regular times need `ExponentialDecay(staircase=True)`, the given ones a list of all the values for
    `PiecewiseConstantDecay`, both take steps only, and neither has a floor. With `k` cuts made until the step:

        rate = max(learning_rate * factor**k, minimum)

    Args:
        learning_rate: float in (0, inf). Before the first cut.
        every: number in (0, inf): time between cuts; or a rising list of such: times of the cuts.
        factor: float in (0, 1).
        minimum: float in [0, learning_rate].
        steps_per_epoch: int, to give `every` in epochs; None for steps.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.StepDecay(0.1, every=10, factor=0.5)
    >>> [round(float(schedule(step)), 4) for step in (0, 9, 10, 20)]
    [0.1, 0.1, 0.05, 0.025]

    Reference: He et al. 2016, https://arxiv.org/abs/1512.03385, section 3.4.
    """

    def __init__(self, learning_rate, every, factor=0.1, minimum=0.0, steps_per_epoch=None):
        super().__init__(steps_per_epoch)
        check_number("learning_rate", learning_rate, "(0, inf)")
        check_number("factor", factor, "(0, 1)")
        check_number("minimum", minimum, f"[0, {learning_rate}]")
        if isinstance(every, list | tuple):
            for time in every:
                check_number("every", time, "(0, inf)")
            is_rising = len(every) > 0 and all(a < b for a, b in itertools.pairwise(every))
            check(is_rising, "every", every, "a number or a rising list of numbers")
        else:
            check_number("every", every, "(0, inf)")
        self.learning_rate = learning_rate
        self.every = every
        self.factor = factor
        self.minimum = minimum

    def rate(self, step):
        if isinstance(self.every, list | tuple):
            cuts = sum(ops.cast(step >= self.in_steps(time), "float32") for time in self.every)
        else:
            cuts = ops.floor(step / self.in_steps(self.every))
        return ops.maximum(self.learning_rate * ops.power(self.factor, cuts), self.minimum)

    def get_config(self):
        return {
            **super().get_config(),
            "learning_rate": self.learning_rate,
            "every": self.every,
            "factor": self.factor,
            "minimum": self.minimum,
        }
