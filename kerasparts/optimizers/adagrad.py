"""Adagrad."""

import keras
from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.optimizers.optimizer import Optimizer


@part
class Adagrad(Optimizer):
    """Divides by the root of all squared gradients so far, from zero as in the paper; Keras starts at 0.1.

    Rare features get long steps. The sum only grows, so the steps fade, and in long trainings too soon. Per weight:

        a = a + g**2
        w = w - learning_rate * g / (sqrt(a) + epsilon)

    Args:
        learning_rate: float in [0, inf) or schedule.
        epsilon: float in (0, inf). Keeps the first step of a weight finite.
        initial_accumulator_value: float in [0, inf). Of `a`.
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name.

    Memory: 1 array a weight; in half precision 2, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.Adagrad(0.1), loss="mse")

    Reference: Duchi et al. 2011, https://jmlr.org/papers/v12/duchi11a.html, figure 1.
    """

    elementwise = True

    def __init__(self, learning_rate=0.01, epsilon=1e-7, initial_accumulator_value=0.0, **kwargs):
        check_number("epsilon", epsilon, "(0, inf)")
        check_number("initial_accumulator_value", initial_accumulator_value, "[0, inf)")
        super().__init__(learning_rate, **kwargs)
        self.epsilon = epsilon
        self.initial_accumulator_value = initial_accumulator_value

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        start = keras.initializers.Constant(self.initial_accumulator_value)
        self._a = self.add_state(variables, "sum_of_squares", start)

    def step(self, gradient, variable, index, t, learning_rate):
        a = self._a[index] + ops.square(gradient)
        self.assign(self._a[index], a)
        return learning_rate * gradient / (ops.sqrt(a) + self.epsilon)

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "initial_accumulator_value": self.initial_accumulator_value,
        }
