"""Many models of one structure as one set of stacked values."""

import re

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.core.data import take
from kerasparts.model_selection.engines.fits import FitPlan, FitTask
from kerasparts.model_selection.engines.prepare import prepared_model

NOT_OVERRIDDEN = (
    "fit",
    "evaluate",
    "predict",
    "train_step",
    "test_step",
    "predict_step",
    "make_train_function",
    "make_test_function",
    "make_predict_function",
    "compute_metrics",
    "get_metrics_result",
    "reset_metrics",
)


class CannotVectorize(ValueError):
    """These fits cannot be run in one program; the message says why."""


class Replicas:
    """The models of tasks that differ in rows and seeds alone, as lists of values stacked over the tasks.

    Args:
        plan, tasks: what they are to be fitted for.

    Attributes:
        model: that of the first task, which stands for all.
        pure: its steps.
        fused: whether TensorFlow may compile them by XLA, which draws other random numbers than `fit` without it.
        weight_places: where the weights of `model.get_weights()` are among the values.

    Raises:
        CannotVectorize: models that cannot be mapped over.
    """

    def __init__(self, plan: FitPlan, tasks: list[FitTask]):
        self._plan = plan
        self.model = prepared_model(plan, tasks[0])
        _check_supported(self.model)
        self._signature = _signature(self.model)
        self._optimizer_values = _first_optimizer_values(self.model)
        other = _first_optimizer_values(prepared_model(plan, tasks[-1]))
        self._is_same_optimizer = all(map(np.array_equal, self._optimizer_values, other))  # it may copy the weights

        _build_metrics(self.model, plan, tasks[0])
        self._metric_values = _read(self.model.metrics_variables)
        self.pure = backend.PureModel(self.model, _adapted_attributes(self.model))
        has_seeds = len(self.model.variables) > len(self.model.weights)
        self.fused = self.model.jit_compile or not has_seeds
        place = {id(variable): i for i, variable in enumerate(self.pure.variables)}
        self.weight_places = [place[id(variable)] for variable in self.model.weights]

    def first_values(self, tasks: list[FitTask]):
        """Values and constants of the models before their first step."""
        values, constants = [], []
        with backend.many_seeds():
            for task in tasks:
                model = prepared_model(self._plan, task)
                if _signature(model) != self._signature:
                    raise CannotVectorize("`build_model` gives models that differ in more than their weights.")
                is_same = self._is_same_optimizer
                optimizer_values = self._optimizer_values if is_same else _first_optimizer_values(model)
                weights = _read([*model.trainable_variables, *model.non_trainable_variables])
                values.append([*weights, *optimizer_values, *self._metric_values])
                constants.append([ops.convert_to_numpy(getattr(*owner)) for owner in _adapted_attributes(model)])
        return _stacked(values), _stacked(constants)

    def with_fresh_metrics(self, values):
        """The same values, with those of the metrics as before the first batch."""
        kept = values[: len(values) - len(self._metric_values)]
        fresh = _stacked([self._metric_values] * len(values[0]))
        return [*kept, *fresh]


def _check_supported(model):
    optimizer = model.optimizer
    own = [
        name
        for name in NOT_OVERRIDDEN
        if getattr(type(model), name) is not getattr(keras.Model, name) or name in vars(model)
    ]
    reasons = {
        f"the model has a `{', '.join(own)}` of its own": own,
        "the model has no optimizer or nothing to train": optimizer is None or not model.trainable_variables,
        "the model runs eagerly": model.run_eagerly,
        "the optimizer scales the loss": getattr(optimizer, "loss_scale_factor", None) is not None
        or isinstance(optimizer, keras.optimizers.LossScaleOptimizer),
        "the optimizer averages the weights": getattr(optimizer, "use_ema", False),
        "the optimizer accumulates gradients": getattr(optimizer, "gradient_accumulation_steps", None),
        "the variables are distributed": keras.distribution.distribution() is not None,
    }
    for reason, holds in reasons.items():
        if holds:
            raise CannotVectorize(f"{reason}.".capitalize())


def _signature(model):
    """What models must have in common to be run by the steps of one of them."""
    layers = list(model._flatten_layers())
    numbers = {layer.name: f"#{i}" for i, layer in enumerate(layers)}

    def without_name(value):
        return numbers.get(value, re.sub(r"_\d+$", "", value)) if isinstance(value, str) else value

    configs = [(type(layer).__name__, keras.tree.map_structure(without_name, _config(layer))) for layer in layers]
    variables = [(tuple(v.shape), v.dtype, v.trainable) for v in model.variables]
    optimizer = keras.tree.map_structure(without_name, _config(model.optimizer))
    return configs, variables, optimizer, _other_arrays(layers)


def _config(part):
    try:
        return part.get_config()
    except NotImplementedError:
        return {name: value for name, value in vars(part).items() if isinstance(value, bool | int | float)}


def _other_arrays(layers):
    """Arrays that are neither variables nor measured by `adapt`, as comparable values."""
    return [
        (name, value.shape, value.tobytes())
        for layer in layers
        if not _adapts(layer)
        for name, value in vars(layer).items()
        if isinstance(value, np.ndarray) or _is_tensor(value)
        for value in [ops.convert_to_numpy(value)]
    ]


def _adapted_attributes(model):
    """Tensors that `adapt` left outside of variables, as `Normalization` does: pairs of layer and name."""
    layers = filter(_adapts, model._flatten_layers())
    return [(layer, name) for layer in layers for name, value in vars(layer).items() if _is_tensor(value)]


def _adapts(layer):
    return callable(getattr(layer, "adapt", None))


def _is_tensor(value):
    is_array = hasattr(value, "dtype") and not isinstance(value, keras.Variable | keras.KerasTensor)
    return is_array and ops.is_tensor(value)


def _first_optimizer_values(model):
    model.optimizer.build(model.trainable_variables)
    return _read(model.optimizer.variables)


def _build_metrics(model, plan, task):
    """Makes the variables of loss and metrics, which Keras makes at the first batch."""
    x, y, weight = keras.tree.map_structure(
        lambda value: None if value is None else ops.convert_to_tensor(value),
        backend.in_floatx(take((plan.x, plan.y, plan.sample_weight), task.rows[:2])),
    )
    with keras.StatelessScope():
        y_pred = model(x, training=False)
    backend.compute_loss(model, x, y, y_pred, weight, training=False)
    model.compute_metrics(x, y, y_pred, weight)
    model.reset_metrics()


def _read(variables):
    return [ops.convert_to_numpy(variable) for variable in variables]


def _stacked(lists):
    return [ops.convert_to_tensor(np.stack(values)) for values in zip(*lists, strict=True)]
