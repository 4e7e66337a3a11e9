"""The training of a compiled model as pure functions of its values."""

import contextlib

import keras
from keras import ops

from kerasparts.backend.framework import apply_gradients, gradients_of
from kerasparts.backend.memory import Scope
from kerasparts.backend.model import compute_loss, without_penalties
from kerasparts.core.layers import replaced


class PureModel:
    """Steps of a compiled model that read and write nothing but their arguments and results.

    Keras has such functions for JAX alone; these can be mapped over many sets of values on TensorFlow too. Each takes
    `values`, a list of tensors in the order of `variables`, and `constants`, in the order of `attributes`.

    Args:
        model: compiled `keras.Model` whose loss and metrics have been called once, so that all variables exist.
        attributes: list of `(layer, name)`: attributes that hold a tensor outside of any variable.

    Attributes:
        variables: list of all that training reads and writes: trainable, other (statistics, seeds), of the optimizer,
            of the metrics.

    Raises:
        ValueError: by a step, when the model uses a variable that it does not track.
    """

    def __init__(self, model, attributes=()):
        self.model = model
        self.attributes = list(attributes)
        self._trainable = list(model.trainable_variables)
        self.variables = [
            *self._trainable,
            *model.non_trainable_variables,
            *model.optimizer.variables,
            *model.metrics_variables,
        ]

    def train_step(self, values, constants, x, y, sample_weight):
        """The values after one step of the optimizer on a batch."""
        count = len(self._trainable)
        others = values[count:]

        def loss_of(trainable):
            with self._scope([*trainable, *others], constants) as scope:
                y_pred = self.model(x, training=True)
                loss = compute_loss(self.model, x, y, y_pred, sample_weight, training=True)
                return loss, (y_pred, self._values(scope)[count:])

        (loss, (y_pred, others)), gradients = gradients_of(loss_of, values[:count])
        with self._scope([*values[:count], *others], constants) as scope:
            self._track(loss, x, y, y_pred, sample_weight)
            apply_gradients(self.model.optimizer, gradients, self._trainable)
            return self._values(scope)

    def test_step(self, values, constants, x, y, sample_weight):
        """The values after one batch of evaluation."""
        with self._scope(values, constants) as scope:
            y_pred = self.model(x, training=False)
            loss = compute_loss(self.model, x, y, y_pred, sample_weight, training=False)
            self._track(loss, x, y, y_pred, sample_weight)
            return self._values(scope)

    def predict_step(self, values, constants, x):
        """The output of the model, and the values after it."""
        with self._scope(values, constants) as scope:
            return self.model(x, training=False), self._values(scope)

    def score_step(self, values, constants, x, y, sample_weight, y_pred):
        """What `model_scores` gives of predictions; the metrics in `values` must be fresh."""
        with self._scope(values, constants):
            loss = compute_loss(without_penalties(self.model), x, y, y_pred, sample_weight, training=False)
            found = self.model.compute_metrics(x, y, y_pred, sample_weight)
        return _tensors({**found, "loss": loss})

    def results(self, values, constants):
        """The running loss and metrics, by name."""
        with self._scope(values, constants):
            return _tensors(self.model.get_metrics_result())

    def _track(self, loss, x, y, y_pred, sample_weight):
        self.model._loss_tracker.update_state(loss, sample_weight=keras.tree.flatten(x)[0].shape[0])
        self.model.compute_metrics(x, y, y_pred, sample_weight)

    def _values(self, scope):
        return [scope.get_current_value(variable) for variable in self.variables]

    @contextlib.contextmanager
    def _scope(self, values, constants):
        with contextlib.ExitStack() as stack:
            for (layer, name), value in zip(self.attributes, constants, strict=True):
                stack.enter_context(replaced(layer, name, value))
            yield stack.enter_context(_KnownVariables(list(zip(self.variables, values, strict=True))))


def _tensors(results):
    return {name: ops.convert_to_tensor(value) for name, value in results.items()}


class _KnownVariables(Scope):
    """A scope in which a variable without a value given is an error, rather than shared by all that run in it."""

    def __init__(self, mapping):
        super().__init__(mapping, collect_losses=True)

    def get_current_value(self, variable):
        value = super().get_current_value(variable)
        if value is None:
            self._refuse(variable)
        return value

    def add_update(self, update):
        if super().get_current_value(update[0]) is None:
            self._refuse(update[0])
        super().add_update(update)

    def _refuse(self, variable):
        raise ValueError(f"`model` must track every variable that it uses. Received: a model that uses {variable.path}")
