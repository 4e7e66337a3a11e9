"""StochasticWeightAveraging."""

import warnings

import keras
import numpy as np

from kerasparts.backend import sync
from kerasparts.callbacks._batch_statistics import estimate_batch_statistics, normalizing_layers
from kerasparts.callbacks._fit import fit_arguments
from kerasparts.callbacks._learning_rate import optimizers_of, schedule_of
from kerasparts.callbacks._rows import is_generator, permutation, training_rows
from kerasparts.core.checks import check, check_choice, check_integer, check_number
from kerasparts.core.data import batches, is_dataset, row_count, take
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least


@part
class StochasticWeightAveraging(keras.callbacks.Callback):
    """Hands back the mean of the weights on the last part of the way, which lies in a flatter place than the last ones.

    Keras' `SwapEMAWeights` forgets the first weights exponentially, and leaves `BatchNormalization` with the statistics
    of other weights. Here, from `start` on, every `frequency` epochs or steps,

        n = n + 1
        average = average + (w - average) / n

    of all weights that are floating-point numbers. At the end of `fit` the model gets the average, and the statistics
    of batch normalization are estimated anew in one pass over the training data, as means over their rows, with the
    rest of the model as at inference.

    The way should go on at a constant or cyclic learning rate: give `learning_rate`, or an optimizer with a schedule
    such as `Chain([CosineDecay(0.1, 3000), 0.02], lengths=[3000])`. Put it behind callbacks that put weights back.

    Args:
        start: int of at least 0: epochs before the average begins; or float in (0, 1): their share of all.
        frequency: int of at least 1. From one average to the next, the first of them after `start`.
        unit: "epoch" or "step", of `frequency`.
        learning_rate: float in (0, inf) from `start` on, also after `fit`; None to leave it.
        training_data: `(x, y)` or a dataset for the statistics; None for what `fit` was given.
        verbose: int. 1 prints what was averaged.

    Attributes:
        count: how many weights the average is of.

    Memory: 1 array a weight on the host, in float32 at least.

    Raises:
        ValueError: an optimizer that averages by itself, as `ScheduleFree`; `learning_rate` with one that has a
            schedule; batch normalization, and data that can be read only once.

    Example:
    >>> averaging = kerasparts.callbacks.StochasticWeightAveraging(start=0.75, learning_rate=0.02)
    >>> # model.fit(x, y, epochs=40, callbacks=[averaging])

    Reference: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407, Algorithm 1.
    """

    def __init__(self, start=0.75, frequency=1, unit="epoch", learning_rate=None, training_data=None, verbose=0):
        if isinstance(start, float):
            check_number("start", start, "(0, 1)")
        else:
            check_integer("start", start, "[0, inf)")
        check_integer("frequency", frequency, "[1, inf)")
        check_choice("unit", unit, ("epoch", "step"))
        if learning_rate is not None:
            check_number("learning_rate", learning_rate, "(0, inf)")
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        super().__init__()
        self.start = start
        self.frequency = frequency
        self.unit = unit
        self.learning_rate = learning_rate
        self.training_data = training_data
        self.verbose = verbose
        if unit == "step":
            self.on_train_batch_end = self._after_batch  # to define it for all would keep Keras from running ahead
        self._resumed = False
        self._reset()

    def _reset(self):
        self.count = 0
        self._average = None
        self._passed = 0  # epochs or steps since the start
        self._in_epoch = 0  # steps

    def on_train_begin(self, logs=None):
        if not self._resumed:
            self._reset()
        self._resumed = False
        self._epoch = None
        optimizer = self.model.optimizer
        averages = hasattr(getattr(optimizer, "inner_optimizer", optimizer), "show_evaluated_weights")
        check(not averages, "optimizer", optimizer, "one that does not hand out other weights than it trains")
        if self.learning_rate is not None:
            is_number = all(schedule_of(one) is None for one in optimizers_of(optimizer))
            check(is_number, "learning_rate", self.learning_rate, "None where the optimizer has a schedule")
        if normalizing_layers(self.model):
            data, _ = training_rows(fit_arguments(self.model), self.training_data)
            check(not is_generator(data), "training_data", self.training_data, "given where `fit` reads a generator")

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        if self.learning_rate is not None and self._has_started():
            for one in optimizers_of(self.model.optimizer):
                one.learning_rate = self.learning_rate

    def _after_batch(self, batch, logs=None):
        before, self._in_epoch = self._in_epoch, batch + 1
        self._pass(self._in_epoch - before)

    def on_epoch_end(self, epoch, logs=None):
        self._in_epoch = 0
        if self.unit == "epoch":
            self._pass(1)

    def on_train_end(self, logs=None):
        if self.count == 0:
            if self._epoch is not None:
                warnings.warn(
                    f"StochasticWeightAveraging did nothing: `start`={self.start!r} and `frequency`={self.frequency!r} "
                    f"are later than the end of the training, after epoch {self._epoch + 1}.",
                    stacklevel=2,
                )
            return
        sync(self.model)
        for variable, value in zip(self.model.weights, self._average, strict=True):
            if value is not None:
                variable.assign(value)
        if normalizing_layers(self.model):
            estimate_batch_statistics(self.model, self._inputs())
        if self.verbose:
            each = f"each {self.unit}" if self.frequency == 1 else f"every {self.frequency} {self.unit}s"
            print(f"The weights are the mean of {self.count}, one for {each}.")

    def _has_started(self):
        start = self.start * self.params["epochs"] if isinstance(self.start, float) else self.start
        return self._epoch >= start

    def _pass(self, by):
        if not self._has_started():
            return
        before = self._passed // self.frequency
        self._passed += by
        if self._passed // self.frequency > before:
            self._add()

    def _add(self):
        sync(self.model)
        self.count += 1
        weights = [_floats(variable) for variable in self.model.weights]
        if self._average is None:
            self._average = weights
        else:
            pairs = zip(self._average, weights, strict=True)
            self._average = [old if old is None else old + (w - old) / self.count for old, w in pairs]

    def _inputs(self):
        """The inputs of the training data, batch by batch."""
        given = fit_arguments(self.model)
        data, limit = training_rows(given, self.training_data)
        if is_dataset(data):
            yield from (x for x, _, _ in batches(data, "training_data", limit))
            return
        x, order = data[0], permutation(data[0], 0)  # as sorted rows would make batches of one class
        size = given.get("batch_size") or 32
        for start in range(0, row_count(x), size):
            yield take(x, order[start : start + size])

    def get_state(self):
        """The average so far, as plain values and arrays."""
        return {
            "count": self.count,
            "passed": self._passed,
            "in_epoch": self._in_epoch,
            "average": self._average,
        }

    def set_state(self, state):
        """Goes on from `get_state()`: the next `fit` adds to the average."""
        self.count, self._passed, self._average = state["count"], state["passed"], state["average"]
        self._in_epoch = state["in_epoch"]
        self._resumed = True

    def get_config(self):
        """The arguments but for the data, which are no part of a configuration."""
        return {
            "start": self.start,
            "frequency": self.frequency,
            "unit": self.unit,
            "learning_rate": self.learning_rate,
            "verbose": self.verbose,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _floats(variable):
    """The numbers of a variable in float32 at least, or None for those that have no mean."""
    if "float" not in variable.dtype:
        return None
    return np.array(keras.ops.convert_to_numpy(variable), float32_at_least(variable.dtype))
