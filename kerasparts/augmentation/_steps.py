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
        self._steps = [_step(one) for one in (augment if isinstance(augment, list | tuple) else [augment])]

    @property
    def takes_targets(self):
        return any(step.takes_targets for step in self._steps)

    def __call__(self, data, numbers):
        """The new `(x, y, sample_weight)`, nests of NumPy arrays or None; may be called by several threads.

        Args:
            data: the old.
            numbers: NumPy's `SeedSequence` that the random numbers come from.
        """
        for step, own in zip(self._steps, numbers.spawn(len(self._steps)), strict=True):
            if step.takes_targets:
                given = data if data[2] is not None else data[:2]
                data = (*to_numpy(tuple(step(given, own))), None)[:3]
            else:
                data = (to_numpy(step(data[0], own)), *data[1:])
        return data


class LayerStep:
    """A layer with all its random numbers from those given, whose own state stays as it is.

    Numbers go through a compiled program, made anew for every shape; strings, and what cannot be compiled, do not.
    """

    def __init__(self, layer):
        self.takes_targets = getattr(layer, "takes_targets", False) or _is_mixing(layer)
        self._layer = layer
        self._program = backend.program(self._run, fused=False)
        self._is_compiled = not isinstance(layer, _OF_STRINGS)
        self._lock = threading.Lock()

    def __call__(self, data, numbers):
        random = np.random.default_rng(numbers)
        if not self._layer.built and self._is_compiled:
            with self._lock:  # makes the weights, once and outside of a program
                self._run(self._values(np.random.default_rng(0)), data)
        values = self._values(random)
        if self._is_compiled and not _has_strings(data):
            try:
                return self._program(values, data)
            except Exception:  # what is wrong is said better, or nothing is, where the layer runs by itself
                result = self._run(values, data)
                self._is_compiled = False
                return result
        return self._run(values, data)

    def _values(self, random):
        """Values of the layer's variables, with random ones for the states of seed generators."""
        kept = {id(variable) for variable in self._layer.weights}
        return [
            variable.value if id(variable) in kept else np.array([random.integers(2**31 - 1), 0], variable.dtype)
            for variable in self._layer.variables
        ]

    def _run(self, values, data):
        with keras.StatelessScope(list(zip(self._layer.variables, values, strict=True))):
            if not _is_mixing(self._layer):
                return self._layer(data, training=True)
            mixed = self._layer({"images": data[0], "labels": data[1]}, training=True)
            return (mixed["images"], mixed["labels"], *data[2:])


class FunctionStep:
    """A function of the user's, with a NumPy generator where it has a parameter `rng`."""

    def __init__(self, function):
        self.takes_targets = getattr(function, "takes_targets", False)
        self._function = function
        try:
            self._draws = "rng" in inspect.signature(function).parameters
        except ValueError:  # some functions written in C have no signature
            self._draws = False

    def __call__(self, data, numbers):
        return self._function(data, **({"rng": np.random.default_rng(numbers)} if self._draws else {}))


class InputsStep:
    """Augmentations of single inputs by their names."""

    takes_targets = False

    def __init__(self, augment):
        self._steps = {name: Steps(one) for name, one in augment.items()}
        wrong = [name for name, steps in self._steps.items() if steps.takes_targets]
        check(not wrong, "augment", wrong, "without what changes the targets, where it is for one input")

    def __call__(self, x, numbers):
        known = isinstance(x, dict) and set(self._steps) <= set(x)
        check(known, "augment", list(self._steps), f"of inputs in x, which has {list(x) if isinstance(x, dict) else 1}")
        own = zip(self._steps.items(), numbers.spawn(len(self._steps)), strict=True)
        return {**x, **{name: steps((x[name], None, None), numbers)[0] for (name, steps), numbers in own}}


_OF_STRINGS = (keras.layers.TextVectorization, keras.layers.StringLookup, keras.layers.IntegerLookup)


def _step(augmentation):
    if isinstance(augmentation, dict):
        return InputsStep(augmentation)
    if isinstance(augmentation, keras.layers.Layer):
        return LayerStep(augmentation)
    check(callable(augmentation) and not isinstance(augmentation, type), "augment", augmentation, RULE)
    return FunctionStep(augmentation)


def _is_mixing(layer):
    return isinstance(layer, keras.layers.MixUp | keras.layers.CutMix)


def _has_strings(data):
    return any(a.dtype.kind in "USOT" for a in keras.tree.flatten(data) if a is not None)
