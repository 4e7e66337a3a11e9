"""Many models of one structure as one set of stacked values."""

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.core.data import take
from kerasparts.model_selection.engines._structure import adapted_attributes, structure
from kerasparts.model_selection.engines.fits import FitPlan, FitTask
from kerasparts.model_selection.engines.prepare import prepared_model
from kerasparts.optimizers import LBFGS, Wrapper

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
        if keras.backend.backend() == "torch":
            raise CannotVectorize("On Torch, many models cannot be trained in one program.")
        self._plan = plan
        self.model = prepared_model(plan, tasks[0])
        _check_supported(self.model)
        self._structure = structure(self.model)
        self._optimizer_values = _first_optimizer_values(self.model)
        other = _first_optimizer_values(prepared_model(plan, tasks[-1]))
        self._is_same_optimizer = all(map(np.array_equal, self._optimizer_values, other))  # it may copy the weights

        _build_metrics(self.model, plan, tasks[0])
        self._metric_values = _read(self.model.metrics_variables)
        self.pure = backend.PureModel(self.model, adapted_attributes(self.model))
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
                if structure(model) != self._structure:
                    raise CannotVectorize("`build_model` gives models that differ in more than their weights.")
                is_same = self._is_same_optimizer
                optimizer_values = self._optimizer_values if is_same else _first_optimizer_values(model)
                weights = _read([*model.trainable_variables, *model.non_trainable_variables])
                values.append([*weights, *optimizer_values, *self._metric_values])
                constants.append([ops.convert_to_numpy(getattr(*owner)) for owner in adapted_attributes(model)])
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
        f"The model has {', '.join(own)} of its own.": own,
        "The model has no optimizer or nothing to train.": optimizer is None or not model.trainable_variables,
        "The model runs eagerly.": model.run_eagerly,
        "The optimizer scales the loss.": getattr(optimizer, "loss_scale_factor", None) is not None
        or isinstance(optimizer, keras.optimizers.LossScaleOptimizer),
        "The optimizer wraps another one.": isinstance(optimizer, Wrapper),
        "The optimizer is L-BFGS.": isinstance(optimizer, LBFGS),
        "The optimizer averages the weights.": getattr(optimizer, "use_ema", False),
        "The optimizer accumulates gradients.": getattr(optimizer, "gradient_accumulation_steps", None),
        "The variables are distributed.": keras.distribution.distribution() is not None,
    }
    for reason, holds in reasons.items():
        if holds:
            raise CannotVectorize(reason)


def _first_optimizer_values(model):
    model.optimizer.build(model.trainable_variables)
    return _read(model.optimizer.variables)


def _build_metrics(model, plan, task):
    """Makes the variables of loss and metrics, which Keras makes at the first batch."""
    batch = backend.in_floatx(take((plan.x, plan.y, plan.sample_weight), task.rows[:2]))
    model._symbolic_build(data_batch=batch)
    model.reset_metrics()


def _read(variables):
    return [ops.convert_to_numpy(variable) for variable in variables]


def _stacked(lists):
    return [ops.convert_to_tensor(np.stack(values)) for values in zip(*lists, strict=True)]
