"""Cyclical."""

from keras import ops

from kerasparts.core.checks import check_choice, check_number
from kerasparts.core.part import part
from kerasparts.optimizers.schedules.schedule import Schedule


@part
class Cyclical(Schedule):
    """Goes up and down between two rates, so that neither has to be the right one; not in Keras.

    With `x` the distance from the peak of the present cycle, 1 at its ends and 0 at the peak:

        rate = minimum + (maximum - minimum) * (1 - x) * scale

    where `scale` is 1 ("triangular"), halved after each cycle ("triangular2") or `decay**step` ("exponential").

    Args:
        minimum: float in [0, maximum).
        maximum: float in (0, inf).
        half_cycle: number in (0, inf). Length of the way up, and of the way down.
        mode: "triangular", "triangular2" or "exponential".
        decay: float in (0, 1]. Factor of "exponential", by step or by epoch.
        steps_per_epoch: int, to give `half_cycle` and `decay` in epochs; None for steps.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.Cyclical(0.1, 0.3, half_cycle=2, mode="triangular2")
    >>> [round(float(schedule(step)), 4) for step in range(7)]
    [0.1, 0.2, 0.3, 0.2, 0.1, 0.15, 0.2]

    Reference: Smith 2017, https://arxiv.org/abs/1506.01186, section 3.
    """

    def __init__(self, minimum, maximum, half_cycle, mode="triangular", decay=1.0, steps_per_epoch=None):
        super().__init__(steps_per_epoch)
        check_number("maximum", maximum, "(0, inf)")
        check_number("minimum", minimum, f"[0, {maximum})")
        check_number("half_cycle", half_cycle, "(0, inf)")
        check_choice("mode", mode, ("triangular", "triangular2", "exponential"))
        check_number("decay", decay, "(0, 1]")
        self.minimum = minimum
        self.maximum = maximum
        self.half_cycle = half_cycle
        self.mode = mode
        self.decay = decay

    def rate(self, step):
        half = self.in_steps(self.half_cycle)
        cycle = ops.floor(step / (2 * half))
        x = ops.abs(step / half - 2 * cycle - 1)
        scale = 1.0
        if self.mode == "triangular2":
            scale = ops.power(0.5, cycle)
        elif self.mode == "exponential":
            scale = ops.power(self.decay, step / self.in_steps(1))
        return self.minimum + (self.maximum - self.minimum) * (1 - x) * scale

    def get_config(self):
        return {
            **super().get_config(),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "half_cycle": self.half_cycle,
            "mode": self.mode,
            "decay": self.decay,
        }
