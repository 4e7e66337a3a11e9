"""Checkpoint."""

import contextlib
import os
import warnings

import keras
import numpy as np

from kerasparts import backend
from kerasparts.callbacks._checkpoints import Checkpoints
from kerasparts.callbacks._fit import check_every, fit_arguments, guard_fit
from kerasparts.callbacks._position import Position
from kerasparts.callbacks._variables import assign, values_of
from kerasparts.core.checks import check, check_choice, check_integer
from kerasparts.core.data import is_dataset, take
from kerasparts.core.part import part


@part
class Checkpoint(keras.callbacks.Callback):
    """Lets the same script, run again after it was killed, train on as if nothing had happened.

    What Keras' `BackupAndRestore` does not: the weights at the end are those of the uninterrupted training, bit for
    bit, because the state of all seed generators, the order of the rows, the place in an epoch and the state of every
    callback with `get_state` and `set_state` (all of ours) are saved too; a kill during a write leaves the file
    before, which is deleted only when the next is on the disk; damaged files are noticed; `History` has all epochs.

    A `fit` finds the newest good file of `directory` and goes on from there. Where nothing is left to do, because all
    epochs were run or a callback had stopped the training, it trains no more; with more `epochs`, or other arguments
    of that callback, it trains on. Another training needs another directory. No pickle is read or written.

    It stands behind the callbacks whose state it saves. Callbacks of Keras have no state to save. The data are those
    that the script gives again: what one epoch does to them is repeated without reading; a generator, `every` a number
    of steps and `steps_per_epoch` need some batches to be read again. Where several processes train together, the first
    one writes and all read.

    Args:
        directory: path of a folder, of this training alone.
        every: "epoch", or int of at least 1: so many steps, besides the end of each epoch.
        keep: int of at least 1. Files to keep; with 2 there is one to go back to from a damaged one.
        on_error: "warn" or "raise", where a file cannot be written.
        verbose: int. 1 prints where the training goes on.

    Attributes:
        path: of the newest file that this `fit` has read or written, or None.

    Memory: a copy of model, optimizer and callbacks on the host while it is written.

    Raises:
        ValueError: the model is not like the one that was saved, no file is good, or another process trains into the
            directory.

    Example:
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = kerasparts.callbacks.Checkpoint(folder)
    ...     history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[checkpoint])
    ...     checkpoint.restore(model)
    2
    """

    def __init__(self, directory, every="epoch", keep=2, on_error="warn", verbose=1):
        is_path = isinstance(directory, os.PathLike) or (isinstance(directory, str) and directory)
        check(is_path, "directory", directory, "a path")
        check_every(every)
        check_integer("keep", keep, "[1, inf)")
        check_choice("on_error", on_error, ("warn", "raise"))
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        super().__init__()
        self.directory = directory
        self.every = every
        self.keep = keep
        self.on_error = on_error
        self.verbose = verbose
        self.path = None
        self._files = None
        if every != "epoch":
            self.on_train_batch_end = self._after_batch  # to define it for all would keep Keras from running ahead

    def set_model(self, model):
        super().set_model(model)
        given = fit_arguments(model)
        if given and "epoch" not in given:  # before any callback begins, as these get their state here
            self._open(given)

    def on_train_begin(self, logs=None):
        given = fit_arguments(self.model)
        check(self._files is not None, "callbacks", given.get("callbacks"), "a list of callbacks, given to fit")
        callbacks = given["callbacks"].callbacks
        behind = [type(one).__name__ for one in self._with_state(callbacks[callbacks.index(self) :])]
        check(not behind, "callbacks", behind, "before Checkpoint, which saves their state after them")
        self._guard = guard_fit(self.model, self._close)
        self._position = Position(given["epoch_iterator"])
        self._epochs = given["epochs"]
        self._first = given["initial_epoch"]
        self._in_epoch = self._steps = 0
        self._history = None
        self.model._initial_epoch = None
        if self._found is not None:
            self._go_on(self._found)
            self._found = None

    def on_epoch_begin(self, epoch, logs=None):
        self.model._initial_epoch = None  # which is for this `fit` alone
        self._put_history()
        self._epoch = epoch
        self._position.begin_epoch()

    def on_epoch_end(self, epoch, logs=None):
        self._in_epoch = 0
        if self._guard.interrupted:
            return
        step = self._position.left_at if self.model.stop_training else 0
        if step:
            self._save(epoch, step)
        else:
            self._save(epoch + 1, 0, logs)

    def on_train_end(self, logs=None):
        self.model._initial_epoch = None
        self._put_history()
        self._close()

    def restore(self, model):
        """Puts the newest good state into a model, and its optimizer if it is compiled, without a `fit`.

        Returns:
            The number of epochs that were finished.

        Raises:
            ValueError: there is none, or it is of another model.
        """
        found = Checkpoints(self.directory).newest()
        check(found is not None, "directory", str(self.directory), "a folder with a checkpoint")
        self.path, state = found
        _put(model, state)
        return state["epoch"]

    def get_state(self):
        """Nothing: what it saves of itself is for all."""
        return {}

    def set_state(self, state):
        """Nothing, as `get_state`."""

    def get_config(self):
        return {
            "directory": str(self.directory),
            "every": self.every,
            "keep": self.keep,
            "on_error": self.on_error,
            "verbose": self.verbose,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _open(self, given):
        self._files = Checkpoints(self.directory, self.keep)
        self._is_writer = backend.is_first_process()
        self._found = self.path = None
        if not self.model.built:  # as on TensorFlow the first batch would
            rule = "built before it reads a dataset: call it on a batch"
            check(not is_dataset(given["x"]), "model", self.model, rule)
            self.model(take(given["x"], slice(1)))
        found = self._files.newest()
        if found is not None:
            self.path, self._found = found
        if self._is_writer:
            with self._careful():
                self._files.open()
        try:
            if self._found is not None:
                self._put_callbacks(keras.tree.flatten(given["callbacks"]), self._found["callbacks"])
                _put(self.model, self._found)
        except BaseException:
            self._close()
            raise

    def _put_callbacks(self, callbacks, saved):
        """Each gets the first state of one of its class that is left; one that is new begins anew."""
        left = list(saved)
        for callback in self._with_state(callbacks):
            own = next((one for one in left if one["name"] == type(callback).__name__), None)
            if own is not None:
                left = [one for one in left if one is not own]
                callback.set_state(own["state"])

    def _close(self):
        if self._files is not None and self._is_writer:
            self._files.close()
        self._files = None

    def _go_on(self, state):
        epoch, step = state["epoch"], state["step"]
        self._first, self._steps, self._in_epoch = state["first"], state["steps"], step
        self._history = state["history"]
        same = [_kind(one) for one in self._saved()] == [(one["name"], one["config"]) for one in state["callbacks"]]
        is_over = (state["is_finished"] and same) or epoch >= self._epochs

        def then(*batch):
            backend.put_random_numbers(state["random"])
            if state["metrics"] is not None:
                _put_metrics(self.model, state["metrics"], batch)

        self._position.go_to(state["position"], epoch - self._first, step, then)
        self.model._initial_epoch = self._epochs if is_over else epoch
        if self.verbose:
            where = f"epoch {epoch}" + (f" and {step} batches" if step else "")
            how = "nothing is left to do" if is_over else f"training goes on, to epoch {self._epochs}"
            print(f"Checkpoint: {self.path} is from after {where}; {how}.")

    def _after_batch(self, batch, logs=None):
        before = self._steps
        self._steps += batch + 1 - self._in_epoch
        self._in_epoch = batch + 1
        is_last = self._in_epoch == self._position.batches  # saved at the end of the epoch
        if before // self.every != self._steps // self.every and not is_last:
            self._save(self._epoch, self._in_epoch)

    def _save(self, epoch, step, logs=None):
        if not self._is_writer:
            return
        backend.sync(self.model)
        is_finished = bool(self.model.stop_training)
        is_running = step > 0 and not is_finished  # an epoch, whose metrics are not those of its validation
        callbacks = []
        for one in self._saved():
            name, config = _kind(one)
            callbacks.append({"name": name, "config": config, "state": one.get_state()})
        state = {
            "epoch": epoch,
            "step": step,
            "steps": self._steps,
            "first": self._first,
            "is_finished": is_finished,
            "model": values_of(self.model.variables),
            "optimizer": values_of(self.model.optimizer.variables),
            "metrics": [_array(variable) for variable in self.model.metrics_variables] if is_running else None,
            "random": backend.get_random_numbers(),
            "position": self._position.state(step),
            "history": _history(self.model.history, logs, epoch - 1),
            "callbacks": callbacks,
        }
        with self._careful():
            self.path = self._files.write(state)

    @contextlib.contextmanager
    def _careful(self):
        try:
            yield
        except OSError as error:
            last = "there is no good file yet" if self.path is None else f"the last good file is {self.path}"
            message = f"Checkpoint cannot write to {self.directory}: {error.strerror or error}; {last}."
            if self.on_error == "raise":
                raise OSError(error.errno, message) from error
            warnings.warn(f"{message} Training goes on.", stacklevel=3)

    def _saved(self):
        return self._with_state(fit_arguments(self.model)["callbacks"].callbacks)

    def _with_state(self, callbacks):
        return [one for one in callbacks if one is not self and hasattr(one, "get_state") and hasattr(one, "set_state")]

    def _put_history(self):
        if self._history is not None:
            history, saved = self.model.history, self._history
            history.epoch[:0] = saved["epoch"]
            history.history = saved["history"]
            self._history = None


def _put(model, state):
    check(model.built, "model", model, "built: call it on a batch")
    parts = [("model", model.variables, state["model"])]
    if model.optimizer is not None:
        if not model.optimizer.built:
            with backend.strategy_scope(model):
                model.optimizer.build(model.trainable_variables)
        parts.append(("optimizer", model.optimizer.variables, state["optimizer"]))
    assign(*parts)


def _put_metrics(model, values, batch):
    if len(model.metrics_variables) != len(values) and batch:  # TensorFlow makes them when it sees the first batch
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch[0])
        model.compute_metrics(x, y, model(x, training=False), sample_weight)
    for variable, value in zip(model.metrics_variables, values, strict=True):
        variable.assign(value)


def _kind(callback):
    return type(callback).__name__, repr(callback.get_config()) if hasattr(callback, "get_config") else ""


def _array(variable):
    return np.array(keras.ops.convert_to_numpy(variable))


def _history(history, logs, epoch):
    """All epochs, this one included where it has ended, which Keras' own callback has not seen yet."""
    epochs, values = list(history.epoch), {name: list(column) for name, column in history.history.items()}
    if logs is not None:
        epochs.append(epoch)
        for name, value in logs.items():
            values.setdefault(name, []).append(value)
    return {"epoch": epochs, "history": {name: [_plain(value) for value in column] for name, column in values.items()}}


def _plain(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None  # not of Keras, and nothing that a file could hold
