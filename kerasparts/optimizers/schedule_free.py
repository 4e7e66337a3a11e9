"""ScheduleFree."""

from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.optimizers._weights import add_copies
from kerasparts.optimizers.wrapper import Wrapper


@part
class ScheduleFree(Wrapper):
    """Averages instead of a schedule of learning rates, around any optimizer, and right on every backend.

    Keras' `ScheduleFreeAdamW` is 2e-2 off on TensorFlow and Torch, and never shows the average. The gradient is taken
    at `y`, the wrapped optimizer moves `z`, and the model is meant to be used at their average `x`. With the step `u`
    that the wrapped optimizer makes from `y`, and its learning rate, the `t`-th time:

        z = z + u
        c = share of learning_rate**weight_lr_power * t**weight_step_power in the sum of all so far
        x = (1 - c) * x + c * z
        y = (1 - beta) * z + beta * x

    with the largest learning rate so far. Give the wrapped optimizer a constant learning rate, at most with a warm-up,
    and no momentum: `SGD(1.0)`, `AdamW(2.5e-3, beta_1=0.0)`.

    After `fit`, the model has the weights `x`. With `callbacks.EvaluatedWeights` it has them whenever it is validated
    and saved, and goes on from `y` exactly; without it, validation during `fit` sees `y`, and the first gradient of
    another `fit` is taken at `x`. Layers with statistics, such as `BatchNormalization`, gather them at `y`.

    Args:
        optimizer: `keras.optimizers.Optimizer`.
        beta: float in [0, 1). How near to the average gradients are taken; 0 is plain averaging.
        weight_lr_power: float in [0, inf). Lets steps with a larger learning rate count for more.
        weight_step_power: float in [0, inf). Lets later steps count for more; `r` in the paper.
        **kwargs: name.

    Memory: 2 arrays a weight, in float32 at least, beside those of the optimizer.

    Example:
    >>> inner = kerasparts.optimizers.AdamW(2.5e-3, beta_1=0.0)
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.ScheduleFree(inner), loss="mse")
    >>> callbacks = [kerasparts.callbacks.EvaluatedWeights()]  # for `fit`

    Reference: Defazio et al. 2024, https://arxiv.org/abs/2405.15682, equations 3 to 5 and Algorithm 1.
    """

    def __init__(self, optimizer, beta=0.9, weight_lr_power=2.0, weight_step_power=0.0, **kwargs):
        check_number("beta", beta, "[0, 1)")
        check_number("weight_lr_power", weight_lr_power, "[0, inf)")
        check_number("weight_step_power", weight_step_power, "[0, inf)")
        super().__init__(optimizer, **kwargs)
        self.beta = beta
        self.weight_lr_power = weight_lr_power
        self.weight_step_power = weight_step_power

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._z = add_copies(self, variables, "z")
        self._other = add_copies(self, variables, "x_or_y")  # of `x` and `y` the one that the model does not have
        self._is_evaluated = self.add_variable((), dtype="int32", name="model_has_x")
        self._largest_rate = self.add_variable((), dtype="float32", name="largest_rate")
        self._weight_sum = self.add_variable((), dtype="float32", name="weight_sum")

    def before_step(self, variables):
        return [ops.copy(self.read(variable)) for variable in variables]

    def after_step(self, variables, before, t, rate):
        largest = ops.maximum(self._largest_rate, ops.cast(rate, "float32"))
        weight = largest**self.weight_lr_power * ops.cast(t, "float32") ** self.weight_step_power
        total = self._weight_sum + weight
        c = ops.where(total > 0, weight / ops.maximum(total, 1e-37), 0.0)
        others = [self._other[self._get_variable_index(variable)] for variable in variables]
        xs = ops.cond(
            ops.convert_to_tensor(self._is_evaluated) > 0,
            lambda: before,
            lambda: [ops.convert_to_tensor(other) for other in others],
        )
        for variable, start, other, x in zip(variables, before, others, xs, strict=True):
            z_var = self._z[self._get_variable_index(variable)]
            z = z_var + (self.read(variable) - start)
            x = x + ops.cast(c, x.dtype) * (z - x)
            y = (1 - self.beta) * z + self.beta * x
            self.assign(z_var, z)
            self.assign(other, x)
            self.write(variable, y)
        self.assign(self._largest_rate, largest)
        self.assign(self._weight_sum, total)
        self.assign(self._is_evaluated, 0)

    def show_evaluated_weights(self):
        """Gives the model the average `x`, if it has not got it."""
        self._show(1)

    def show_trained_weights(self):
        """Gives the model the weights `y` that gradients are taken at, if it has not got them."""
        self._show(0)

    def finalize_variable_values(self, var_list):
        self.show_evaluated_weights()

    def _show(self, is_evaluated):
        flag = backend.readable(self._is_evaluated) if self.built else None
        if flag is None or int(flag) == is_evaluated:
            return
        for variable, other in zip(self._trainable_variables, self._other, strict=True):
            if other is not None:
                held, shown = ops.copy(self.read(variable)), ops.copy(ops.convert_to_tensor(other))
                self.write(variable, shown)
                self.assign(other, held)
        self.assign(self._is_evaluated, is_evaluated)

    def get_config(self):
        return {
            **super().get_config(),
            "beta": self.beta,
            "weight_lr_power": self.weight_lr_power,
            "weight_step_power": self.weight_step_power,
        }
