"""CosineWarmRestarts."""

import math

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.optimizers.schedules.schedule import Schedule


@part
class CosineWarmRestarts(Schedule):
    """Falls along a cosine and starts again, with a warm-up at the start of each cycle.

    Keras' `CosineDecayRestarts` has no warm-up, counts in steps only, and at the step where a cycle ends may still be
    in the old one by rounding. Cycles here start at whole steps. At step `s` of a cycle of `n` steps, `w` of warm-up:

        rate = minimum + (peak - minimum) * (s + 1) / (w + 1)                              if s < w
        rate = minimum + (peak - minimum) * (1 + cos(pi * (s - w) / (n - w))) / 2          otherwise

    Args:
        learning_rate: float in (0, inf). Peak of the first cycle.
        length: number in (0, inf). Of the first cycle.
        growth: float in [1, inf). Each cycle is as many times as long as the one before.
        decay: float in (0, 1]. Each peak is as many times as high above 0 as the one before.
        minimum: float in [0, learning_rate).
        warmup: number in [0, length). Of each cycle.
        steps_per_epoch: int, to give `length` and `warmup` in epochs; None for steps.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.CosineWarmRestarts(0.1, length=4, growth=2.0)
    >>> [round(float(schedule(step)), 4) for step in (0, 2, 3, 4, 8, 12)]
    [0.1, 0.05, 0.0146, 0.1, 0.05, 0.1]

    Reference: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, equation 5.
    """

    def __init__(
        self,
        learning_rate,
        length,
        growth=1.0,
        decay=1.0,
        minimum=0.0,
        warmup=0,
        steps_per_epoch=None,
    ):
        super().__init__(steps_per_epoch)
        check_number("learning_rate", learning_rate, "(0, inf)")
        check_number("length", length, "(0, inf)")
        check_number("growth", growth, "[1, inf)")
        check_number("decay", decay, "(0, 1]")
        check_number("minimum", minimum, f"[0, {learning_rate})")
        check_number("warmup", warmup, f"[0, {length})")
        check(self.in_steps(length) >= 1, "length", length, "at least one step")
        self.learning_rate = learning_rate
        self.length = length
        self.growth = growth
        self.decay = decay
        self.minimum = minimum
        self.warmup = warmup

    def rate(self, step):
        cycle = self._cycle(step)
        start, end, warmup = self._start(cycle), self._start(cycle + 1), self.in_steps(self.warmup)
        s = step - start
        peak = ops.maximum(self.learning_rate * ops.power(self.decay, cycle), self.minimum)
        height = ops.where(
            s < warmup,
            (s + 1) / (warmup + 1),
            (1 + ops.cos(math.pi * (s - warmup) / (end - start - warmup))) / 2,
        )
        return self.minimum + (peak - self.minimum) * height

    def _cycle(self, step):
        """Number of cycles that are over. The guess may be off by rounding, so it is held against the start."""
        cycles = step / self.in_steps(self.length)
        if self.growth > 1:
            cycles = ops.log1p(cycles * (self.growth - 1)) / math.log(self.growth)
        cycle = ops.round(cycles)
        return ops.where(self._start(cycle) > step, cycle - 1, cycle)

    def _start(self, cycle):
        """First step of a cycle."""
        lengths = cycle if self.growth == 1 else (ops.power(self.growth, cycle) - 1) / (self.growth - 1)
        return ops.round(self.in_steps(self.length) * lengths)

    def get_config(self):
        return {
            **super().get_config(),
            "learning_rate": self.learning_rate,
            "length": self.length,
            "growth": self.growth,
            "decay": self.decay,
            "minimum": self.minimum,
            "warmup": self.warmup,
        }
