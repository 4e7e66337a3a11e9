"""NovoGrad."""

from keras import ops

from kerasparts.core.part import part
from kerasparts.optimizers._math import ema
from kerasparts.optimizers.moment_optimizer import MomentOptimizer


@part
class NovoGrad(MomentOptimizer):
    """Momentum over gradients that each variable divides by its own running norm: half the memory of Adam.

    Not in Keras. Per variable, with `v` a single number:

        v = beta_2 * v + (1 - beta_2) * |g|**2                                  |g|**2 at step 1
        m = beta_1 * m + (g / (sqrt(v) + epsilon) + weight_decay * w)
        w = w - learning_rate * m

    Args:
        learning_rate: float in [0, inf) or schedule.
        beta_1: float in [0, 1). Memory of the moment `m`.
        beta_2: float in [0, 1). Memory of the square `v`.
        epsilon: float in (0, inf). Bounds the step where gradients are tiny.
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, here inside the moment as in the paper,
            multipliers, transforms, norms; clipping, EMA, gradient accumulation, name.

    Memory: 1 array a weight and 1 number a variable; in half precision one more array, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.NovoGrad(0.01), loss="mse")

    Reference: Ginsburg et al. 2019, https://arxiv.org/abs/1905.11286, Algorithm 1.
    """

    decays_weights_itself = True

    def __init__(self, learning_rate=0.01, beta_1=0.95, beta_2=0.98, epsilon=1e-8, **kwargs):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._m = self.add_state(variables, "m")
        self._v = self.add_state(variables, "v", shape=())

    def step(self, gradient, variable, index, t, learning_rate):
        square = ops.sum(ops.square(gradient))
        v = ops.where(t == 1, square, ema(self._v[index], square, self.beta_2))
        direction = gradient / (ops.sqrt(v) + self.epsilon)
        if self._decayed[index]:
            direction = direction + self.weight_decay * variable
        m = self.beta_1 * self._m[index] + direction

        self.assign(self._v[index], v)
        self.assign(self._m[index], m)
        return learning_rate * m
