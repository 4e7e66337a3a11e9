"""ReduceLROnPlateau."""

import warnings

import keras

from kerasparts.callbacks._fit import compile_step_anew
from kerasparts.callbacks._learning_rate import log_rates, optimizers_of, rate_of, schedule_of
from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.direction import direction, is_improvement
from kerasparts.core.part import part
from kerasparts.optimizers.schedules import Scaled


@part
class ReduceLROnPlateau(keras.callbacks.Callback):
    """Takes smaller steps when validation no longer gets better, under a schedule too.

    What Keras' `ReduceLROnPlateau` does not: a schedule goes on, times a factor (there, a TypeError ends the fit);
    optimizers within wrappers are found; NaN in the first epoch is not best for ever; the least improvement may be
    relative; a cooldown of `n` epochs leaves out `n` and not `n - 1`; its patience survives a restart (`get_state`,
    `set_state`). After `patience` epochs in a row without an improvement, for every optimizer,

        learning_rate = max(factor * learning_rate, min_lr)

    where it is above `min_lr`. What an improvement is, see `EarlyStopping`.

    A schedule becomes a `schedules.Scaled`, which is saved with the model; each reduction of one compiles the training
    step anew. Learning rates by variable are multiplied by that of the optimizer, and fall with it.

    Args:
        monitor: name of the value in the logs.
        factor: float in (0, 1).
        patience: int of at least 0. Epochs without improvement that are borne; with 0 the first one counts.
        mode: "min", "max", or "auto" to tell from the name.
        min_delta: float in [0, inf), in the unit of the value.
        relative_min_delta: float in [0, 1). Share of the best value.
        cooldown: int of at least 0. Epochs after a reduction that do not count.
        min_lr: float in [0, inf).
        verbose: int. 1 prints each reduction.

    Attributes:
        best: the best value; None if there was none.
        reduced_epochs: epochs after which the rate was reduced, counted from 1.

    Raises:
        ValueError: "auto" cannot tell the direction from the name.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.Warmup(0.1, length=100)
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.SGD(schedule), loss="mse")
    >>> callbacks = [kerasparts.callbacks.ReduceLROnPlateau(factor=0.2, patience=5)]  # for `fit`
    """

    def __init__(
        self,
        monitor="val_loss",
        factor=0.1,
        patience=10,
        mode="auto",
        min_delta=0.0,
        relative_min_delta=1e-4,
        cooldown=0,
        min_lr=0.0,
        verbose=0,
    ):
        check(isinstance(monitor, str) and monitor, "monitor", monitor, "the name of a value in the logs")
        check_number("factor", factor, "(0, 1)")
        check_integer("patience", patience, "[0, inf)")
        check_number("min_delta", min_delta, "[0, inf)")
        check_number("relative_min_delta", relative_min_delta, "[0, 1)")
        check_integer("cooldown", cooldown, "[0, inf)")
        check_number("min_lr", min_lr, "[0, inf)")
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        super().__init__()
        self.monitor = monitor
        self.factor = factor
        self.patience = patience
        self.mode = mode
        self.min_delta = min_delta
        self.relative_min_delta = relative_min_delta
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.verbose = verbose
        self._direction = direction(monitor, mode)
        self._resumed = None
        self._reset()

    def _reset(self):
        self.best = None
        self.wait = 0
        self.cooling = 0  # epochs of the cooldown that are left
        self.reduced_epochs = []
        self._seen = False
        self._names = None

    def on_train_begin(self, logs=None):
        if self._resumed is None:
            self._reset()
        else:
            self._put_back(self._resumed)
            self._resumed = None

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        log_rates(self.model, logs)
        self._names = tuple(logs)
        if self.monitor not in logs:  # validation_freq > 1
            return
        self._seen = True
        value = float(logs[self.monitor])
        is_cooling = self.cooling > 0
        self.cooling -= is_cooling
        if is_improvement(value, self.best, self._direction, self.min_delta, self.relative_min_delta):
            self.best, self.wait = value, 0
        elif not is_cooling:
            self.wait += 1
            if self.wait >= max(self.patience, 1):
                self._reduce(epoch + 1)

    def on_train_end(self, logs=None):
        if not self._seen and self._names is not None:
            warnings.warn(
                f"ReduceLROnPlateau never saw `monitor`={self.monitor!r} and did nothing. "
                f"The logs have: {', '.join(self._names)}",
                stacklevel=2,
            )

    def _reduce(self, epoch):
        above = [one for one in optimizers_of(self.model.optimizer) if rate_of(one) > self.min_lr * (1 + 1e-6)]
        if not above:
            return
        self.wait, self.cooling = 0, self.cooldown
        self.reduced_epochs.append(epoch)
        for one in above:
            schedule = schedule_of(one)
            if schedule is None:
                one.learning_rate = max(rate_of(one) * self.factor, self.min_lr)
            else:
                self._scale(one, _factor(schedule) * self.factor)
            if self.verbose:
                print(f"Epoch {epoch}: the learning rate of {one.name} is reduced to {rate_of(one):.6g}.")
        if any(schedule_of(one) is not None for one in above):
            compile_step_anew(self.model)

    def _scale(self, optimizer, factor):
        schedule, minimum = schedule_of(optimizer), self.min_lr
        if isinstance(schedule, Scaled):
            schedule, minimum = schedule.schedule, max(schedule.minimum, minimum)
        optimizer.learning_rate = Scaled(schedule, factor, minimum)

    def _put_back(self, rates):
        """Makes the learning rates those of the state, whether or not the optimizers were restored from a file."""
        optimizers = optimizers_of(self.model.optimizer)
        check(len(rates) == len(optimizers), "state", rates, f"of {len(optimizers)} optimizers")
        is_changed = False
        for one, (rate, factor) in zip(optimizers, rates, strict=True):
            if schedule_of(one) is None:
                one.learning_rate = rate
            elif factor != _factor(schedule_of(one)):
                self._scale(one, factor)
                is_changed = True
        if is_changed:
            compile_step_anew(self.model)

    def get_state(self):
        """All that a restart needs, as plain values: what was counted, and of each optimizer its rate and factor."""
        rates = self._resumed or []
        if self.model is not None and self._resumed is None:
            optimizers = optimizers_of(self.model.optimizer)
            rates = [[rate_of(one), _factor(schedule_of(one))] for one in optimizers]
        return {
            "best": self.best,
            "wait": self.wait,
            "cooling": self.cooling,
            "reduced_epochs": list(self.reduced_epochs),
            "rates": rates,
        }

    def set_state(self, state):
        """Goes on from `get_state()`: the next `fit` has its learning rates, and counts from there."""
        self._reset()
        self.best, self.wait, self.cooling = state["best"], state["wait"], state["cooling"]
        self.reduced_epochs = list(state["reduced_epochs"])
        self._resumed = state["rates"]

    def get_config(self):
        return {
            "monitor": self.monitor,
            "factor": self.factor,
            "patience": self.patience,
            "mode": self.mode,
            "min_delta": self.min_delta,
            "relative_min_delta": self.relative_min_delta,
            "cooldown": self.cooldown,
            "min_lr": self.min_lr,
            "verbose": self.verbose,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _factor(schedule):
    return schedule.factor if isinstance(schedule, Scaled) else 1.0
