"""EarlyStopping."""

import math
import warnings

import keras
import numpy as np

from kerasparts.backend import sync
from kerasparts.callbacks._fit import Stopwatch, check_can_validate, check_every, guard_fit, validate
from kerasparts.core.checks import check, check_choice, check_integer, check_number
from kerasparts.core.direction import is_improvement
from kerasparts.core.part import part
from kerasparts.diagnostics.monitored import Monitored
from kerasparts.diagnostics.stopping import is_met, parse_criterion, smoothed


@part
class EarlyStopping(keras.callbacks.Callback):
    """Stops when validation no longer gets better, and hands back the best weights at every end of `fit`.

    What Keras' `EarlyStopping` does not: NaN is never best (there, a NaN in the first epoch is best for ever);
    the least improvement may be relative; several values may be watched, smoothed, in the middle of an epoch, and
    judged by the criteria of Prechelt; the best weights return also when `fit` runs out of epochs, is interrupted by
    Ctrl-C or fails in a callback; it says why it ended; its patience survives a restart (`get_state`, `set_state`).

    An epoch is an improvement if, for a value that should fall,

        value < best - max(min_delta, relative_min_delta * |best|)

    After `patience` epochs in a row without one, or in a row for which `criterion` holds, training stops. The criteria
    are, in the course of the value `E` and of its twin `T` on the training data up to epoch `t`,

        GL_a:  GL = 100 * (E[t] / min(E) - 1) > a
        PQ_a:  GL / P > a  with  P = 1000 * (mean(T[t-strip+1:t]) / min(T[t-strip+1:t]) - 1)
        UP_s:  E[t] > E[t-strip] > ... > E[t-s*strip]

    the last two asked at the end of each strip of epochs only. A value that should rise counts as its negative, by the
    size of the lowest. NaN and infinity are never improvements, and as bad as can be for a criterion.

    Args:
        monitor: name of the value in the logs; a list of several; or a dict from names to weights, for their weighted
            sum, whose direction "auto" can tell where each name and the sign of its weight agree.
        min_delta: float in [0, inf), in the unit of the value.
        relative_min_delta: float in [0, 1). Share of the best value.
        patience: int of at least 0. Epochs without improvement that are borne; with 0 the first one stops.
        mode: "min", "max", or "auto" to tell from the name.
        restore_best_weights: bool. False leaves the weights of the last epoch.
        verbose: int. 1 prints the reason at the end.
        improves: "any" or "all". Of several values, how many must be better for an epoch to be the best; training
            goes on as long as any of them gets better, or as long as all do.
        smoothing: float in [0, 1). Share of the value before in a moving average that is judged in place of the value.
        criterion: None for the rule of improvement, or "GL_a", "PQ_a", "UP_s" with numbers. With it, `patience`
            is how many times in a row it must hold.
        strip: int of at least 1. Epochs in a strip.
        target: float, for several values a dict of some by name. Reached, by each, training stops.
        divergence: float, for several values a dict of some by name. Beyond it, or NaN, training stops.
        min_epochs: int of at least 0. Before, neither criterion nor target stops.
        max_seconds: float in (0, inf) or None. The step that begins after so many is the last; resumed fits are
            counted. What is being validated is finished.
        every: "epoch", or int of at least 1: measured after so many steps instead of at the end of an epoch, on the
            validation data of `fit`, and counted so by `patience` and `strip`. Its own validations may then be made
            rare with `validation_freq`.

    Attributes:
        best, best_epoch: the best value, of several a dict, and its epoch, counted from 1; None if there was none.
        best_step: the step it was measured after, where `every` is in steps.
        stopped_epoch: epoch that training was stopped after, or in, counted from 1; None if it was not.
        stop_reason: one sentence.

    Memory: one copy of the weights on the host, moving statistics included. Seeds stay as they are: fits that go on
        from the best weights draw new random numbers.

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
        improves="any",
        smoothing=0.0,
        criterion=None,
        strip=5,
        target=None,
        divergence=None,
        min_epochs=0,
        max_seconds=None,
        every="epoch",
    ):
        monitored = Monitored(monitor, mode)
        check_number("min_delta", min_delta, "[0, inf)")
        check_number("relative_min_delta", relative_min_delta, "[0, 1)")
        check_integer("patience", patience, "[0, inf)")
        check(isinstance(restore_best_weights, bool), "restore_best_weights", restore_best_weights, "True or False")
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        check_choice("improves", improves, ("any", "all"))
        check_number("smoothing", smoothing, "[0, 1)")
        kind, _ = (None, None) if criterion is None else parse_criterion(criterion)
        check_integer("strip", strip, "[1, inf)")
        check_integer("min_epochs", min_epochs, "[0, inf)")
        if max_seconds is not None:
            check_number("max_seconds", max_seconds, "(0, inf)")
        check_every(every)
        super().__init__()
        self.monitor = monitor
        self.min_delta = min_delta
        self.relative_min_delta = relative_min_delta
        self.patience = patience
        self.mode = mode
        self.restore_best_weights = restore_best_weights
        self.verbose = verbose
        self.improves = improves
        self.smoothing = smoothing
        self.criterion = criterion
        self.strip = strip
        self.target = target
        self.divergence = divergence
        self.min_epochs = min_epochs
        self.max_seconds = max_seconds
        self.every = every
        self._monitored = monitored
        self._targets = monitored.thresholds("target", target)
        self._limits = monitored.thresholds("divergence", divergence)
        self._compares = kind == "PQ"
        if self._compares:
            rule = "of validation, as val_loss, where the criterion compares it with that of training"
            check(all(name.startswith("val_") for name in monitored.names), "monitor", monitor, rule)
        self._resumed = False
        self._reset()

    def _reset(self):
        self.best_epoch = None
        self.best_step = None
        self.best_weights = None
        self.wait = 0
        self.stopped_epoch = None
        self.stop_reason = None
        self._best = {}  # of each value the error: what should rise has its sign turned
        self._errors = {label: [] for label in self._monitored.labels}
        self._training_errors = {label: [] for label in self._monitored.labels}
        self._steps = self._steps_before = 0  # the latter before this epoch
        self._watch = Stopwatch()
        self._cause = None
        self._seen = False
        self._names = None

    @property
    def best(self):
        values = self._monitored.values(self._best)
        return (values or None) if len(self._errors) > 1 else next(iter(values.values()), None)

    @property
    def async_safe(self):  # Keras waits for every step where a callback looks at its end, unless it says this
        return self.every == "epoch"

    def on_train_begin(self, logs=None):
        if not self._resumed:
            self._reset()
        self._resumed = False
        self._last_epoch = None
        self._guard = guard_fit(self.model, self.restore)
        if self.every != "epoch":
            check_can_validate(self.model, self.every)
        self._watch.start()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_begin(self, batch, logs=None):
        self._stop_if_late(self._epoch)

    def on_train_batch_end(self, batch, logs=None):
        if self.every == "epoch" or self._guard.interrupted:
            return
        before, self._steps = self._steps, self._steps_before + batch + 1
        if self._steps // self.every == before // self.every:
            return
        logs = {**(logs or {}), **validate(self.model)}
        if not self._guard.interrupted:
            self._measure(logs, self._epoch, self._epoch - 1)

    def on_epoch_end(self, epoch, logs=None):
        self._steps_before = self._steps
        if self._guard.interrupted:  # part of an epoch is no measurement
            return
        self._last_epoch = epoch + 1
        if self.every == "epoch":
            self._measure(logs or {}, epoch + 1, epoch + 1)
        self._stop_if_late(epoch + 1)

    def on_train_end(self, logs=None):
        self._watch.stop()
        self.stop_reason = self._reason()
        self.restore()
        if self.verbose:
            print(self.stop_reason)
        if not self._seen and self._names is not None and not self._guard.interrupted:
            warnings.warn(
                f"EarlyStopping never saw `monitor`={self.monitor!r} and did nothing. "
                f"The logs have: {', '.join(self._names) or 'nothing'}",
                stacklevel=2,
            )

    def restore(self):
        """Puts the best weights into the model; does nothing where there are none."""
        if self.best_weights is not None:
            sync(self.model)
            self.model.set_weights(self.best_weights)

    def get_state(self):
        """All that a restart needs, as plain values and arrays."""
        weights = None if self.best_weights is None else [np.array(weight) for weight in self.best_weights]
        return {
            "best": dict(self._best),
            "best_epoch": self.best_epoch,
            "best_step": self.best_step,
            "best_weights": weights,
            "wait": self.wait,
            "errors": {label: list(errors) for label, errors in self._errors.items()},
            "training_errors": {label: list(errors) for label, errors in self._training_errors.items()},
            "steps": self._steps,
            "steps_before": self._steps_before,
            "seconds": self._watch.seconds,
        }

    def set_state(self, state):
        """Goes on from `get_state()`: the next `fit` counts patience from there."""
        self._reset()
        self._best = dict(state["best"])
        self.best_epoch, self.best_step = state["best_epoch"], state["best_step"]
        self.best_weights, self.wait = state["best_weights"], state["wait"]
        self._errors = {label: list(errors) for label, errors in state["errors"].items()}
        self._training_errors = {label: list(errors) for label, errors in state["training_errors"].items()}
        self._steps, self._steps_before = state["steps"], state["steps_before"]
        self._watch = Stopwatch(state["seconds"])
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
            "improves": self.improves,
            "smoothing": self.smoothing,
            "criterion": self.criterion,
            "strip": self.strip,
            "target": self.target,
            "divergence": self.divergence,
            "min_epochs": self.min_epochs,
            "max_seconds": self.max_seconds,
            "every": self.every,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _measure(self, logs, epoch, completed):
        """Judges the values of one measurement, in an epoch, after so many complete ones."""
        self._names = tuple(logs)
        of_training = {f"val_{name}": value for name, value in logs.items()}
        if not all(name in logs and (name in of_training or not self._compares) for name in self._monitored.names):
            return  # validation_freq > 1
        self._seen = True
        for label, error in self._monitored.errors(logs).items():
            self._errors[label].append(smoothed(error, self._errors[label], self.smoothing))
        if self._compares:
            for label, error in self._monitored.errors(of_training).items():
                self._training_errors[label].append(error)
        is_best = self._keep_if_best(epoch)
        is_bad = not is_best if self.criterion is None else self._is_met()
        if is_bad is not None:
            self.wait = self.wait + 1 if is_bad else 0

        errors = {label: course[-1] for label, course in self._errors.items()}
        diverged = [label for label, limit in self._limits.items() if not -math.inf < errors[label] <= limit]
        reached = self._targets and all(errors[label] <= target for label, target in self._targets.items())
        if diverged:
            self._stop(epoch, f"{' and '.join(diverged)} went beyond the limit")
        elif completed >= self.min_epochs and reached:
            self._stop(epoch, f"{' and '.join(self._targets)} reached the target")
        elif completed >= self.min_epochs and self.wait >= max(self.patience, 1):
            self._stop(epoch, self._stagnation())

    def _keep_if_best(self, epoch):
        """Keeps values and weights if they are the best so far, and says whether they are."""
        deltas, better = (self.min_delta, self.relative_min_delta), {}
        for label, course in self._errors.items():
            if is_improvement(course[-1], self._best.get(label), "min", *deltas):
                better[label] = course[-1]
        if len(better) < (1 if self.improves == "any" else len(self._errors)):
            return False
        self._best.update(better)
        self.best_epoch, self.best_step = epoch, None if self.every == "epoch" else self._steps
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()
        return True

    def _is_met(self):
        """Whether the criterion says stop of what is watched; None where it is no time to ask."""
        courses = zip(self._errors.values(), self._training_errors.values(), strict=True)
        met = [is_met(self.criterion, errors, training, self.strip) for errors, training in courses]
        if None in met:
            return None
        return all(met) if self.improves == "any" else any(met)

    def _stop_if_late(self, epoch):
        if self.max_seconds is not None and self._watch.seconds >= self.max_seconds:
            self._stop(epoch, f"{self.max_seconds:g} seconds were over")

    def _stop(self, epoch, cause):
        if self._cause is None:
            self.stopped_epoch, self._cause = epoch, cause
        self.model.stop_training = True

    def _stagnation(self):
        if self.criterion is not None:
            return f"{self._what} met {self.criterion}" + f" {self.wait} times in a row" * (self.wait > 1)
        delta = f"{self.min_delta:g}" + (f" or {self.relative_min_delta:.2%}" if self.relative_min_delta else "")
        unit = "epoch" if self.every == "epoch" else "measurement"
        return f"{self._what} did not improve by more than {delta} in {self.wait} {unit}{'s' * (self.wait > 1)}"

    def _reason(self):
        best = "no finite value"
        if self.best is not None:
            values = self.best if isinstance(self.best, dict) else {"": self.best}
            values = ", ".join(f"{label} {value:.6g}".strip() for label, value in values.items())
            best = f"best {values} at {self._place(self.best_epoch, self.best_step)}"
        if self._guard.interrupted:
            return f"Interrupted. {self._what}: {best}."
        if self.stopped_epoch is None:
            last, epochs = self._last_epoch, (self.params or {}).get("epochs")
            cut = last is not None and epochs is not None and last < epochs
            how = f"Something else stopped after epoch {last}" if cut else "All epochs were run"
            return f"{how}. {self._what}: {best}."
        return f"Stopped after {self._place(self.stopped_epoch, self._steps)}: {self._cause} ({best})."

    def _place(self, epoch, step):
        return f"epoch {epoch}" if self.every == "epoch" else f"step {step}"

    @property
    def _what(self):
        return " and ".join(self._monitored.labels)
