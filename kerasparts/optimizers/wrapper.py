"""What optimizers around another one share."""

import keras
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.part import revived
from kerasparts.optimizers._by_name import SavedByName
from kerasparts.optimizers._weights import whole
from kerasparts.optimizers.optimizer import Optimizer
from kerasparts.optimizers.transforms.skip_non_finite import SkipNonFinite


class Wrapper(Optimizer):
    """Base class of optimizers that let another one make its step, one of ours or of Keras, and then do their own part.

    A subclass creates its state in `build`, and writes

        after_step(variables, before, t, rate)

    which reads the weights by `read`, and writes them by `write` and its state by `assign`; `before` is what
    `before_step(variables)` returned, `t` counts the steps from 1, and `rate` is the learning rate of the step. Where
    the wrapped optimizer makes no step, because it accumulates gradients or leaves out one that is not finite, nothing
    is written.

    Learning rate, clipping, weight decay, accumulation and scaled loss are those of the wrapped optimizer, also when
    callbacks set them. *Half precision*: what rounding takes off the weights is kept, as in every `Optimizer`.

    Args:
        optimizer: `keras.optimizers.Optimizer`, one for each wrapper.
        name: str.
    """

    around = ()  # the wrappers that it may be put around
    optimizer = None

    def __init__(self, optimizer, name=None):
        is_optimizer = isinstance(optimizer, keras.optimizers.Optimizer)
        check(is_optimizer, "optimizer", optimizer, "a keras.optimizers.Optimizer")
        refused = Wrapper, keras.optimizers.LossScaleOptimizer
        is_single = isinstance(optimizer, self.around) or not isinstance(optimizer, refused)
        is_single = is_single and not hasattr(optimizer, "show_evaluated_weights")  # what it moves is not its solution
        check(is_single, "optimizer", optimizer, f"an optimizer that works inside {type(self).__name__}")
        check(not optimizer.built, "optimizer", optimizer, "an optimizer that has trained no model yet")
        rule = "an optimizer without use_ema, which would average weights before they are final"
        check(not optimizer.use_ema, "optimizer", optimizer, rule)
        super().__init__(learning_rate=0.0, name=name)
        self.optimizer = optimizer

    def build(self, variables):
        if self.built:
            return
        self.optimizer.build(variables)
        super(Optimizer, self).build(variables)  # the rules by variable are those of the wrapped optimizer
        if not isinstance(self.optimizer, Optimizer):
            half = [v if v.dtype in ("float16", "bfloat16") else None for v in variables]
            self._own_residuals = self.add_state(half, "rounding")

    def before_step(self, variables):
        """What is to be remembered of the weights, before the wrapped optimizer makes its step."""

    def after_step(self, variables, before, t, rate):
        raise NotImplementedError(f"{type(self).__name__} must implement after_step(variables, before, t, rate).")

    def read(self, variable):
        """The weights in float32 at least, with what rounding took off."""
        return whole(variable, self._residuals[self._get_variable_index(variable)])

    def write(self, variable, value):
        """Makes `value` the weights, and keeps what rounding takes off."""
        residual = self._residuals[self._get_variable_index(variable)]
        rounded = ops.cast(value, variable.dtype)
        self.assign(variable, rounded)
        if residual is not None:
            self.assign(residual, value - ops.cast(rounded, value.dtype))

    def apply(self, grads, trainable_variables=None):
        variables = self._trainable_variables if trainable_variables is None else list(trainable_variables)
        if not self.built:
            self.build(variables)
        trained = [v for v in variables if not getattr(v, "overwrite_with_gradient", False)]
        rate, steps = ops.convert_to_tensor(self.step_size), self.steps
        before = self.before_step(trained)

        self.optimizer.apply(grads, trainable_variables)

        has_moved = self.steps > steps
        if self._may_rest:
            self.apply_only_if(has_moved)
        self.after_step(trained, before, ops.cast(self._iterations + 1, "int32"), rate)
        self._condition = None
        self._iterations.assign_add(ops.cast(has_moved, self._iterations.dtype))
        for variable in trained:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))

    @property
    def variables(self):
        return super().variables + self.optimizer.variables

    @property
    def learning_rate(self):
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self.optimizer.learning_rate = learning_rate

    @property
    def iterations(self):
        return self.optimizer.iterations

    @property
    def steps(self):
        """Number of steps that the wrapped optimizer has made; those that it left out do not count."""
        steps = ops.copy(ops.convert_to_tensor(self.optimizer.iterations))  # on Torch it would count on by itself
        for skip in self._skips:
            steps = steps - ops.cast(skip._skipped, steps.dtype)
        return steps

    @property
    def step_size(self):
        """The length of the next step: the learning rate, but of an optimizer that finds its own."""
        return getattr(self.optimizer, "step_size", self.optimizer.learning_rate)

    @property
    def loss_scale_factor(self):
        return None if self.optimizer is None else self.optimizer.loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, factor):
        if self.optimizer is not None:
            self.optimizer.loss_scale_factor = factor

    def scale_loss(self, loss):
        return self.optimizer.scale_loss(loss)

    def finalize_variable_values(self, var_list):
        self.optimizer.finalize_variable_values(var_list)

    def norms(self):
        return self.optimizer.norms()

    def set_weights(self, weights):
        self._check_shapes(weights)
        own = len(self._variables)
        super(SavedByName, self).set_weights(weights[:own])
        self.optimizer.set_weights(weights[own:])

    def _innermost(self):  # as an attribute, Keras would take it for another optimizer of the file
        return self.optimizer._innermost() if isinstance(self.optimizer, Wrapper) else self.optimizer

    @property
    def _skips(self):
        transforms = getattr(self._innermost(), "gradient_transforms", [])
        return [transform for transform in transforms if isinstance(transform, SkipNonFinite)]

    @property
    def _may_rest(self):
        return bool(self._innermost().gradient_accumulation_steps or self._skips)

    @property
    def _residuals(self):
        return self.optimizer._residuals if isinstance(self.optimizer, Optimizer) else self._own_residuals

    @property
    def _multipliers(self):
        of_ours = isinstance(self.optimizer, Optimizer)
        return self.optimizer._multipliers if of_ours else [1.0] * len(self._trainable_variables)

    def get_config(self):
        return {"name": self.name, "optimizer": keras.saving.serialize_keras_object(self.optimizer)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**{**config, "optimizer": revived(config["optimizer"])})
