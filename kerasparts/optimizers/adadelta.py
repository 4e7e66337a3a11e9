"""Adadelta."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.optimizers._math import ema
from kerasparts.optimizers.optimizer import Optimizer


@part
class Adadelta(Optimizer):
    """Steps in the unit of the weights, with the paper's learning rate of 1 where Keras takes 0.001.

    Per weight:

        v = rho * v + (1 - rho) * g**2
        u = sqrt(d + epsilon) / sqrt(v + epsilon) * g
        d = rho * d + (1 - rho) * u**2
        w = w - learning_rate * u

    Args:
        learning_rate: float in [0, inf) or schedule.
        rho: float in [0, 1). Memory of both squares.
        epsilon: float in (0, inf). Its root is the size of the first steps.
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name.

    Memory: 2 arrays a weight; in half precision 3, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.Adadelta(), loss="mse")

    Reference: Zeiler 2012, https://arxiv.org/abs/1212.5701, Algorithm 1.
    """

    elementwise = True

    def __init__(self, learning_rate=1.0, rho=0.95, epsilon=1e-6, **kwargs):
        check_number("rho", rho, "[0, 1)")
        check_number("epsilon", epsilon, "(0, inf)")
        super().__init__(learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._v = self.add_state(variables, "v")
        self._d = self.add_state(variables, "d")

    def step(self, gradient, variable, index, t, learning_rate):
        v = ema(self._v[index], ops.square(gradient), self.rho)
        u = ops.sqrt(self._d[index] + self.epsilon) / ops.sqrt(v + self.epsilon) * gradient
        d = ema(self._d[index], ops.square(u), self.rho)
        self.assign(self._v[index], v)
        self.assign(self._d[index], d)
        return learning_rate * u

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
