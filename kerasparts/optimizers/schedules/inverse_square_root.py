"""InverseSquareRoot."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.optimizers.schedules.schedule import Schedule


@part
class InverseSquareRoot(Schedule):
    """Rises linearly, then falls as one over the root of the step: needs no end to be known; not in Keras.

    With `t = step + 1` and `warmup` in steps:

        rate = learning_rate * min(t / warmup, sqrt(warmup / t))

    Args:
        learning_rate: float in (0, inf). The highest, reached when the warm-up ends.
        warmup: number in (0, inf). Length of the rise.
        steps_per_epoch: int, to give `warmup` in epochs; None for steps.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.InverseSquareRoot(0.1, warmup=4)
    >>> [round(float(schedule(step)), 4) for step in (0, 3, 15)]
    [0.025, 0.1, 0.05]

    Reference: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, equation 3 (there `learning_rate` is
    `(width * warmup)**-0.5`).
    """

    def __init__(self, learning_rate, warmup, steps_per_epoch=None):
        super().__init__(steps_per_epoch)
        check_number("learning_rate", learning_rate, "(0, inf)")
        check_number("warmup", warmup, "(0, inf)")
        self.learning_rate = learning_rate
        self.warmup = warmup

    def rate(self, step):
        ratio = (step + 1) / self.in_steps(self.warmup)
        return self.learning_rate * ops.minimum(ratio, ops.rsqrt(ratio))

    def get_config(self):
        return {**super().get_config(), "learning_rate": self.learning_rate, "warmup": self.warmup}
