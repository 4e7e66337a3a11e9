"""Yogi."""

import keras
from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.optimizers._math import debias, ema
from kerasparts.optimizers.moment_optimizer import MomentOptimizer


@part
class Yogi(MomentOptimizer):
    """Adam whose second moment moves by a bounded amount, so that rare large gradients are not forgotten at once.

    Not in Keras. Per weight, with the bias corrections of Adam:

        m = beta_1 * m + (1 - beta_1) * g
        v = v - (1 - beta_2) * sign(v - g**2) * g**2
        w = w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)

    Args:
        learning_rate: float in [0, inf) or schedule.
        beta_1: float in [0, 1). Memory of the mean `m`.
        beta_2: float in [0, 1). Memory of the square `v`.
        epsilon: float in (0, inf). Bounds the step where gradients are tiny.
        initial_accumulator_value: float in [0, inf). Of `v`.
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name.

    Memory: 2 arrays a weight; in half precision 3, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.Yogi(0.01), loss="mse")

    Reference: Zaheer et al. 2018, https://papers.nips.cc/paper/8186, Algorithm 2.
    """

    elementwise = True

    def __init__(
        self,
        learning_rate=0.01,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-3,
        initial_accumulator_value=1e-6,
        **kwargs,
    ):
        check_number("initial_accumulator_value", initial_accumulator_value, "[0, inf)")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._m = self.add_state(variables, "m")
        self._v = self.add_state(variables, "v", keras.initializers.Constant(self.initial_accumulator_value))

    def step(self, gradient, variable, index, t, learning_rate):
        g, square = gradient, ops.square(gradient)
        m = ema(self._m[index], g, self.beta_1)
        v = self._v[index] - (1 - self.beta_2) * ops.sign(self._v[index] - square) * square
        m_hat = m / ops.cast(debias(self.beta_1, t), g.dtype)
        v_hat = v / ops.cast(debias(self.beta_2, t), g.dtype)

        self.assign(self._m[index], m)
        self.assign(self._v[index], v)
        return learning_rate * m_hat / (ops.sqrt(v_hat) + self.epsilon)

    def get_config(self):
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
        }
