"""Adam."""

from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.part import part
from kerasparts.optimizers._math import debias, ema
from kerasparts.optimizers.moment_optimizer import MomentOptimizer


@part
class Adam(MomentOptimizer):
    """Adam that moves in half precision, with the bias correction on or off, and rules by variable that are saved.

    Keras' Adam never moves bfloat16 weights. With gradient `g` at step `t`, per weight:

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        w = w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)

    where `m_hat = m / (1 - beta_1**t)` and `v_hat = v / (1 - beta_2**t)`; without bias correction `m_hat = m` and
    `v_hat = v`, and with the default betas the first steps are 3 to 7 times as long. With `amsgrad` the largest `v` so
    far takes the place of `v`.

    Args:
        learning_rate: float in [0, inf) or schedule.
        beta_1: float in [0, 1). Memory of the mean `m`.
        beta_2: float in [0, 1). Memory of the square `v`.
        epsilon: float in (0, inf). Bounds the step where gradients are tiny.
        bias_correction: bool.
        amsgrad: bool.
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name.

    Memory: 2 arrays a weight, 3 with `amsgrad`; in half precision one more, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.Adam(1e-3), loss="mse")

    Reference: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, Algorithm 1; Reddi et al. 2018,
    https://arxiv.org/abs/1904.09237, Algorithm 2. Rounding: Kahan 1965, https://doi.org/10.1145/363707.363723.
    """

    elementwise = True

    def __init__(
        self,
        learning_rate=1e-3,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        bias_correction=True,
        amsgrad=False,
        **kwargs,
    ):
        check(isinstance(bias_correction, bool), "bias_correction", bias_correction, "True or False")
        check(isinstance(amsgrad, bool), "amsgrad", amsgrad, "True or False")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.bias_correction = bias_correction
        self.amsgrad = amsgrad

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._m = self.add_state(variables, "m")
        self._v = self.add_state(variables, "v")
        self._top = self.add_state(variables, "top") if self.amsgrad else None

    def step(self, gradient, variable, index, t, learning_rate):
        g = gradient
        m = ema(self._m[index], g, self.beta_1)
        v = ema(self._v[index], ops.square(g), self.beta_2)
        self.assign(self._m[index], m)
        self.assign(self._v[index], v)
        if self.amsgrad:
            v = ops.maximum(self._top[index], v)
            self.assign(self._top[index], v)
        if self.bias_correction:
            learning_rate = learning_rate / ops.cast(debias(self.beta_1, t), g.dtype)
            v = v * ops.cast(1 / debias(self.beta_2, t), g.dtype)
        return learning_rate * m / (ops.sqrt(v) + self.epsilon)

    def get_config(self):
        return {
            **super().get_config(),
            "bias_correction": self.bias_correction,
            "amsgrad": self.amsgrad,
        }
