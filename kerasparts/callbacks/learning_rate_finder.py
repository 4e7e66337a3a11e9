"""LearningRateFinder."""

import contextlib
import itertools
import math

import keras
import numpy as np
from keras import ops

from kerasparts.backend import kept_random_numbers
from kerasparts.callbacks._fit import fit_arguments
from kerasparts.callbacks._learning_rate import optimizers_of, schedule_of
from kerasparts.callbacks._rows import is_generator, training_rows
from kerasparts.core.checks import check, check_choice, check_integer, check_number
from kerasparts.core.data import batches, is_dataset, row_count, take
from kerasparts.core.layers import replaced
from kerasparts.core.part import part
from kerasparts.diagnostics import LearningRateSearch, judge_learning_rates

RECENT = 5  # losses whose mean tells whether they diverge


@part
class LearningRateFinder(keras.callbacks.Callback):
    """Trains for a few steps at learning rates that rise, and says which one the losses speak for; not in Keras.

    From step to step the rate is multiplied by one number, from `start` to `end`; the search stops early where the
    loss is not finite, or the mean of the last 5 above the lowest such mean by `divergence` times the first. Suggested
    are the rate at which the smoothed loss falls steepest, and a conservative one, from which on it falls half as
    steeply; see `diagnostics.judge_learning_rates`. Then weights, optimizer, seeds and the memory
    of losses are as they were, bit for bit.

    `find(model, x, y)` gives the result. As a callback it searches in the data of the `fit`, before its first step, and
    the `fit` goes on with the rate that `apply` names. With a schedule, which is left out of the search, what is found
    is the largest rate that it should come to, and `apply` must be None.

    Args:
        start, end: floats in (0, inf). First and last rate.
        steps: int of at least 10. Rates to try.
        smoothing: float in [0, inf). Standard deviation of the smoothing Gaussian, in steps.
        divergence: float in (0, inf).
        apply: "steepest", "conservative", or None to leave the rate.
        training_data: `(x, y)`, `(x, y, sample_weight)` or a dataset that is read instead of that of the `fit`.
        seed: int. Of the order of the rows.
        verbose: int. 1 prints the result.

    Attributes:
        result: `diagnostics.LearningRateSearch`; print it, or draw it by `plots.plot_learning_rate_finder`.

    Memory: a copy of weights and optimizer on the host, during the search.

    Raises:
        ValueError: several optimizers with a rate each, or data that can be read only once.

    Example:
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x = np.random.default_rng(0).normal(size=(64, 3))
    >>> result = kerasparts.callbacks.LearningRateFinder().find(model, x, x[:, :1])
    >>> 1e-2 < result.steepest < 1.0
    True

    Reference: Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3.
    """

    def __init__(
        self,
        start=1e-6,
        end=10.0,
        steps=100,
        smoothing=3.0,
        divergence=1.0,
        apply="steepest",
        training_data=None,
        seed=0,
        verbose=0,
    ):
        check_number("start", start, "(0, inf)")
        check_number("end", end, f"({start}, inf)")
        check_integer("steps", steps, "[10, inf)")
        check_number("smoothing", smoothing, "[0, inf)")
        check_number("divergence", divergence, "(0, inf)")
        check_choice("apply", apply, ("steepest", "conservative", None))
        check_integer("seed", seed, "[0, inf)")
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        super().__init__()
        self.start = start
        self.end = end
        self.steps = steps
        self.smoothing = smoothing
        self.divergence = divergence
        self.apply = apply
        self.training_data = training_data
        self.seed = seed
        self.verbose = verbose
        self.result = None
        self._resumed = False

    def find(self, model, x, y=None, sample_weight=None, class_weight=None, batch_size=32) -> LearningRateSearch:
        """Searches, and leaves the model as it was.

        Args:
            model: compiled `keras.Model`.
            x, y, sample_weight, class_weight: as in `fit`; a dataset must be readable more than once.
            batch_size: int of at least 1, of arrays.
        """
        check(getattr(model, "optimizer", None) is not None, "model", model, "a compiled model")
        optimizers = optimizers_of(model.optimizer)
        check(len(optimizers) == 1, "optimizer", model.optimizer, "one with a single learning rate")
        rows = x if is_dataset(x) else (x, y, sample_weight)
        rates = np.geomspace(self.start, self.end, self.steps)
        with kept_random_numbers():
            given = self._batches(rows, batch_size)
            first = next(given)
        if not model.built:
            model(keras.tree.map_structure(lambda a: a[:1], first[0]))
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        with kept_random_numbers(), _kept(model), _step_with_free_rate(model, optimizers[0]):
            losses = self._losses(model, optimizers[0], rates, itertools.chain([first], given), class_weight)
        diverged = None if len(losses) == len(rates) else float(rates[len(losses) - 1])
        self.result = judge_learning_rates(rates[: len(losses)], losses, self.smoothing, diverged)
        if self.verbose:
            print(self.result)
        return self.result

    def _losses(self, model, optimizer, rates, data, class_weight):
        """Losses at the rates, up to that where they diverge."""
        accumulated = optimizer.gradient_accumulation_steps or 1
        losses, means = [], []
        for rate in rates:
            optimizer.learning_rate = float(rate)
            found = [
                model.train_on_batch(x, y, sample_weight, class_weight, return_dict=True)["loss"]
                for x, y, sample_weight in itertools.islice(data, accumulated)
            ]
            losses.append(float(np.mean(found)))
            if len(losses) >= RECENT:
                means.append(np.mean(losses[-RECENT:]))
            is_far = means and means[-1] - min(means) > self.divergence * abs(means[0])
            if is_far or not math.isfinite(losses[-1]):
                break
        return losses

    def _batches(self, data, batch_size):
        """Batches without an end, of arrays all of the same size."""
        if is_dataset(data):
            while True:
                yield from batches(data, "x")
        random, count = np.random.default_rng(self.seed), row_count(data)
        size = min(batch_size, count)
        while True:
            order = random.permutation(count)
            for start in range(0, count - size + 1, size):
                yield take(data, order[start : start + size])

    def on_train_begin(self, logs=None):
        if self._resumed:
            self._resumed = False
            return
        is_number = schedule_of(optimizers_of(self.model.optimizer)[0]) is None
        check(is_number or self.apply is None, "apply", self.apply, "None where the learning rate is a schedule")
        given = fit_arguments(self.model)
        data, _ = training_rows(given, self.training_data)
        check(not is_generator(data), "training_data", self.training_data, "given where `fit` reads a generator")
        x, y, sample_weight = (data, None, None) if is_dataset(data) else keras.utils.unpack_x_y_sample_weight(data)
        result = self.find(self.model, x, y, sample_weight, given.get("class_weight"), given.get("batch_size") or 32)
        rate = None if self.apply is None else getattr(result, self.apply)
        if rate is not None:
            optimizers_of(self.model.optimizer)[0].learning_rate = rate

    def get_state(self):
        """What was found, as plain values; the rate itself is with the optimizer."""
        names = ("rates", "losses", "diverged")
        return {"result": None if self.result is None else {name: getattr(self.result, name) for name in names}}

    def set_state(self, state):
        """Goes on from `get_state()`: the next `fit` does not search again."""
        found = state["result"]
        self.result = found and judge_learning_rates(found["rates"], found["losses"], self.smoothing, found["diverged"])
        self._resumed = found is not None

    def get_config(self):
        """The arguments but for the data, which are no part of a configuration."""
        return {
            "start": self.start,
            "end": self.end,
            "steps": self.steps,
            "smoothing": self.smoothing,
            "divergence": self.divergence,
            "apply": self.apply,
            "seed": self.seed,
            "verbose": self.verbose,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@contextlib.contextmanager
def _kept(model):
    """Whatever is trained within, the model and its optimizer are as before then."""
    variables = {id(v): v for v in [*model.variables, *model.optimizer.variables]}.values()
    values = [np.array(ops.convert_to_numpy(variable)) for variable in variables]
    losses = [(loss, {}) for loss in keras.tree.flatten(model.loss) if hasattr(loss, "save_own_variables")]
    for loss, store in losses:
        loss.save_own_variables(store)
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        for loss, store in losses:
            loss.load_own_variables(store)


@contextlib.contextmanager
def _step_with_free_rate(model, optimizer):
    """Trains a batch at a time, with a number in the place of a schedule."""
    is_free = schedule_of(optimizer) is None
    if is_free and model.steps_per_execution == 1:
        yield
        return
    function, steps = model.train_function, model.steps_per_execution
    model.train_function, model.steps_per_execution = None, 1
    try:
        with contextlib.nullcontext() if is_free else _number_as_rate(optimizer):
            yield
    finally:
        model.train_function, model.steps_per_execution = function, steps


@contextlib.contextmanager
def _number_as_rate(optimizer):
    rate = keras.Variable(0.0, trainable=False, name="learning_rate")
    optimizer._track_variable(rate)
    try:
        with replaced(optimizer, "_learning_rate", rate):
            yield
    finally:
        optimizer._untrack_variable(rate)
