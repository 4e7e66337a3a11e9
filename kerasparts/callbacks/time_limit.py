"""TimeLimit."""

import keras

from kerasparts.callbacks._fit import Stopwatch
from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part


@part
class TimeLimit(keras.callbacks.Callback):
    """Ends `fit` when a budget of seconds is spent, a restart of the training included.

    Keras has no such callback. The step that begins after so many seconds is the last, be it in the middle of an
    epoch; that epoch is then validated as a whole, and all callbacks get their ends. Compiling counts. What earlier
    `fit`s took counts where the state is restored (`get_state`, `set_state`), as `Checkpoint` does.

    Args:
        seconds: float in (0, inf).
        verbose: int. 1 prints the reason at the end.

    Attributes:
        stopped_epoch: epoch that training was stopped in, counted from 1; None if it was not.
        stop_reason: one sentence; None if it did not stop.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> limit = kerasparts.callbacks.TimeLimit(1e-6)
    >>> history = model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=1, epochs=5, callbacks=[limit], verbose=0)
    >>> limit.stop_reason
    'Stopped in epoch 1: 1e-06 seconds were over.'
    """

    def __init__(self, seconds, verbose=0):
        check_number("seconds", seconds, "(0, inf)")
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        super().__init__()
        self.seconds = seconds
        self.verbose = verbose
        self._watch = Stopwatch()
        self._resumed = False
        self._reset()

    def _reset(self):
        self.stopped_epoch = None
        self.stop_reason = None

    def on_train_begin(self, logs=None):
        self._reset()
        if not self._resumed:
            self._watch = Stopwatch()
        self._resumed = False
        self._watch.start()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_begin(self, batch, logs=None):  # at its end, Keras would wait for every step to be over
        self._stop_if_late()

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 < self.params["epochs"]:
            self._stop_if_late()

    def on_train_end(self, logs=None):
        self._watch.stop()
        if self.verbose and self.stop_reason:
            print(self.stop_reason)

    def get_state(self):
        """Seconds so far."""
        return {"seconds": self._watch.seconds}

    def set_state(self, state):
        """Goes on from `get_state()`: the next `fit` has what is left."""
        self._watch = Stopwatch(state["seconds"])
        self._resumed = True

    def _stop_if_late(self):
        if self._watch.seconds < self.seconds:
            return
        if self.stopped_epoch is None:
            self.stopped_epoch = self._epoch
            self.stop_reason = f"Stopped in epoch {self._epoch}: {self.seconds:g} seconds were over."
        self.model.stop_training = True

    def get_config(self):
        return {"seconds": self.seconds, "verbose": self.verbose}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
