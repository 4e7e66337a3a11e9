"""Callbacks of one model among many that are trained at once."""

import keras

from kerasparts.callbacks.early_stopping import EarlyStopping
from kerasparts.model_selection.engines._replicas import CannotVectorize

SUPPORTED = (EarlyStopping, keras.callbacks.EarlyStopping)


class Stopping:
    """Runs the callbacks of one fit, which see its logs and weights and may stop it.

    Args:
        callbacks: list of `EarlyStopping`, ours or Keras'.
        model: that the callbacks may ask for its metrics.
        epochs: int.

    Attributes:
        stop_training: bool.
        weights: what the callbacks have set; None for the weights of the last epoch.

    Raises:
        CannotVectorize: another kind of callback, or one that acts between steps.
    """

    def __init__(self, callbacks, model, epochs):
        for callback in callbacks:
            if type(callback) not in SUPPORTED:
                raise CannotVectorize(
                    f"The callback {type(callback).__name__} may do anything; EarlyStopping may be used."
                )
            if getattr(callback, "every", "epoch") != "epoch":
                raise CannotVectorize("An EarlyStopping that measures between steps needs a `fit`.")
        self.metrics = model.metrics
        self.stop_training = False
        self.weights = None
        self._callbacks = callbacks
        for callback in callbacks:
            callback.set_params({"verbose": 0, "epochs": epochs})
            callback.set_model(self)
            callback.on_train_begin()

    def end_epoch(self, epoch, logs, get_weights):
        """Shows the callbacks an epoch; `get_weights` is called only where one asks for them."""
        self.get_weights = get_weights
        for callback in self._callbacks:
            callback.on_epoch_end(epoch, dict(logs))

    def end(self, logs):
        for callback in self._callbacks:
            callback.on_train_end(dict(logs))

    def set_weights(self, weights):
        self.weights = weights
