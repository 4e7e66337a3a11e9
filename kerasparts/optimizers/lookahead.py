"""Lookahead."""

from keras import ops

from kerasparts.core.checks import check_integer, check_number
from kerasparts.core.part import part
from kerasparts.optimizers._weights import add_copies
from kerasparts.optimizers.wrapper import Wrapper


@part
class Lookahead(Wrapper):
    """Lets another optimizer run ahead, and goes part of the way after it: less variance. Not in Keras.

    Every `sync_period` steps of the wrapped optimizer, with its weights `w`:

        slow = slow + slow_step_size * (w - slow)
        w = slow

    The slow weights start as the first weights, and the state of the wrapped optimizer is left as it is.

    Args:
        optimizer: `keras.optimizers.Optimizer`. Takes learning rate, weight decay, clipping and all that.
        sync_period: int of at least 1. Steps from one slow step to the next.
        slow_step_size: float in (0, 1]. Share of the way; 1 makes no difference.
        **kwargs: name.

    Memory: 1 array a weight, in float32 at least, beside those of the optimizer.

    Example:
    >>> optimizer = kerasparts.optimizers.Lookahead(kerasparts.optimizers.RectifiedAdam(1e-3), sync_period=6)
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(optimizer, loss="mse")

    Reference: Zhang et al. 2019, https://arxiv.org/abs/1907.08610, Algorithm 1.
    """

    def __init__(self, optimizer, sync_period=6, slow_step_size=0.5, **kwargs):
        check_integer("sync_period", sync_period, "[1, inf)")
        check_number("slow_step_size", slow_step_size, "(0, 1]")
        super().__init__(optimizer, **kwargs)
        self.sync_period = sync_period
        self.slow_step_size = slow_step_size

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._slow = add_copies(self, variables, "slow")

    def after_step(self, variables, before, t, rate):
        states = [self._slow[self._get_variable_index(variable)] for variable in variables]
        fast = [self.read(variable) for variable in variables]
        slow = [ops.convert_to_tensor(state) for state in states]

        def synchronized():
            new = [s + self.slow_step_size * (f - s) for s, f in zip(slow, fast, strict=True)]
            return new, new

        slow, fast = ops.cond(t % self.sync_period == 0, synchronized, lambda: (slow, fast))
        for variable, state, w, s in zip(variables, states, fast, slow, strict=True):
            self.assign(state, s)
            self.write(variable, w)

    def get_config(self):
        return {
            **super().get_config(),
            "sync_period": self.sync_period,
            "slow_step_size": self.slow_step_size,
        }
