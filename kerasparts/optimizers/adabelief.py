"""AdaBelief."""

from keras import ops

from kerasparts.core.part import part
from kerasparts.optimizers._math import debias, ema
from kerasparts.optimizers.moment_optimizer import MomentOptimizer


@part
class AdaBelief(MomentOptimizer):
    """Adam whose step grows where the gradient agrees with its own forecast. Not in Keras.

    With gradient `g` at step `t`, per weight:

        m = beta_1 * m + (1 - beta_1) * g
        s = beta_2 * s + (1 - beta_2) * (g - m)**2 + epsilon
        w = w - learning_rate * m_hat / (sqrt(s_hat) + epsilon)

    where `m_hat = m / (1 - beta_1**t)` and `s_hat = s / (1 - beta_2**t)`.

    Args:
        learning_rate: float in [0, inf) or schedule.
        beta_1: float in [0, 1). Memory of the forecast `m`.
        beta_2: float in [0, 1). Memory of the surprise `s`.
        epsilon: float in (0, inf). Bounds the step; it adds up in `s`, so smaller than Adam's.
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name.

    Memory: 2 arrays a weight; in half precision 3, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.AdaBelief(1e-3), loss="mse")

    Reference: Zhuang et al. 2020, https://arxiv.org/abs/2010.07468, Algorithm 2.
    """

    elementwise = True

    def __init__(self, learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-12, **kwargs):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._m = self.add_state(variables, "m")
        self._s = self.add_state(variables, "s")

    def step(self, gradient, variable, index, t, learning_rate):
        g = gradient
        m = ema(self._m[index], g, self.beta_1)
        s = ema(self._s[index], ops.square(g - m), self.beta_2) + self.epsilon
        m_hat = m / ops.cast(debias(self.beta_1, t), g.dtype)
        s_hat = s / ops.cast(debias(self.beta_2, t), g.dtype)

        self.assign(self._m[index], m)
        self.assign(self._s[index], s)
        return learning_rate * m_hat / (ops.sqrt(s_hat) + self.epsilon)
