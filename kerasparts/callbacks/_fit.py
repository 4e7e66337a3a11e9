"""What a callback needs of the `fit` that runs it, and Keras does not hand over."""

import contextlib
import signal
import sys
import threading

import keras

HOOKS = (
    "on_epoch_begin",
    "on_epoch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_begin",
    "on_test_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


def fit_arguments(model):
    """The local variables of the `fit` of `model` that is running further up the stack, or an empty dict.

    `x`, `y` and `sample_weight` are the rows left for training after `validation_split`, which has become
    `validation_data`.
    """
    return _locals_of_fit(model, sys._getframe(1))


class InterruptGuard:
    """Calls `restore` when `fit` is left by an exception, and turns Ctrl-C into an orderly end.

    Keras tells callbacks nothing of an exception. Two doors are watched while `fit` runs:

    - Ctrl-C: the batch in flight is finished, `fit` ends as if stopped, callbacks get their `on_train_end`, and
      then `KeyboardInterrupt` is raised. A second Ctrl-C is not held back.
    - An exception out of a step or of any callback: `restore` is called, and the exception goes on.
    """

    def __init__(self, model, restore):
        self.interrupted = False
        self._model = model
        self._restore = restore
        self._previous = None
        self._undo = contextlib.ExitStack()

    def open(self):
        if threading.current_thread() is threading.main_thread():
            previous = signal.getsignal(signal.SIGINT)
            if callable(previous):  # neither ignored nor handled outside Python
                signal.signal(signal.SIGINT, self._on_interrupt)
                self._undo.callback(signal.signal, signal.SIGINT, previous)
                self._previous = previous
        callbacks = fit_arguments(self._model).get("callbacks")
        if isinstance(callbacks, keras.callbacks.CallbackList):
            for name in HOOKS:
                self._watch(callbacks, name)
        for name in ("train_function", "test_function"):
            if callable(getattr(self._model, name, None)):
                self._watch(self._model, name)

    def close(self):
        self._undo.close()

    def raise_if_interrupted(self):
        if self.interrupted:
            self.interrupted = False
            raise KeyboardInterrupt

    def _on_interrupt(self, number, frame):
        if self.interrupted or not _locals_of_fit(self._model, frame):
            self.close()
            self._previous(number, frame)
            return
        self.interrupted = True
        self._model.stop_training = True
        self._model.stop_evaluating = True

    def _watch(self, owner, name):
        original = getattr(owner, name)

        def watched(*args, **kwargs):
            try:
                return original(*args, **kwargs)
            except StopIteration:  # how an epoch ends, no failure
                raise
            except BaseException:
                self.close()
                self._restore()
                raise

        setattr(owner, name, watched)
        self._undo.callback(setattr, owner, name, original)


def _locals_of_fit(model, frame):
    while frame is not None:
        names = frame.f_locals
        if frame.f_code.co_name == "fit" and names.get("self") is model and "validation_data" in names:
            return dict(names)
        frame = frame.f_back
    return {}
