"""What a callback needs of the `fit` that runs it, and Keras does not hand over."""

import contextlib
import functools
import signal
import sys
import threading
import time
import warnings

import keras
from keras import ops

from kerasparts.backend import kept_random_numbers, sync, unsynchronized_processes
from kerasparts.core.checks import check

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
END_OF_DATA = ("StopIteration", "OutOfRangeError")  # by name: the second is TensorFlow's


def warn_of_unsynchronized_processes():
    """Warns, once, where processes stand together but Keras trains in each a model of its own."""
    count = unsynchronized_processes()
    if count > 1:
        _warn_of_processes(count)


@functools.cache
def _warn_of_processes(count):
    warnings.warn(
        f"A process group of {count} is initialized, unknown to Keras' fit: each process trains a model of "
        "its own, and what is measured is of this one. To train one model together, take KERAS_BACKEND=jax with "
        "keras.distribution.DataParallel, or a loop of your own around torch's DistributedDataParallel(model).",
        UserWarning,
        stacklevel=4,
    )


def fit_arguments(model):
    """The local variables of the `fit` of `model` that is running further up the stack, or an empty dict.

    `x`, `y` and `sample_weight` are the rows left for training after `validation_split`, which has become
    `validation_data`.
    """
    frame = _frame_of_fit(model)
    return {} if frame is None else dict(frame.f_locals)


class Stopwatch:
    """Counts the seconds of a `fit`, from those of the `fit`s that it resumes."""

    def __init__(self, seconds=0.0):
        self._before = seconds
        self._begun = None

    def start(self):
        self._begun = time.monotonic()

    def stop(self):
        self._before, self._begun = self.seconds, None

    @property
    def seconds(self):
        return self._before if self._begun is None else self._before + time.monotonic() - self._begun


def validate(model):
    """What the running `fit` would log of its validation data now; it goes on as if nothing had been.

    Between two steps `evaluate` alone would leave its traces in the metrics of the epoch, on Torch in the order of the
    next epoch's rows, and in what layers of Torch hold for the phase of training.
    """
    fit = fit_arguments(model)
    sync(model)
    metrics = [ops.convert_to_numpy(variable) for variable in model.metrics_variables]
    is_training = getattr(model, "training", None)
    with kept_random_numbers():
        logs = model.evaluate(
            fit["val_x"],
            fit["val_y"],
            sample_weight=fit["val_sample_weight"],
            batch_size=fit["validation_batch_size"] or fit["batch_size"],
            steps=fit["validation_steps"],
            callbacks=fit["callbacks"],
            return_dict=True,
        )
    if keras.backend.backend() == "torch":
        model.train(is_training)
    for variable, value in zip(model.metrics_variables, metrics, strict=True):
        variable.assign(value)
    return {f"val_{name}": value for name, value in logs.items()}


def check_every(every):
    """Checks the argument that says how often a callback acts: after each epoch, or after so many steps."""
    is_steps = isinstance(every, int) and not isinstance(every, bool) and every >= 1
    check(every == "epoch" or is_steps, "every", every, "'epoch' or an integer of at least 1")


def check_can_validate(model, every):
    """Checks that the running `fit` has validation data that can be read again and again."""
    data = fit_arguments(model).get("val_x")
    rule = "'epoch' where `fit` has no validation_data that can be read more than once"
    check(data is not None and not hasattr(data, "__next__"), "every", every, rule)


def guard_fit(model, restore):
    """The guard of the `fit` of `model` that is running, one for all its callbacks, which will call `restore`."""
    frame = _frame_of_fit(model)
    callbacks = None if frame is None else frame.f_locals["callbacks"]
    guard = getattr(callbacks, "fit_guard", None)
    if guard is None or guard.frame is not frame:
        guard = FitGuard(model, frame, callbacks)
    guard.restores.append(restore)
    return guard


def compile_step_anew(model):
    """Lets the training step of a `fit`, also of one that is running, be compiled with what has changed since."""
    model.make_train_function(force=True)
    frame = _frame_of_fit(model)
    guard = None if frame is None else getattr(frame.f_locals["callbacks"], "fit_guard", None)
    if guard is not None and guard.frame is frame:
        guard.watch_step()


