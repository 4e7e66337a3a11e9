"""SGD."""

import keras

from kerasparts.core.checks import check, check_choice, check_number
from kerasparts.core.part import part, revived
from kerasparts.optimizers.optimizer import Optimizer
from kerasparts.optimizers.schedules.schedule import saved


@part
class SGD(Optimizer):
    """Gradient descent with momentum as a heavy ball or as a moving average, constant or by a schedule.

    Keras' SGD has the heavy ball only, and a constant momentum. With gradient `g` and momentum `b`, per weight:

        v = b * v + learning_rate * g        w = w - v                      "heavy_ball"
        v = b * v + (1 - b) * g              w = w - learning_rate * v      "average"

    A steady gradient makes the heavy ball `1 / (1 - b)` times as fast, and the average no faster: the same
    learning rate means different things. With `nesterov`, what is taken off is the `v` of the next step under the
    same gradient.

    Args:
        learning_rate: float in [0, inf) or schedule.
        momentum: float in [0, 1), or a schedule of such, as the `momentum` of `schedules.OneCycle`.
        nesterov: bool.
        momentum_form: "heavy_ball" or "average".
        **kwargs: as in `kerasparts.optimizers.Optimizer`: weight decay, multipliers, transforms, norms; clipping, EMA,
            gradient accumulation, name.

    Memory: 1 array a weight with momentum, else none; in half precision one more, in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.SGD(0.01, momentum=0.9, nesterov=True), loss="mse")

    Reference: Polyak 1964, https://doi.org/10.1016/0041-5553(64)90137-5; Sutskever et al. 2013,
    https://proceedings.mlr.press/v28/sutskever13.html, equations 3 and 4.
    """

    elementwise = True

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, momentum_form="heavy_ball", **kwargs):
        if not isinstance(momentum, keras.optimizers.schedules.LearningRateSchedule):
            check_number("momentum", momentum, "[0, 1)")
        check(isinstance(nesterov, bool), "nesterov", nesterov, "True or False")
        check_choice("momentum_form", momentum_form, ("heavy_ball", "average"))
        super().__init__(learning_rate, **kwargs)
        self.momentum = momentum
        self.nesterov = nesterov
        self.momentum_form = momentum_form

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._v = self.add_state(variables, "v") if callable(self.momentum) or self.momentum > 0 else None
        self.in_place = self._v is not None and not self.nesterov

    def step(self, gradient, variable, index, t, learning_rate):
        if self._v is None:
            return learning_rate * gradient
        b = keras.ops.cast(self.momentum(t - 1), gradient.dtype) if callable(self.momentum) else self.momentum
        is_ball = self.momentum_form == "heavy_ball"
        share = learning_rate if is_ball else 1 - b
        v = self.accumulate(self._v[index], b, share, gradient)
        direction = b * v + share * gradient if self.nesterov else v
        return direction if is_ball else learning_rate * direction

    def get_config(self):
        return {
            **super().get_config(),
            "momentum": saved(self.momentum),
            "nesterov": self.nesterov,
            "momentum_form": self.momentum_form,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return super().from_config({**config, "momentum": revived(config["momentum"])}, custom_objects)
