"""Prodigy."""

import math

import keras
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.optimizers._math import debias, ema
from kerasparts.optimizers._weights import add_copies, whole
from kerasparts.optimizers.moment_optimizer import MomentOptimizer


@part
class Prodigy(MomentOptimizer):
    """Adam that finds its learning rate: it estimates how far the start is from the solution. Not in Keras.

    With gradient `g` at step `t`, and the estimate `d` of the distance from the first weights `w0`, per weight:

        m = beta_1 * m + (1 - beta_1) * d * g
        v = beta_2 * v + (1 - beta_2) * (d * g)**2
        s = beta_3 * s + d / d0 * rate * g                   with safeguard_warmup: d / d0 * d * g
        w = w - rate * m / (sqrt(v) + d * epsilon)

    where `rate = d * learning_rate`, and once a step, with sums over all weights of all variables:

        r = beta_3 * r + d / d0 * rate * sum(g * (w0 - w))
        d = max(d, d_coef * r / sum(|s|))

    `d` starts at `d0` and only grows; it is right once training is a share of its way from the start, so do not
    go on with weights already trained from an optimizer anew. Variables whose multiplier of the learning rate is 0
    do not count in the sums.

    Args:
        learning_rate: float in [0, inf) or schedule. A factor of the estimate: 1.0, or a schedule that falls from 1.0.
        beta_1: float in [0, 1). Memory of the mean `m`.
        beta_2: float in [0, 1). Memory of the square `v`.
        beta_3: float in [0, 1) or None for `sqrt(beta_2)`. Memory of the sums `r` and `s`.
        epsilon: float in (0, inf). Bounds the step where gradients are tiny.
        d0: float in (0, inf). First estimate; too small costs some steps, too large a bad start.
        d_coef: float in (0, inf). Larger ones make larger estimates: the knob to turn, if one must be.
        growth_rate: float in (1, inf) or None for no bound. Most growth of `d` in one step, after the first.
        safeguard_warmup: bool. Whether small learning rates at the start of a schedule leave the estimate small.
        bias_correction: bool. Whether `rate` has Adam's correction `sqrt(1 - beta_2**t) / (1 - beta_1**t)` in it.
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name. Weight decay is times `d` too.

    Attributes:
        d: the estimate now.

    Memory: 4 arrays a weight; in half precision 5, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.Prodigy(), loss="mse")

    Reference: Mishchenko and Defazio 2023, https://arxiv.org/abs/2306.06101, Algorithm 4.
    """

    decays_weights_itself = True

    def __init__(
        self,
        learning_rate=1.0,
        beta_1=0.9,
        beta_2=0.999,
        beta_3=None,
        epsilon=1e-8,
        d0=1e-6,
        d_coef=1.0,
        growth_rate=None,
        safeguard_warmup=False,
        bias_correction=False,
        **kwargs,
    ):
        if beta_3 is not None:
            check_number("beta_3", beta_3, "[0, 1)")
        check_number("d0", d0, "(0, inf)")
        check_number("d_coef", d_coef, "(0, inf)")
        if growth_rate is not None:
            check_number("growth_rate", growth_rate, "(1, inf)")
        check(isinstance(safeguard_warmup, bool), "safeguard_warmup", safeguard_warmup, "True or False")
        check(isinstance(bias_correction, bool), "bias_correction", bias_correction, "True or False")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.beta_3 = beta_3
        self.d0 = d0
        self.d_coef = d_coef
        self.growth_rate = growth_rate
        self.safeguard_warmup = safeguard_warmup
        self.bias_correction = bias_correction

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._m = self.add_state(variables, "m")
        self._v = self.add_state(variables, "v")
        self._s = self.add_state(variables, "s")
        self._start = add_copies(self, variables, "start")
        first = keras.initializers.Constant(self.d0)
        self._r = self.add_variable((), dtype="float32", name="r")
        self._d = self.add_variable((), initializer=first, dtype="float32", name="d")
        self._largest_d = self.add_variable((), initializer=first, dtype="float32", name="largest_d")

    @property
    def d(self):
        return float(ops.convert_to_numpy(self._d)) if self.built else self.d0

    @property
    def step_size(self):
        return ops.convert_to_tensor(self._d) * self.learning_rate

    def _rate(self, learning_rate, t):
        rate = self._d * ops.cast(learning_rate, "float32")
        return rate * ops.sqrt(debias(self.beta_2, t)) / debias(self.beta_1, t) if self.bias_correction else rate

    def _update_each(self, grads, trainable_variables, learning_rate):
        d, largest = self._estimate(grads, trainable_variables, learning_rate)
        super()._update_each(grads, trainable_variables, learning_rate)
        self.assign(self._d, d)
        self.assign(self._largest_d, largest)

    def _estimate(self, grads, variables, learning_rate):
        """The next `d`, and the largest so far without the bound on its growth."""
        beta_3 = math.sqrt(self.beta_2) if self.beta_3 is None else self.beta_3
        rate = self._rate(learning_rate, self.iterations + 1)
        weight = self._d / self.d0 * rate
        share = self._d / self.d0 * self._d if self.safeguard_warmup else weight
        r, size = beta_3 * self._r, 0.0
        for gradient, variable in zip(grads, variables, strict=True):
            index = self._get_variable_index(variable)
            if self._multipliers[index] == 0:
                continue
            w = whole(variable, self._residuals[index])
            g = ops.cast(ops.reshape(gradient, variable.shape), w.dtype)
            s = beta_3 * self._s[index] + ops.cast(share, w.dtype) * g
            self.assign(self._s[index], s)
            r = r + weight * ops.cast(ops.sum(g * (self._start[index] - w)), "float32")
            size = size + ops.cast(ops.sum(ops.abs(s)), "float32")
        self.assign(self._r, r)

        is_known = size > 0
        estimate = ops.where(is_known, self.d_coef * r / ops.where(is_known, size, 1.0), 0.0)
        largest = ops.maximum(self._largest_d, estimate)
        if self.growth_rate is None:
            return largest, largest
        first = ops.cast(self.d0, "float32")  # rounded as `d` is
        most = ops.where(self._d <= first, largest, self._d * self.growth_rate)
        return ops.minimum(largest, most), largest

    def step(self, gradient, variable, index, t, learning_rate):
        d, rate = ops.cast(self._d, gradient.dtype), ops.cast(self._rate(learning_rate, t), gradient.dtype)
        g = d * gradient
        m = ema(self._m[index], g, self.beta_1)
        v = ema(self._v[index], ops.square(g), self.beta_2)
        self.assign(self._m[index], m)
        self.assign(self._v[index], v)
        update = rate * m / (ops.sqrt(v) + d * self.epsilon)
        return update + rate * self.weight_decay * variable if self._decayed[index] else update

    def get_config(self):
        return {
            **super().get_config(),
            "beta_3": self.beta_3,
            "d0": self.d0,
            "d_coef": self.d_coef,
            "growth_rate": self.growth_rate,
            "safeguard_warmup": self.safeguard_warmup,
            "bias_correction": self.bias_correction,
        }
