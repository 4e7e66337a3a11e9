"""EvaluatedWeights."""

import keras

from kerasparts.backend import sync
from kerasparts.core.checks import check
from kerasparts.core.part import part


@part
class EvaluatedWeights(keras.callbacks.Callback):
    """Validates and saves the weights that the optimizer means to hand out, and trains on with those it works on.

    Some optimizers take gradients elsewhere than at their solution: `ScheduleFree` next to an average, `LBFGS` where it
    searches. From the validation of an epoch, or its end, to the first batch of the next epoch the model has the
    solution. Keras' `SwapEMAWeights` does this for its own averages only, and its swap is lost when a training goes on
    from a file; here which weights the model has is saved with the optimizer, and a resumed `fit` goes on as if never
    stopped.

    An optimizer that says that it has converged, as `LBFGS` does, ends the `fit`.

    Put it before callbacks that save.

    Raises:
        ValueError: an optimizer without weights of its own to evaluate, or one that says that it cannot work here.

    Example:
    >>> optimizer = kerasparts.optimizers.ScheduleFree(kerasparts.optimizers.SGD(1.0))
    >>> callbacks = [kerasparts.callbacks.EvaluatedWeights(), keras.callbacks.ModelCheckpoint("model.keras")]
    """

    _are_shown = False

    def on_train_begin(self, logs=None):
        self._optimizer()

    def on_epoch_begin(self, epoch, logs=None):
        self._show_trained()

    def on_train_batch_begin(self, batch, logs=None):
        if self._are_shown:  # another callback has evaluated the model in the middle of an epoch
            self._show_trained()

    def on_test_begin(self, logs=None):
        self._show_evaluated()

    def on_predict_begin(self, logs=None):
        self._show_evaluated()

    def on_epoch_end(self, epoch, logs=None):
        self._show_evaluated()
        optimizer = self._optimizer()
        if getattr(optimizer, "fault", None):
            raise ValueError(optimizer.fault)
        if getattr(optimizer, "converged", False):
            self.model.stop_training = True

    def _show_evaluated(self):
        sync(self.model)
        self._optimizer().show_evaluated_weights()
        self._are_shown = True

    def _show_trained(self):
        sync(self.model)
        self._optimizer().show_trained_weights()
        self._are_shown = False

    def _optimizer(self):
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # Keras has put its LossScaleOptimizer around
        check(hasattr(optimizer, "show_evaluated_weights"), "optimizer", optimizer, "one as ScheduleFree")
        return optimizer

    def get_state(self):
        """All that a restart needs besides what is saved with the optimizer."""
        return {"are_shown": self._are_shown}

    def set_state(self, state):
        """Goes on from `get_state()`."""
        self._are_shown = state["are_shown"]

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
