"""Augmentations one after another."""

import inspect
import threading

import keras
import numpy as np

from kerasparts import backend
from kerasparts.core.checks import check
from kerasparts.core.data import to_numpy

RULE = "a layer, a function of x, a dict of those by input, or a list of those"


class Steps:
    """Applies augmentations to batches, the same way for the same numbers.

    Args:
        augment: one augmentation or a list of them; see `AugmentedDataset`.
    """

    def __init__(self, augment):
        augmentations = augment if isinstance(augment, list | tuple) else [augment]
        self.takes_targets = any(map(_takes_targets, augmentations))
        self._steps = []
        for one in augmentations:
            is_layer = isinstance(one, keras.layers.Layer)
            if is_layer and self._steps and isinstance(self._steps[-1], Layers):
                self._steps[-1].add(one)  # to the same program
            else:
                self._steps.append(Layers(one) if is_layer else _step(one))

    def __call__(self, data, numbers):
        """The new `(x, y, sample_weight)`, nests of NumPy arrays or None; may be called by several threads.

        Args:
            data: the old.
            numbers: NumPy's `SeedSequence` that the random numbers come from.
        """
        for step, own in zip(self._steps, numbers.spawn(len(self._steps)), strict=True):
            data = to_numpy(step(data, own))
        return data


class Layers:
    """Layers with all their random numbers from those given; their own state stays as it is.

    Numbers go through one compiled program, made anew for every shape; strings, and what cannot be compiled, do not.
    """

    def __init__(self, layer):
        self._layers = [layer]
        self._takes_targets = _takes_targets(layer)
        self._program = backend.program(self._run, fused=False)
        self._is_compiled = True
        self._lock = threading.Lock()

    def add(self, layer):
        self._layers.append(layer)
        self._takes_targets |= _takes_targets(layer)

    def __call__(self, data, numbers):
        random = np.random.default_rng(numbers)
        given = data if self._takes_targets else (data[0], None, None)
        result = self._result(given, random)
        return result if self._takes_targets else (result[0], *data[1:])

    def _result(self, data, random):
        if not self._is_compiled or _has_strings(data):
            return self._run(self._values(random), data)
        with self._lock:
            if any(map(_may_lack_weights, self._layers)):  # makes them outside of a program
                self._run(self._values(np.random.default_rng(0)), data)
        values = self._values(random)
        try:
            return self._program(values, data)
        except Exception:  # what is wrong is said better, or nothing is, where the layers run one by one
            result = self._run(values, data)
            self._is_compiled = False
            return result

    def _values(self, random):
        """Values of the layers' variables, with random ones for the states of seed generators."""
        kept = {id(variable) for layer in self._layers for variable in layer.weights}
        return [
            variable.value if id(variable) in kept else np.array([random.integers(2**31 - 1), 0], variable.dtype)
            for variable in self._variables()
        ]

    def _variables(self):
        return [variable for layer in self._layers for variable in layer.variables]

    def _run(self, values, data):
        with keras.StatelessScope(list(zip(self._variables(), values, strict=True))):
            for layer in self._layers:
                data = _applied(layer, data)
        return data


class Function:
    """A function of the user's, with a NumPy generator where it has a parameter `rng`."""

    def __init__(self, function):
        self._takes_targets = _takes_targets(function)
        self._function = function
        try:
            self._draws = "rng" in inspect.signature(function).parameters
        except ValueError:  # some functions written in C have no signature
            self._draws = False

    def __call__(self, data, numbers):
        random = {"rng": np.random.default_rng(numbers)} if self._draws else {}
        if not self._takes_targets:
            return (self._function(data[0], **random), *data[1:])
        return _with_targets(lambda given: self._function(given, **random), data)


class Inputs:
    """Augmentations of single inputs by their names."""

    def __init__(self, augment):
        self._steps = {name: Steps(one) for name, one in augment.items()}
        wrong = [name for name, steps in self._steps.items() if steps.takes_targets]
        check(not wrong, "augment", wrong, "without what changes the targets, where it is for one input")

    def __call__(self, data, numbers):
        x, *rest = data
        names = list(x) if isinstance(x, dict) else []
        check(set(self._steps) <= set(names), "augment", list(self._steps), f"for inputs in x, which are {names}")
        own = zip(self._steps.items(), numbers.spawn(len(self._steps)), strict=True)
        return ({**x, **{name: steps((x[name], None, None), one)[0] for (name, steps), one in own}}, *rest)


def _step(augmentation):
    if isinstance(augmentation, dict):
        return Inputs(augmentation)
    check(callable(augmentation) and not isinstance(augmentation, type), "augment", augmentation, RULE)
    return Function(augmentation)


def _takes_targets(augmentation):
    return getattr(augmentation, "takes_targets", False) or _is_mixing(augmentation)


def _is_mixing(augmentation):
    return isinstance(augmentation, keras.layers.MixUp | keras.layers.CutMix)


def _may_lack_weights(layer):
    is_plain = type(layer).build is keras.layers.Layer.build
    parts = keras.tree.flatten(list(vars(layer).values()))
    return not layer.built and not (is_plain and not any(isinstance(one, keras.layers.Layer) for one in parts))


def _applied(layer, data):
    if _is_mixing(layer):
        mixed = layer({"images": data[0], "labels": data[1]}, training=True)
        return mixed["images"], mixed["labels"], data[2]
    if _takes_targets(layer):
        return _with_targets(lambda given: layer(given, training=True), data)
    return layer(data[0], training=True), *data[1:]


def _with_targets(function, data):
    """`function` of `(x, y)`, or of `(x, y, sample_weight)` where there are weights."""
    return (*function(data if data[2] is not None else data[:2]), None)[:3]


def _has_strings(data):
    return any(array.dtype.kind in "USOT" for array in keras.tree.flatten(data) if array is not None)