class FitGuard:
    """Calls `restores` when `fit` is left by an exception, and turns Ctrl-C into an orderly end.

    Keras tells callbacks nothing of an exception. Two doors are watched from the first epoch on, when no callback
    can fail to begin any more:

    - Ctrl-C: the batch in flight is finished, `fit` ends as if stopped, all callbacks get their `on_train_end`, and
      then `KeyboardInterrupt` is raised. A second Ctrl-C is not held back.
    - An exception out of the data, a step, the validation or any callback: `restores` are called, and the exception
      goes on.

    What is replaced for this is put back at either end. A `fit` that dies elsewhere leaves only wrappers that do
    nothing but call through, and a handler that puts itself back at the next Ctrl-C.
    """

    def __init__(self, model, frame, callbacks):
        self.interrupted = False
        self.restores = []
        self.frame = frame
        self._model = model
        self._began = False
        self._previous = None
        self._undo = contextlib.ExitStack()
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks.fit_guard = self
            self._undo.callback(delattr, callbacks, "fit_guard")
            for name in HOOKS:
                self._watch(callbacks, name)
            self._watch(callbacks, "on_train_end", after=self._end)

    def close(self):
        self.frame = None
        self._undo.close()

    def watch_step(self):
        """Watches the training step that the model has now."""
        if self._began:
            self._watch(self._model, "train_function")

    def _begin(self):
        self._began = True
        if threading.current_thread() is threading.main_thread():
            previous = signal.getsignal(signal.SIGINT)
            if callable(previous):  # neither ignored nor handled outside Python
                self._previous = previous
                signal.signal(signal.SIGINT, self._on_interrupt)
                self._undo.callback(self._put_back)
        self.watch_step()
        self._watch(self._model, "evaluate")
        self._watch_data(self.frame.f_locals.get("epoch_iterator"))

    def _end(self):
        self.close()
        if self.interrupted:
            raise KeyboardInterrupt

    def _fail(self):
        self.close()
        restores, self.restores = self.restores, []
        for restore in restores:
            restore()

    def _put_back(self):
        if signal.getsignal(signal.SIGINT) == self._on_interrupt:
            signal.signal(signal.SIGINT, self._previous)

    def _on_interrupt(self, number, frame):
        inside = frame
        while inside is not None and inside is not self.frame:
            inside = inside.f_back
        if inside is None:
            self.close()
        if inside is None or self.interrupted:
            self._previous(number, frame)
            return
        self.interrupted = True
        self._stop()

    def _stop(self):
        self._model.stop_training = True
        self._model.stop_evaluating = True

    def _watch(self, owner, name, after=None):
        original = getattr(owner, name)
        own = name in vars(owner)

        def watched(*args, **kwargs):
            from_fit = sys._getframe(1) is self.frame  # a callback may call `evaluate` too, and catch what it raises
            if from_fit and not self._began:
                self._begin()
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                if from_fit and type(error).__name__ not in END_OF_DATA:
                    self._fail()
                raise
            if self.interrupted:  # `evaluate`, or a `fit` inside a callback, starts by taking the stop back
                self._stop()
            if from_fit and after is not None:
                after()
            return result

        def undo():
            if vars(owner).get(name) is not watched:  # compiled anew since
                return
            if own:
                setattr(owner, name, original)
            else:
                delattr(owner, name)

        setattr(owner, name, watched)
        self._undo.callback(undo)

    def _watch_data(self, iterator):
        original = getattr(iterator, "catch_stop_iteration", None)
        if original is None:
            return

        @contextlib.contextmanager
        def watched():
            try:
                with original():
                    yield
            except BaseException:
                self._fail()
                raise

        iterator.catch_stop_iteration = watched


def _frame_of_fit(model):
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "fit":
            names = frame.f_locals
            if names.get("self") is model and "validation_data" in names and "callbacks" in names:
                return frame
        frame = frame.f_back
    return None
