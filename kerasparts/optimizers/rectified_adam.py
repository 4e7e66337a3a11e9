"""RectifiedAdam."""

import math

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.optimizers._math import debias, ema
from kerasparts.optimizers.moment_optimizer import MomentOptimizer


@part
class RectifiedAdam(MomentOptimizer):
    """Adam that does not divide by its second moment until it has seen enough to trust it: no warm-up. Not in Keras.

    With the moments of Adam and the length of the average `rho`, per weight:

        rho_inf = 2 / (1 - beta_2) - 1
        rho = rho_inf - 2 * t * beta_2**t / (1 - beta_2**t)
        r = sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
        w = w - learning_rate * r * m_hat / (sqrt(v_hat) + epsilon)      if rho > threshold
        w = w - learning_rate * m_hat                                    otherwise

    Args:
        learning_rate: float in [0, inf) or schedule.
        beta_1: float in [0, 1). Memory of the mean `m`.
        beta_2: float in (0.6, 1). Memory of the square `v`; below, `rho` never gets above 4.
        epsilon: float in (0, inf). Bounds the step where gradients are tiny.
        threshold: float in [4, inf): 4 in the paper, 5 in its authors' code and in Torch.
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name.

    Memory: 2 arrays a weight; in half precision 3, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.RectifiedAdam(1e-3), loss="mse")

    Reference: Liu et al. 2020, https://arxiv.org/abs/1908.03265, Algorithm 2.
    """

    elementwise = True

    def __init__(self, learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-7, threshold=5.0, **kwargs):
        check_number("beta_2", beta_2, "(0.6, 1)")
        check_number("threshold", threshold, "[4, inf)")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.threshold = threshold

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._m = self.add_state(variables, "m")
        self._v = self.add_state(variables, "v")

    def step(self, gradient, variable, index, t, learning_rate):
        g = gradient
        m = ema(self._m[index], g, self.beta_1)
        v = ema(self._v[index], ops.square(g), self.beta_2)
        m_hat = m / ops.cast(debias(self.beta_1, t), g.dtype)
        v_hat = v / ops.cast(debias(self.beta_2, t), g.dtype)
        rho, rho_inf = average_length(self.beta_2, t), 2 / (1 - self.beta_2) - 1
        is_trusted = rho > self.threshold
        rho = ops.where(is_trusted, rho, 5.0)
        r = ops.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
        rectified = ops.cast(r, g.dtype) / (ops.sqrt(v_hat) + self.epsilon)

        self.assign(self._m[index], m)
        self.assign(self._v[index], v)
        return learning_rate * m_hat * ops.where(is_trusted, rectified, 1.0)

    def get_config(self):
        return {
            **super().get_config(),
            "threshold": self.threshold,
        }


def average_length(beta, t):
    """`2 / (1 - beta) - 1 - 2 * t * beta**t / (1 - beta**t)` in float32, exact to rounding.

    As written it is the difference of two numbers near 2,000. With `x = -t * log(beta)` the last term is
    `(2 / -log(beta)) * x / expm1(x)`, and what the two have in common is taken off before they are made.
    """
    rate = -math.log(beta)
    x = ops.cast(t, "float32") * rate
    near = ops.minimum(x, 1.0)
    series = near / 2 - near**2 / 12 + near**4 / 720 - near**6 / 30240 + near**8 / 1209600
    grown = ops.where(x < 1.0, series, 1 - x / ops.expm1(ops.maximum(x, 1.0)))
    return 2 / (1 - beta) - 1 - 2 / rate + 2 / rate * grown
