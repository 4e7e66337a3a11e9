"""State of optimizers that is saved with its names."""

import functools
import json
import warnings

import numpy as np

from kerasparts.core.checks import check

NAMES = "names"
LEAVE_IT = "Without it: `load_model(file, compile=False)`, `load_weights(file, objects_to_skip=[model.optimizer])`."
OF_H5 = (
    "An .h5 file cannot give an optimizer its state back: Keras 3 builds it for none of the weights, restores what is "
    "left and trains no further. Save as .keras, or take the weights alone: `load_model(file, compile=False)`."
)


class SavedByName:
    """Mixin of an optimizer that restores all that its file holds, by name, or raises; Keras leaves all and warns.

    To be named before `keras.optimizers.Optimizer`. Beside the numbered arrays, as Keras writes them, a file has the
    name of each: what it is, such as `m`, without the weight, whose own name is another one in another process.
    Arrays of one name belong to the weights in their order. State that a file lacks starts anew, with a warning,
    unless the file is of an optimizer that was not built, and so had no state. Files without names are restored by
    number, or not at all. What is loaded before `build` is put in its place by it.
    """

    _waiting = None  # what a file holds, until there is a place for it

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = _then_restored(cls.build)

    def save_own_variables(self, store):
        if self._waiting is not None:
            for key, value in self._waiting.items():
                store[key] = value
            return
        values = {id(variable): variable.numpy() for variable in self._variables}
        entries = self._in_file()
        for i, (variable, group, place) in enumerate(entries):
            value = values[id(variable)]
            store[str(i)] = value if group is None else group.part(value, place)
        store[NAMES] = np.frombuffer(json.dumps(self._names(entries)).encode(), "uint8")

    def load_own_variables(self, store):
        numbers = sorted(int(key) for key in store.keys() if key != NAMES)  # noqa: SIM118  (it is no dict)
        if not numbers:
            return
        entries = self._in_file()
        if not self.built and len(numbers) > len(entries):
            self._waiting = {key: np.array(store[key]) for key in store.keys()}  # noqa: SIM118
            return
        names = self._names(entries)
        if NAMES in store.keys():  # noqa: SIM118
            saved = json.loads(bytes(np.asarray(store[NAMES])))
        else:
            saved = names[: len(numbers)] if len(numbers) in (len(names), _count_of_unbuilt(names)) else None
        if saved is None or len(saved) != len(numbers):
            self._refuse(f"it has {len(names)} arrays, the file {len(numbers)}.")
        of_file = _together(saved, (store[str(number)] for number in numbers))
        here = _together(names, entries)
        for name, arrays in of_file.items():
            if name not in here:
                self._refuse(f"the file holds {name!r} ({len(arrays)}), for which there is no place.")
            shapes, expected = [tuple(a.shape) for a in arrays], [_shape(entry) for entry in here[name]]
            if shapes != expected:
                self._refuse(f"{name!r} has the shapes {expected}, in the file {shapes}.")
        missing = [name for name in here if name not in of_file]
        if missing and _count_of_unbuilt(saved) < len(saved):
            warnings.warn(f"Of the optimizer '{self.name}' starts anew what the file lacks: {missing}.", stacklevel=2)

        parts = {}
        for name, arrays in of_file.items():
            for (variable, _, _), array in zip(here[name], arrays, strict=True):
                parts.setdefault(id(variable), []).append(array)
        for variable in self._variables:
            if id(variable) in parts:
                arrays = parts[id(variable)]
                variable.assign(arrays[0] if len(arrays) == 1 else np.concatenate([np.ravel(a) for a in arrays]))

    def set_weights(self, weights):
        self._check_shapes(weights)
        super().set_weights(weights)

    def _check_shapes(self, weights):
        shapes, expected = [tuple(np.shape(weight)) for weight in weights], [tuple(v.shape) for v in self.variables]
        if shapes != expected and self.built and not self._trainable_variables:
            raise NotImplementedError(OF_H5)  # of a ValueError Keras makes a line in the log
        check(shapes == expected or not self.built, "weights", shapes, f"arrays of the shapes {expected}")

    def _in_file(self):
        """Of each array of a file the variable, and where it holds those of several weights, its group and place."""
        return [(variable, None, None) for variable in self._variables]

    def _names(self, entries):
        prefixes = sorted((v.path.replace("/", "_") + "_" for v in self._trainable_variables), key=len, reverse=True)
        names = []
        for variable, group, _ in entries:
            prefix = next((p for p in prefixes if variable.name.startswith(p)), "") if group is None else "small_"
            names.append(variable.name.removeprefix(prefix))
        return names

    def _refuse(self, reason):
        raise ValueError(f"The saved state is not that of the optimizer '{self.name}': {reason} {LEAVE_IT}")


def _then_restored(build):
    """`build`, and where it is the whole of it and not what a subclass calls, what was loaded before."""

    @functools.wraps(build)
    def build_and_restore(self, variables):
        build(self, variables)
        if self._waiting is not None and type(self).build is build_and_restore:
            waiting, self._waiting = self._waiting, None
            self.load_own_variables(waiting)

    return build_and_restore


def _count_of_unbuilt(names):
    """How many arrays there are before `build`: the count of steps, and the learning rate where it is no schedule."""
    return sum(name in ("iteration", "learning_rate") for name in names)


def _together(names, values):
    found = {}
    for name, value in zip(names, values, strict=True):
        found.setdefault(name, []).append(value)
    return found


def _shape(entry):
    variable, group, place = entry
    return tuple(variable.shape) if group is None else group.shapes[group.places.index(place)]
