"""SnapshotEnsemble."""

import warnings

import keras
import numpy as np

from kerasparts.backend import kept_random_numbers, sync
from kerasparts.callbacks._learning_rate import optimizers_of, schedule_of
from kerasparts.core.checks import check, check_integer
from kerasparts.core.part import part
from kerasparts.ensembles._train import as_one
from kerasparts.ensembles.ensemble import Ensemble

BLOCK = 256  # steps whose rates are looked at together
NOISE = 1e-6  # of the largest rate, by which rounding may raise one


@part
class SnapshotEnsemble(keras.callbacks.Callback):
    """Makes an ensemble of one training: takes the weights at the end of each cycle of the learning rate. Not in Keras.

    A cycle is over where the rate that the optimizer's schedule gives has fallen, and rises with the next step:

        rate(step - 1) <= rate(step - 2)   and   rate(step) > rate(step - 1)

    as in `CosineWarmRestarts`, `Cyclical`, a `Chain` of them, and Keras' `CosineDecayRestarts`. Each restart throws the
    weights out of the place they had found, so that the members differ, at the price of one training.

    Args:
        every: int of at least 1, epochs from one to the next, where something else moves the learning rate; None for
            the cycles of the schedule.
        members: int of at least 1: so many are kept, the last; None for all.
        verbose: int. 1 prints when weights are taken.

    Attributes:
        snapshots: list of weights, as of `get_weights`.
        steps: number of steps of the optimizer before each.

    Memory: 1 array a weight and member, on the host.

    Raises:
        ValueError: neither `every` nor a schedule.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.CosineWarmRestarts(0.1, length=10, steps_per_epoch=45)
    >>> model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3)])
    >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> model.compile(kerasparts.optimizers.SGD(schedule, momentum=0.9), loss)
    >>> snapshots = kerasparts.ensembles.SnapshotEnsemble(members=3)
    >>> # model.fit(x, y, epochs=50, callbacks=[snapshots])
    >>> # snapshots.ensemble().save("ensemble.keras")

    Reference: Huang et al. 2017, https://arxiv.org/abs/1704.00109.
    """

    def __init__(self, every=None, members=None, verbose=0):
        if every is not None:
            check_integer("every", every, "[1, inf)")
        if members is not None:
            check_integer("members", members, "[1, inf)")
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        super().__init__()
        self.every = every
        self.members = members
        self.verbose = verbose
        if every is None:
            self.on_train_batch_end = self._after_batch  # to define it for all would keep Keras from running ahead
        self._resumed = False
        self._reset()

    def _reset(self):
        self.snapshots = []
        self.steps = []

    def ensemble(self) -> Ensemble:
        """The members as one model, compiled to be evaluated with the loss and metrics of the model."""
        check(self.snapshots, "snapshots", self.snapshots, "taken in a `fit` before")
        config = keras.saving.serialize_keras_object(self.model)
        compiled = config.pop("compile_config", None)
        with kept_random_numbers():  # for the weights to begin with
            members = [keras.saving.deserialize_keras_object(config) for _ in self.snapshots]
        for member, weights in zip(members, self.snapshots, strict=True):
            member.set_weights(weights)
        if compiled is None:
            compiled = self.model.get_compile_config()
        members[0].compile_from_config(compiled)
        return as_one(members)

    def on_train_begin(self, logs=None):
        if not self._resumed:
            self._reset()
        self._resumed = False
        optimizer = optimizers_of(self.model.optimizer)[0]
        self._step = int(keras.ops.convert_to_numpy(optimizer._iterations))  # of the schedule, as it counts batches
        if self.every is None:
            self._schedule = schedule_of(optimizer)
            rule = "an integer of at least 1 where the optimizer has no schedule"
            check(self._schedule is not None, "every", self.every, rule)
            self._ends, self._seen = [], self._step

    def on_epoch_begin(self, epoch, logs=None):
        self._in_epoch = 0

    def _after_batch(self, batch, logs=None):
        before = self._step
        self._step += batch + 1 - self._in_epoch
        self._in_epoch = batch + 1
        while self._seen < self._step:
            self._ends += cycle_ends(self._schedule, self._seen, self._seen + BLOCK)
            self._seen += BLOCK
        if any(before < end <= self._step for end in self._ends):
            self._take(self._step)

    def on_epoch_end(self, epoch, logs=None):
        if self.every is not None and (epoch + 1) % self.every == 0:
            optimizer = optimizers_of(self.model.optimizer)[0]
            self._take(int(keras.ops.convert_to_numpy(optimizer._iterations)))

    def on_train_end(self, logs=None):
        if not self.snapshots:
            warnings.warn("SnapshotEnsemble took no weights: no cycle has come to its end.", stacklevel=2)

    def _take(self, step):
        sync(self.model)
        self.snapshots.append([np.array(weight) for weight in self.model.get_weights()])
        self.steps.append(step)
        if self.members is not None:
            del self.snapshots[: -self.members], self.steps[: -self.members]
        if self.verbose:
            print(f"SnapshotEnsemble: weights are taken after step {step}.")

    def get_state(self):
        """The weights that were taken, as plain values and arrays."""
        return {"snapshots": [list(weights) for weights in self.snapshots], "steps": list(self.steps)}

    def set_state(self, state):
        """Goes on from `get_state()`: the next `fit` adds to the weights."""
        self.snapshots, self.steps = [list(weights) for weights in state["snapshots"]], list(state["steps"])
        self._resumed = True

    def get_config(self):
        return {"every": self.every, "members": self.members, "verbose": self.verbose}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def cycle_ends(schedule, start, stop) -> list[int]:
    """The numbers of steps, after `start` and up to `stop`, after which a cycle of the schedule is over."""
    steps = np.arange(max(start - 1, 0), stop + 1)
    try:
        rates = keras.ops.convert_to_numpy(schedule(steps))
    except Exception:  # some of Keras' take one step at a time
        rates = np.array([float(keras.ops.convert_to_numpy(schedule(int(step)))) for step in steps])
    change = np.diff(np.broadcast_to(rates, steps.shape))  # that of a number is one for all steps
    is_end = (change[:-1] <= 0) & (change[1:] > NOISE * np.abs(rates).max())
    return [int(step) for step in steps[2:][is_end] if start < step <= stop]
