"""EarlyStopping."""

import math
import warnings

import keras
import numpy as np

from kerasparts.callbacks._fit import guard_fit
from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.direction import direction
from kerasparts.core.part import part


@part
class EarlyStopping(keras.callbacks.Callback):
    """Stops when validation no longer gets better, and hands back the best weights at every end of `fit`.

    What Keras' `EarlyStopping` does not: NaN is never best (there, a NaN in the first epoch is best for ever);
    the least improvement may be relative; the best weights return also when `fit` runs out of epochs, is
    interrupted by Ctrl-C or fails in a callback; it says why it ended; its patience survives a restart
    (`get_state`, `set_state`).

    An epoch is an improvement if, for a value that should fall,

        value < best - max(min_delta, relative_min_delta * |best|)

    After `patience` epochs in a row without one, training stops. NaN and infinity are never improvements.

    Args:
        monitor: name of the value in the logs.
        min_delta: float in [0, inf), in the unit of the value.
        relative_min_delta: float in [0, 1). Share of the best value.
        patience: int of at least 0. Epochs without improvement that are borne; with 0 the first one stops.
        mode: "min", "max", or "auto" to tell from the name.
        restore_best_weights: bool. False leaves the weights of the last epoch.
        verbose: int. 1 prints the reason at the end.

    Attributes:
        best, best_epoch: the best value and its epoch, counted from 1; None if there was none.
        stopped_epoch: epoch that training was stopped after, counted from 1; None if it was not.
        stop_reason: one sentence.

    Memory: one copy of the weights on the host.

    Raises:
        ValueError: "auto" cannot tell the direction from the name.

    Example:
    >>> stopping = kerasparts.callbacks.EarlyStopping(patience=5, relative_min_delta=0.01)
    >>> # model.fit(x, y, validation_data=(x_dev, y_dev), epochs=100, callbacks=[stopping])

    Reference: Prechelt 1998, Early Stopping - But When?, https://doi.org/10.1007/3-540-49430-8_3, section 2.
    """

    def __init__(
        self,
        monitor="val_loss",
        min_delta=0.0,
        relative_min_delta=0.0,
        patience=0,
        mode="auto",
        restore_best_weights=True,
        verbose=0,
    ):
        check(isinstance(monitor, str) and monitor, "monitor", monitor, "the name of a value in the logs")
        check_number("min_delta", min_delta, "[0, inf)")
        check_number("relative_min_delta", relative_min_delta, "[0, 1)")
        check_integer("patience", patience, "[0, inf)")
        check(isinstance(restore_best_weights, bool), "restore_best_weights", restore_best_weights, "True or False")
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        super().__init__()
        self.monitor = monitor
        self.min_delta = min_delta
        self.relative_min_delta = relative_min_delta
        self.patience = patience
        self.mode = mode
        self.restore_best_weights = restore_best_weights
        self.verbose = verbose
        self._sign = -1.0 if direction(monitor, mode) == "max" else 1.0
        self._resumed = False
        self._reset()

    def _reset(self):
        self.best = None
        self.best_epoch = None
        self.best_weights = None
        self.wait = 0
        self.stopped_epoch = None
        self.stop_reason = None
        self._seen = False
        self._names = ()

    def on_train_begin(self, logs=None):
        if not self._resumed:
            self._reset()
        self._resumed = False
        self._last_epoch = None
        self._guard = guard_fit(self.model, self.restore)

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self._guard.interrupted:  # part of an epoch is no measurement
            return
        self._last_epoch = epoch + 1
        self._names = tuple(logs)
        if self.monitor not in logs:  # validation_freq > 1
            return
        self._seen = True
        value = float(logs[self.monitor])
        if self._is_improvement(value):
            self.best, self.best_epoch, self.wait = value, epoch + 1, 0
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            return
        self.wait += 1
        if self.wait >= max(self.patience, 1):
            self.stopped_epoch = epoch + 1
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self.stop_reason = self._reason()
        self.restore()
        if self.verbose:
            print(self.stop_reason)
        if not self._seen and self._last_epoch is not None and not self._guard.interrupted:
            warnings.warn(
                f"EarlyStopping never saw `monitor`={self.monitor!r} and did nothing. "
                f"The logs have: {', '.join(self._names) or 'nothing'}",
                stacklevel=2,
            )

    def restore(self):
        """Puts the best weights into the model; does nothing where there are none."""
        if self.best_weights is not None:
            if hasattr(self.model, "jax_state_sync"):
                self.model.jax_state_sync()
            self.model.set_weights(self.best_weights)

    def get_state(self):
        """All that a restart needs, as plain values and arrays."""
        weights = None if self.best_weights is None else [np.array(weight) for weight in self.best_weights]
        return {"best": self.best, "best_epoch": self.best_epoch, "wait": self.wait, "best_weights": weights}

    def set_state(self, state):
        """Goes on from `get_state()`: the next `fit` counts patience from there."""
        self._reset()
        self.best, self.best_epoch, self.wait = state["best"], state["best_epoch"], state["wait"]
        self.best_weights = state["best_weights"]
        self._resumed = True

    def get_config(self):
        return {
            "monitor": self.monitor,
            "min_delta": self.min_delta,
            "relative_min_delta": self.relative_min_delta,
            "patience": self.patience,
            "mode": self.mode,
            "restore_best_weights": self.restore_best_weights,
            "verbose": self.verbose,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _is_improvement(self, value):
        if not math.isfinite(value):
            return False
        if self.best is None:
            return True
        delta = max(self.min_delta, self.relative_min_delta * abs(self.best))
        return self._sign * value < self._sign * self.best - delta

    def _reason(self):
        best = f"best {self.best:.6g} at epoch {self.best_epoch}" if self.best is not None else "no finite value"
        if self._guard.interrupted:
            return f"Interrupted. {self.monitor}: {best}."
        if self.stopped_epoch is None:
            last, epochs = self._last_epoch, (self.params or {}).get("epochs")
            cut = last is not None and epochs is not None and last < epochs
            how = f"Something else stopped after epoch {last}" if cut else "All epochs were run"
            return f"{how}. {self.monitor}: {best}."
        delta = f"{self.min_delta:g}" + (f" or {self.relative_min_delta:.2%}" if self.relative_min_delta else "")
        return (
            f"Stopped after epoch {self.stopped_epoch}: {self.monitor} did not improve by more than {delta} "
            f"in {self.wait} epoch{'s' * (self.wait > 1)} ({best})."
        )
