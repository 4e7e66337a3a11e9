"""Nadam."""

import math

from keras import ops

from kerasparts.core.part import part
from kerasparts.optimizers._math import debias, ema
from kerasparts.optimizers.moment_optimizer import MomentOptimizer


@part
class Nadam(MomentOptimizer):
    """Adam with Nesterov's look ahead and the paper's momentum schedule; Keras' is 2e-2 off the paper in 60 steps.

    With `mu(t) = beta_1 * (1 - 0.96**(t / 250) / 2)` and `p` the product of all `mu` up to step `t`, per weight:

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        n = mu(t + 1) * m / (1 - p * mu(t + 1)) + (1 - mu(t)) * g / (1 - p)
        w = w - learning_rate * n / (sqrt(v_hat) + epsilon)

    where `v_hat = v / (1 - beta_2**t)`.

    Args:
        learning_rate: float in [0, inf) or schedule.
        beta_1: float in [0, 1). Memory of the mean `m`.
        beta_2: float in [0, 1). Memory of the square `v`.
        epsilon: float in (0, inf). Bounds the step where gradients are tiny.
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name.

    Memory: 2 arrays a weight; in half precision 3, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.Nadam(1e-3), loss="mse")

    Reference: Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ, Algorithm 2 and section 3.
    """

    elementwise = True

    def __init__(self, learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._m = self.add_state(variables, "m")
        self._v = self.add_state(variables, "v")
        self._p = self.add_variable((), initializer="ones", dtype="float32", name="momentum_product")

    def begin_step(self, t):
        self.assign(self._p, self._p * self._mu(t))

    def step(self, gradient, variable, index, t, learning_rate):
        g = gradient
        p, mu, mu_next = (ops.cast(x, g.dtype) for x in (self._p, self._mu(t), self._mu(t + 1)))
        m = ema(self._m[index], g, self.beta_1)
        v = ema(self._v[index], ops.square(g), self.beta_2)
        n = mu_next * m / (1 - p * mu_next) + (1 - mu) * g / (1 - p)
        v_hat = v / ops.cast(debias(self.beta_2, t), g.dtype)

        self.assign(self._m[index], m)
        self.assign(self._v[index], v)
        return learning_rate * n / (ops.sqrt(v_hat) + self.epsilon)

    def _mu(self, t):
        return self.beta_1 * (1 - 0.5 * ops.exp(ops.cast(t, "float32") * (math.log(0.96) / 250)))
