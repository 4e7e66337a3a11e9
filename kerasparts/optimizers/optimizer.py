"""What all optimizers share."""

import re

import keras
from keras import ops

from kerasparts.core.checks import check, check_number

BIASES_AND_SCALES = re.compile(r"(^|/)(bias|beta|gamma|scale)$")


class Optimizer(keras.optimizers.Optimizer):
    """Base class of optimizers: half precision, and weight decay by a rule that is saved.

    A subclass creates its state in `build` with `add_state`, and writes

        step(gradient, variable, index, t)

    which updates the state and returns the step to take off the weights, without the learning rate. Gradient
    and step are in float32 at least.

    *Half precision.* Keras keeps state and arithmetic in the precision of the weights: in bfloat16 `beta_2=0.999`
    is 1.0, and a step smaller than 1/256 of the weight is rounded away. Here state is in float32, and what
    rounding takes off a half-precision weight is kept in a float32 variable beside it and added to the next step.

    *Weight decay* is decoupled from the gradient: `learning_rate * weight_decay * w` is taken off.
    """

    def __init__(self, learning_rate, weight_decay, weight_decay_exclude, **kwargs):
        is_schedule = isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule)
        if not is_schedule and not callable(learning_rate):
            check_number("learning_rate", learning_rate, "[0, inf)")
            learning_rate = float(learning_rate)
        if weight_decay is not None:
            check_number("weight_decay", weight_decay, "[0, inf)")
        check_exclusion(weight_decay_exclude)
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)
        self.weight_decay_exclude = weight_decay_exclude

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._residuals = self.add_state([v if _is_half(v.dtype) else None for v in variables], "rounding")
        self._decayed = [bool(self.weight_decay) and not self._is_excluded(v) for v in variables]

    def add_state(self, variables, name):
        """One variable a weight, of its shape, in float32 at least; None for what gradients only overwrite."""
        return [
            None if v is None or getattr(v, "overwrite_with_gradient", False) else self._add_float32(v, name)
            for v in variables
        ]

    def step(self, gradient, variable, index, t):
        raise NotImplementedError(f"{type(self).__name__} must implement step(gradient, variable, index, t).")

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        residual = self._residuals[index]
        dtype = "float32" if residual is not None else variable.dtype
        g = ops.cast(ops.convert_to_tensor(gradient, sparse=False), dtype)
        lr = ops.cast(learning_rate, dtype)

        w = ops.cast(variable, dtype)
        if residual is not None:
            w = w + residual
        step = self.step(g, w, index, self.iterations + 1)
        if self._decayed[index]:
            step = step + self.weight_decay * w
        w = w - lr * step

        if residual is None:
            self.assign(variable, w)
        else:
            rounded = ops.cast(w, variable.dtype)
            self.assign(variable, rounded)
            self.assign(residual, w - ops.cast(rounded, dtype))

    def _apply_weight_decay(self, variables):
        """Nothing: `update_step` decays, in the precision of the step."""

    def _is_excluded(self, variable):
        if self.weight_decay_exclude is None:
            return False
        if self.weight_decay_exclude == "biases_and_scales":
            return len(variable.shape) < 2 or BIASES_AND_SCALES.search(variable.path) is not None
        return any(re.search(pattern, variable.path) for pattern in self.weight_decay_exclude)

    def _add_float32(self, variable, name):
        return self.add_variable(
            shape=variable.shape,
            dtype="float32" if _is_half(variable.dtype) else variable.dtype,
            name=f"{variable.path.replace('/', '_')}_{name}",
            layout=getattr(variable, "_layout", None),
        )

    def get_config(self):
        return {**super().get_config(), "weight_decay_exclude": self.weight_decay_exclude}


def check_exclusion(rule):
    """Checks a rule for what weight decay leaves alone."""
    wording = "'biases_and_scales', None or a list of regular expressions"
    if rule is None or rule == "biases_and_scales":
        return
    check(isinstance(rule, list | tuple), "weight_decay_exclude", rule, wording)
    for pattern in rule:
        try:
            re.compile(pattern)
        except (re.error, TypeError):
            check(False, "weight_decay_exclude", pattern, wording)


def _is_half(dtype):
    return dtype in ("float16", "bfloat16")
