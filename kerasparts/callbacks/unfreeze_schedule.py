"""UnfreezeSchedule."""

import math
import re

import keras

from kerasparts.backend import strategy_scope
from kerasparts.callbacks._fit import compile_step_anew
from kerasparts.callbacks._learning_rate import optimizers_of
from kerasparts.core.checks import check
from kerasparts.core.part import part
from kerasparts.optimizers._rebuilt import build_for, rebuilt


@part
class UnfreezeSchedule(keras.callbacks.Callback):
    """Trains some layers from a later epoch on: first the new head, then more and more of what was trained elsewhere.

    In Keras, a layer that becomes trainable during `fit` is an unknown weight to the optimizer, and the compiled step
    goes on without it; to compile again between two `fit`s takes the state of the optimizer from the head. Here,
    between two epochs, the optimizer gets the new weights and keeps what it knows of the others, the step is compiled
    anew, and `fit` goes on. Until its time a layer is truly frozen: no gradient is computed, and BatchNormalization
    keeps its statistics.

    Optimizers of ours count the steps of each weight from where it joins, over a restart too, but not in a `.keras`
    file. Keras' have one count for all, so that the first steps of Adam with a weight that has just joined are up to
    six times too long.

    Args:
        schedule: dict from how many epochs are run before, an int of at least 0, to what is trained from then on: a
            layer, a regular expression that is searched for in the names of layers as in "backbone/block5_conv1",
            or a list of these. All that is inside of a layer goes with it, if not named for an earlier epoch. Layers
            that are not named stay as they are.
        verbose: int. 1 prints what is trained from when on.

    Memory: for a moment, the state of the optimizer twice.

    Raises:
        ValueError: at the start of `fit`, nothing has the name; or the optimizer is a `MultiOptimizer`.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body"), keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.Adam(), "mse")
    >>> unfreeze = kerasparts.callbacks.UnfreezeSchedule({2: "^body$"}, verbose=1)
    >>> _ = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=4, callbacks=[unfreeze], verbose=0)
    Epoch 1: 4 of 13 weights are trained.
    Epoch 3: 13 of 13 weights are trained.

    Reference: Howard and Ruder 2018, https://arxiv.org/abs/1801.06146, section 3.3 (gradual unfreezing).
    """

    def __init__(self, schedule, verbose=0):
        rule = "a dict from integers of at least 0 to layers, regular expressions or lists of these"
        check(isinstance(schedule, dict) and schedule, "schedule", schedule, rule)
        for epoch, named in schedule.items():
            is_epoch = isinstance(epoch, int) and not isinstance(epoch, bool) and epoch >= 0
            check(is_epoch and _list(named) and all(map(_is_name, _list(named))), "schedule", schedule, rule)
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose
        self._epoch = None

    def on_train_begin(self, logs=None):
        self._starts()  # nothing should run for hours before a name is found to be wrong

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        if self._freeze(epoch) and self.verbose:
            trained = sum(math.prod(weight.shape) for weight in self.model.trainable_weights)
            print(f"Epoch {epoch + 1}: {trained} of {self.model.count_params()} weights are trained.")

    def get_state(self):
        """The epoch, and of weights that joined later, by their places in the model, the number of steps before."""
        joined = []
        if self.model is not None:
            begun = getattr(optimizers_of(self.model.optimizer)[0], "begun", {})
            joined = [[place, begun[id(w)]] for place, w in enumerate(self.model.weights) if begun.get(id(w))]
        return {"epoch": self._epoch, "joined": joined}

    def set_state(self, state):
        """Freezes and unfreezes the layers of the model of a running `fit` as they were, before its state is read."""
        self._epoch = state["epoch"]
        if self.model is not None and self._epoch is not None:
            weights = self.model.weights
            self._freeze(self._epoch, {id(weights[place]): steps for place, steps in state["joined"]})

    def get_config(self):
        schedule = {epoch: [_pattern(one) for one in _list(named)] for epoch, named in self.schedule.items()}
        return {"schedule": schedule, "verbose": self.verbose}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "schedule": {int(epoch): named for epoch, named in config["schedule"].items()}})

    def _starts(self):
        """Each layer inside of the model, those around others first, with the epoch it is trained from; None for those
        that are not named."""
        items = [(epoch, one) for epoch, named in sorted(self.schedule.items()) for one in _list(named)]
        starts, found = {}, set()

        def walk(outer, path, start):
            for layer in outer._flatten_layers(include_self=False, recursive=False):
                name = path + layer.name
                own = {k for k, (_, one) in enumerate(items) if one is layer or _is_found(one, name)}
                found.update(own)
                epochs = [items[k][0] for k in own] + [e for e in (start, starts.get(layer)) if e is not None]
                starts[layer] = min(epochs, default=None)
                walk(layer, f"{name}/", starts[layer])

        walk(self.model, "", None)
        for k, (_, one) in enumerate(items):
            check(k in found, "schedule", one, "found in the name of a layer of the model")
        return starts

    def _freeze(self, epoch, begun=None):
        """Makes trainable what is trained in an epoch, and says whether it was otherwise before."""
        model, starts = self.model, self._starts()
        before = [id(variable) for variable in model.trainable_variables]
        for layer, start in starts.items():
            inside = layer._flatten_layers(include_self=False)
            first = min((e for e in (start, *map(starts.get, inside)) if e is not None), default=None)
            if first is None:
                continue
            if start is not None:
                layer.trainable = epoch >= first
            elif epoch >= first and not layer.trainable:
                kept = [(one, one.trainable) for one in inside]
                layer.trainable = True
                for one, trainable in kept:
                    one.trainable = trainable
        variables = model.trainable_variables
        is_changed = [id(variable) for variable in variables] != before
        with strategy_scope(model):
            if model.optimizer.built and (is_changed or begun):
                model.optimizer = rebuilt(model.optimizer, variables, begun)
            elif not model.optimizer.built and variables:
                for one in optimizers_of(model.optimizer):
                    one.begun = begun or {}
                build_for(model.optimizer, variables)
        if is_changed:
            model.test_function = model.predict_function = None  # penalties of what is frozen do not count in `loss`
            compile_step_anew(model)
        return is_changed


def _list(named):
    return list(named) if isinstance(named, list | tuple) else [named]


def _is_name(one):
    if isinstance(one, keras.layers.Layer):
        return True
    try:
        return isinstance(one, str) and one != "" and re.compile(one) is not None
    except re.error:
        return False


def _is_found(one, name):
    return isinstance(one, str) and re.search(one, name) is not None


def _pattern(one):
    return one if isinstance(one, str) else f"(^|/){re.escape(one.name)}$"
