"""RMSprop."""

from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.optimizers._math import ema
from kerasparts.optimizers.optimizer import Optimizer


@part
class RMSprop(Optimizer):
    """Divides by the running size of the gradient, with epsilon outside the root, as in Torch, or inside, as in Keras.

    Adagrad with a memory that fades, so that steps do not. Per weight:

        v = rho * v + (1 - rho) * g**2
        d = learning_rate * g / (sqrt(v) + epsilon)      or  / sqrt(v + epsilon)
        b = momentum * b + d
        w = w - b

    With `centered`, `v - m**2` takes the place of `v`, with `m` the running mean of `g`: long steps where the
    gradient is steady.

    Args:
        learning_rate: float in [0, inf) or schedule.
        rho: float in [0, 1). Memory of the square.
        epsilon: float in (0, inf). Bounds the step where gradients are tiny.
        epsilon_inside: bool. Whether `epsilon` is added under the root.
        centered: bool.
        momentum: float in [0, 1).
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name.

    Memory: 1 array a weight, and one each for `centered` and momentum; in half precision one more, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.RMSprop(1e-3), loss="mse")

    Reference: Hinton 2012, Neural Networks for Machine Learning, lecture 6e; Graves 2013,
    https://arxiv.org/abs/1308.0850, equations 38 to 41.
    """

    elementwise = True

    def __init__(
        self,
        learning_rate=1e-3,
        rho=0.9,
        epsilon=1e-7,
        epsilon_inside=False,
        centered=False,
        momentum=0.0,
        **kwargs,
    ):
        check_number("rho", rho, "[0, 1)")
        check_number("epsilon", epsilon, "(0, inf)")
        check(isinstance(epsilon_inside, bool), "epsilon_inside", epsilon_inside, "True or False")
        check(isinstance(centered, bool), "centered", centered, "True or False")
        check_number("momentum", momentum, "[0, 1)")
        super().__init__(learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon
        self.epsilon_inside = epsilon_inside
        self.centered = centered
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._v = self.add_state(variables, "v")
        self._m = self.add_state(variables, "m") if self.centered else None
        self._b = self.add_state(variables, "b") if self.momentum else None

    def step(self, gradient, variable, index, t, learning_rate):
        g = gradient
        v = ema(self._v[index], ops.square(g), self.rho)
        self.assign(self._v[index], v)
        if self.centered:
            m = ema(self._m[index], g, self.rho)
            self.assign(self._m[index], m)
            v = ops.maximum(v - ops.square(m), 0.0)  # below 0 by rounding alone
        root = ops.sqrt(v + self.epsilon) if self.epsilon_inside else ops.sqrt(v) + self.epsilon
        d = learning_rate * g / root
        if not self.momentum:
            return d
        b = self.momentum * self._b[index] + d
        self.assign(self._b[index], b)
        return b

    def get_config(self):
        return {
            **super().get_config(),
            "rho": self.rho,
            "epsilon": self.epsilon,
            "epsilon_inside": self.epsilon_inside,
            "centered": self.centered,
            "momentum": self.momentum,
        }
