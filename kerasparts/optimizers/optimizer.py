"""What all optimizers share."""

import keras
import numpy as np
from keras import ops

from kerasparts.backend import assign_sub_all, in_blocks, summed_over_replicas
from kerasparts.core.checks import check, check_number
from kerasparts.core.part import revived
from kerasparts.core.precision import float32_at_least
from kerasparts.optimizers._by_name import SavedByName
from kerasparts.optimizers._rules import check_exclusion, check_multipliers, is_excluded, multipliers
from kerasparts.optimizers._together import grouped, in_file
from kerasparts.optimizers.transforms.transform import GradientTransform


class Optimizer(SavedByName, keras.optimizers.Optimizer):
    """Base class of optimizers: half precision, and rules for single variables that are saved.

    A subclass creates its state in `build` with `add_state`, and writes

        step(gradient, variable, index, t, learning_rate)

    which updates the state and returns what to take off the weights. Gradient and step are in float32 at least.

    *Half precision.* Keras keeps state and arithmetic in the precision of the weights: in bfloat16 `beta_2=0.999`
    is 1.0, and a step smaller than 1/256 of the weight is rounded away. Here state is in float32, and what
    rounding takes off a half-precision weight is kept in a float32 variable beside it and added to the next step.

    *Speed.* Where each operation has its price, as on TensorFlow and Torch, variables of a few thousand numbers are
    updated together, if `step` is `elementwise`: `add_state` makes one array for many of them, which `step` gets as
    `index` says, with their gradients in one array too, and None for the weights. A file holds the state of each
    weight by itself, in the same order whatever was together.

    Args:
        learning_rate: float in [0, inf) or schedule.
        weight_decay: float in [0, inf) or None. Share of the weight taken off a step, times the learning rate;
            decoupled from the gradient.
        weight_decay_exclude: what weight decay leaves alone. "biases_and_scales": variables with fewer than two
            axes, and those named bias, beta, gamma or scale; None: nothing; or a list of regular expressions,
            each searched for in the variable's path, whose start is another one in a loaded model.
        learning_rate_multipliers: dict from regular expressions, searched for in the variable's path, to floats in
            [0, inf); the first that is found counts. Each must be found somewhere.
        gradient_transforms: list of `transforms.GradientTransform`, applied in order, after Keras' clipping.
        record_norms: bool. Whether `norms` can be asked.
        **kwargs: as in `keras.optimizers.Optimizer`: clipping, EMA, gradient accumulation, name.
    """

    decays_weights_itself = False  # whether `step` has the decay of its own paper in it
    in_place = False  # whether `step` does no more than to `accumulate`
    elementwise = False  # whether `step` treats each number by itself, and does not look at the weights
    _condition = None
    _is_present = None  # of the numbers of a group, those that have a gradient in this step
    _blocks = None  # of variables that are updated block by block

    def __init__(
        self,
        learning_rate,
        weight_decay=None,
        weight_decay_exclude="biases_and_scales",
        learning_rate_multipliers=None,
        gradient_transforms=None,
        record_norms=False,
        **kwargs,
    ):
        is_schedule = isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule)
        if not is_schedule and not callable(learning_rate):
            check_number("learning_rate", learning_rate, "[0, inf)")
            learning_rate = float(learning_rate)
        if weight_decay is not None:
            check_number("weight_decay", weight_decay, "[0, inf)")
        check_exclusion(weight_decay_exclude)
        check_multipliers(learning_rate_multipliers)
        transforms = list(gradient_transforms or [])
        rule = "a list of kerasparts.optimizers.transforms"
        check(all(isinstance(one, GradientTransform) for one in transforms), "gradient_transforms", transforms, rule)
        check(isinstance(record_norms, bool), "record_norms", record_norms, "True or False")
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)
        self.weight_decay_exclude = weight_decay_exclude
        self.learning_rate_multipliers = learning_rate_multipliers
        self.gradient_transforms = transforms
        self.record_norms = record_norms
        self.begun = {}  # of variables that joined later, by id: the number of steps before
        self._groups = {}  # by place of the variable
        self._states = []

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._decayed = [bool(self.weight_decay) and not is_excluded(self.weight_decay_exclude, v) for v in variables]
        self._multipliers = multipliers(self.learning_rate_multipliers, variables)
        self._begun = [self.begun.get(id(v), 0) for v in variables]
        if self.elementwise:
            rules = list(zip(self._decayed, self._multipliers, self._begun, strict=True))
            self._groups = grouped(variables, rules)
        self._residuals = self.add_state([v if _is_half(v.dtype) else None for v in variables], "rounding")
        for transform in self.gradient_transforms:
            transform.build(self, variables)
        if self.record_norms:
            self._norms = self.add_variable((3, len(variables)), dtype="float32", name="norms")
        self._seen = {}

    def add_state(self, variables, name, initializer="zeros", shape=None):
        """One variable a weight, in float32 at least; None for what gradients only overwrite.

        Args:
            variables: the weights; None gives None.
            name: of the state.
            initializer: of its values.
            shape: of each; None for that of the weight.
        """
        states, of_groups = [], {}
        for place, v in enumerate(variables):
            group = self._groups.get(place) if shape is None else None
            if v is None or getattr(v, "overwrite_with_gradient", False):
                states.append(None)
            elif group is None:
                states.append(self._add_float32(v, name, initializer, shape))
            else:
                if group not in of_groups:
                    of_groups[group] = self.add_variable((group.size,), initializer, group.dtype, name=f"small_{name}")
                states.append(of_groups[group])
        if shape is None:
            self._states.append(states)
        return states

    def assign(self, variable, value):
        for condition in (self._condition, self._is_present):
            if condition is not None:
                value = ops.where(condition, ops.cast(value, variable.dtype), ops.convert_to_tensor(variable))
        self._assign(variable, value)

    def _assign(self, variable, value):
        (self._blocks or super()).assign(variable, value)

    def assign_sub(self, variable, value):
        (self._blocks or super()).assign_sub(variable, self._allowed(value))

    def accumulate(self, variable, kept, share, gradient):
        """Assigns, and gives, `kept * variable + share * gradient`."""
        if self._blocks is not None and self._condition is None:
            return self._blocks.accumulate(variable, kept, share, gradient)
        value = kept * variable + share * gradient
        self.assign(variable, value)
        return value

    def _allowed(self, update):
        """The update, zero where this step is to leave everything as it is."""
        return update if self._condition is None else ops.where(self._condition, update, ops.zeros_like(update))

    def apply_only_if(self, condition):
        """Leaves weights and state as they are for the rest of this step, unless a scalar tensor is true."""
        self._condition = condition

    def begin_step(self, t):
        """Updates what all variables share, before the first of them."""

    def step(self, gradient, variable, index, t, learning_rate):
        raise NotImplementedError(f"{type(self).__name__} must implement step(gradient, variable, index, t, lr).")

    def norms(self) -> dict[str, tuple[float, float]]:
        """Of the last step, by the variable's path: norm of its gradient, and of its update relative to its weights.

        Raises:
            ValueError: `record_norms` is off.
        """
        check(self.record_norms, "record_norms", self.record_norms, "True for norms to be there")
        gradient, update, weight = np.asarray(ops.convert_to_numpy(self._norms), "float64")
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = update / weight
        paths = [variable.path for variable in self._trainable_variables]
        return {path: (float(g), float(r)) for path, g, r in zip(paths, gradient, ratio, strict=True)}

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        if index in self._groups:
            self._update_group(self._groups[index], {index: (gradient, variable)}, learning_rate)
            return
        gradient = _dense(gradient, variable)
        if self.elementwise and not self.record_norms:
            states = [states[index] for states in self._states if states[index] is not None]

            def update(block, blocks):
                self._blocks = blocks
                self._update_single(block, variable, index, learning_rate)
                self._blocks = None

            if in_blocks(update, gradient, [variable, *states], self.in_place):
                return
        self._update_single(gradient, variable, index, learning_rate)

    def _update_single(self, gradient, variable, index, learning_rate):
        residual = self._residuals[index]
        dtype = "float32" if residual is not None else variable.dtype
        g, w = ops.cast(gradient, dtype), ops.cast(variable, dtype)
        if residual is not None:
            w = w + residual
        update = self._update(g, w, index, learning_rate)
        if self.record_norms:
            self._seen[index] = [_norm(g), _norm(update), _norm(w)]

        if residual is None:
            self.assign_sub(variable, update)
        else:
            w = w - update
            rounded = ops.cast(w, variable.dtype)
            self.assign(variable, rounded)
            self.assign(residual, w - ops.cast(rounded, dtype))

    def _update_group(self, group, pairs, learning_rate):
        """The step of those variables of a group that have a gradient, which are given with it by their places."""
        index = group.places[0]
        g = group.join({place: gradient for place, (gradient, _) in pairs.items()})
        w = None
        if self._decayed[index] or self.record_norms:
            w = group.join({place: variable for place, (_, variable) in pairs.items()})
        self._is_present = group.mask(pairs)
        update = self._update(g, w, index, learning_rate)
        self._is_present = None
        places = [place for place in group.places if place in pairs]
        if self.record_norms:
            parts = [group.split(array, places) for array in (g, update, w)]
            for place, *arrays in zip(places, *parts, strict=True):
                self._seen[place] = list(map(_norm, arrays))
        weights = [pairs[place][1] for place in places]
        updates = group.split(self._allowed(update), places)
        if not assign_sub_all(weights, updates):
            for variable, part in zip(weights, updates, strict=True):
                super().assign_sub(variable, part)

    def _update(self, g, w, index, learning_rate):
        """What to take off the weights, by the rules of the variable."""
        lr = ops.cast(learning_rate, g.dtype)
        if self._multipliers[index] != 1:
            lr = lr * self._multipliers[index]
        update = self.step(g, w, index, self.iterations + (1 - self._begun[index]), lr)
        if self._decayed[index] and not self.decays_weights_itself:
            update = update + lr * self.weight_decay * w
        return update

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        self._seen = {}
        grads = summed_over_replicas(grads)  # first, for transforms and estimates are of the whole gradient
        if self.gradient_transforms:
            indices = [self._get_variable_index(variable) for variable in trainable_variables]
            pairs = zip(grads, trainable_variables, strict=True)
            grads = [ops.cast(_dense(g, v), float32_at_least(g.dtype)) for g, v in pairs]
            for transform in self.gradient_transforms:
                grads = transform(grads, trainable_variables, indices, self)
        self.begin_step(self.iterations + 1)
        self._update_each(grads, trainable_variables, learning_rate)
        if self.record_norms:
            zeros = [ops.zeros((), "float32")] * 3
            rows = [self._seen.get(i, zeros) for i in range(len(self._trainable_variables))]
            self.assign(self._norms, ops.transpose(ops.stack([ops.stack(row) for row in rows])))
        self._seen, self._condition = {}, None

    def _update_each(self, grads, trainable_variables, learning_rate):
        singles, groups = [], {}
        for pair in zip(grads, trainable_variables, strict=True):
            index = self._get_variable_index(pair[1])
            group = self._groups.get(index)
            if group is None:
                singles.append(pair)
            else:
                groups.setdefault(group, {})[index] = pair
        for group, pairs in groups.items():
            self._update_group(group, pairs, learning_rate)
        if singles:
            super()._backend_update_step(*map(list, zip(*singles, strict=True)), learning_rate)

    def _all_reduce_sum_gradients(self, grads_and_vars):
        """Nothing, where Keras would sum them on TensorFlow: they are summed already."""
        return grads_and_vars

    def _apply_weight_decay(self, variables):
        """Nothing: `update_step` decays, in the precision of the step."""

    def _add_float32(self, variable, name, initializer, shape):
        return self.add_variable(
            shape=variable.shape if shape is None else shape,
            initializer=initializer,
            dtype=float32_at_least(variable.dtype),
            name=f"{variable.path.replace('/', '_')}_{name}",
            layout=getattr(variable, "_layout", None) if shape is None else None,
        )

    def _in_file(self):
        return in_file(self._variables, self._states, self._groups)

    def get_config(self):
        return {
            **super().get_config(),
            "weight_decay_exclude": self.weight_decay_exclude,
            "learning_rate_multipliers": self.learning_rate_multipliers,
            "gradient_transforms": [keras.saving.serialize_keras_object(one) for one in self.gradient_transforms],
            "record_norms": self.record_norms,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        if "learning_rate" in config:
            config["learning_rate"] = revived(config["learning_rate"])
        if config.get("gradient_transforms"):
            config["gradient_transforms"] = [revived(one) for one in config["gradient_transforms"]]
        return super().from_config(config, custom_objects)


def _dense(gradient, variable):
    return ops.reshape(gradient, variable.shape)  # TensorFlow's slices of an Embedding become an array by it


def _norm(x):
    return ops.sqrt(ops.sum(ops.square(ops.cast(x, "float32"))))


def _is_half(dtype):
    return dtype in ("float16", "bfloat16")
