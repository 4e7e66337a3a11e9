"""OneCycle."""

import math

import keras
from keras import ops

from kerasparts.core.checks import check, check_choice, check_number
from kerasparts.core.part import part, revived
from kerasparts.optimizers.schedules.schedule import Schedule


@part
class OneCycle(Schedule):
    """Up to a large learning rate and down to almost nothing, once; the momentum goes the other way. Not in Keras.

    From `learning_rate / start_divisor` up to `learning_rate`, reached at the share `rise` of the length, then down to
    `learning_rate / start_divisor / end_divisor` at its last step, where it stays. `momentum` of the schedule is
    the schedule for the optimizer's momentum: from the greater of `momentum_range` down to the smaller at the peak, and
    back.

    Args:
        learning_rate: float in (0, inf). The highest.
        length: number in (0, inf) of at least three steps. Of the whole.
        rise: float in (0, 1). Share of the length that goes up.
        start_divisor: float in [1, inf).
        end_divisor: float in [1, inf).
        anneal: "cosine" or "linear".
        momentum_range: pair of floats in [0, 1), the smaller first.
        steps_per_epoch: int, to give `length` in epochs; None for steps.

    Attributes:
        momentum: schedule.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.OneCycle(1.0, length=11, rise=0.5, anneal="linear")
    >>> [round(float(schedule(step)), 2) for step in (0, 2, 4, 6, 10, 20)]
    [0.04, 0.47, 0.89, 0.73, 0.0, 0.0]
    >>> [round(float(schedule.momentum(step)), 2) for step in (0, 4, 10)]
    [0.95, 0.86, 0.95]

    Reference: Smith and Topin 2019, https://arxiv.org/abs/1708.07120; Smith 2018, https://arxiv.org/abs/1803.09820,
    section 4.3, for the momentum.
    """

    def __init__(
        self,
        learning_rate,
        length,
        rise=0.3,
        start_divisor=25.0,
        end_divisor=1e4,
        anneal="cosine",
        momentum_range=(0.85, 0.95),
        steps_per_epoch=None,
    ):
        super().__init__(steps_per_epoch)
        check_number("learning_rate", learning_rate, "(0, inf)")
        check_number("length", length, "(0, inf)")
        check(self.in_steps(length) >= 3, "length", length, "at least three steps")
        check_number("rise", rise, "(0, 1)")
        check_number("start_divisor", start_divisor, "[1, inf)")
        check_number("end_divisor", end_divisor, "[1, inf)")
        check_choice("anneal", anneal, ("cosine", "linear"))
        is_pair = isinstance(momentum_range, list | tuple) and len(momentum_range) == 2
        check(is_pair, "momentum_range", momentum_range, "a pair of numbers in [0, 1)")
        for momentum in momentum_range:
            check_number("momentum_range", momentum, "[0, 1)")
        check(momentum_range[0] <= momentum_range[1], "momentum_range", momentum_range, "in rising order")
        self.learning_rate = learning_rate
        self.length = length
        self.rise = rise
        self.start_divisor = start_divisor
        self.end_divisor = end_divisor
        self.anneal = anneal
        self.momentum_range = tuple(momentum_range)

    def rate(self, step):
        start = self.learning_rate / self.start_divisor
        return self.value(step, start, self.learning_rate, start / self.end_divisor)

    @property
    def momentum(self):
        return OneCycleMomentum(self)

    def value(self, step, first, peak, last):
        """What goes from `first` to `peak` and on to `last`, at a step."""
        end = self.in_steps(self.length) - 1
        top = self.rise * (end + 1) - 1
        up = self._between(first, peak, ops.clip(step / max(top, 1e-6), 0.0, 1.0))
        down = self._between(peak, last, ops.clip((step - top) / (end - top), 0.0, 1.0))
        return ops.where(step < top, up, down)

    def _between(self, first, last, share):
        if self.anneal == "linear":
            return first + (last - first) * share
        return last + (first - last) * (1 + ops.cos(math.pi * share)) / 2

    def get_config(self):
        return {
            **super().get_config(),
            "learning_rate": self.learning_rate,
            "length": self.length,
            "rise": self.rise,
            "start_divisor": self.start_divisor,
            "end_divisor": self.end_divisor,
            "anneal": self.anneal,
            "momentum_range": self.momentum_range,
        }


@part
class OneCycleMomentum(Schedule):
    """The momentum that belongs to a `OneCycle`; made by its attribute `momentum`.

    Args:
        cycle: `OneCycle`.

    Example:
    >>> cycle = kerasparts.optimizers.schedules.OneCycle(0.1, length=10, momentum_range=(0.8, 0.9))
    >>> round(float(kerasparts.optimizers.schedules.OneCycleMomentum(cycle)(2)), 2)
    0.8

    Reference: Smith 2018, https://arxiv.org/abs/1803.09820, section 4.3.
    """

    def __init__(self, cycle):
        check(isinstance(cycle, OneCycle), "cycle", cycle, "a OneCycle")
        super().__init__(cycle.steps_per_epoch)
        self.cycle = cycle

    def rate(self, step):
        low, high = self.cycle.momentum_range
        return self.cycle.value(step, high, low, high)

    def get_config(self):
        return {"cycle": keras.saving.serialize_keras_object(self.cycle)}

    @classmethod
    def from_config(cls, config):
        return cls(revived(config["cycle"]))
