"""A part under test, and the small models it is tried in."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops


@dataclass(frozen=True)
class Subject:
    """A part with its arguments.

    Attributes:
        part: the class.
        kwargs: its arguments.
        inputs: what the promises of its kind are tried on.
    """

    part: type
    kwargs: dict[str, Any]
    inputs: Any = None

    def build(self, **changes: Any) -> Any:
        """A new instance."""
        return self.part(**{name: anew(value) for name, value in {**self.kwargs, **changes}.items()})


def anew(value):
    """The same argument for another part: an optimizer or a layer serves one model."""
    if isinstance(value, list):
        return [anew(one) for one in value]
    if isinstance(value, keras.Layer):  # in the precision that holds now
        return type(value).from_config({k: v for k, v in value.get_config().items() if k != "dtype"})
    return type(value).from_config(value.get_config()) if isinstance(value, keras.optimizers.Optimizer) else value


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


ROWS = 8
X, Y = numbers((ROWS, 6)), numbers((ROWS, 4), 1)  # what `dense` models are fitted to


def array(tensor):
    """In float32, as NumPy knows no bfloat16."""
    is_float = keras.backend.is_float_dtype(keras.backend.standardize_dtype(tensor.dtype))
    return np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float32") if is_float else tensor))


def arrays(outputs):
    return [array(one) for one in keras.tree.flatten(outputs)]


def same(one, other, rtol=1e-6, atol=1e-7):
    return all(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True) for a, b in zip(one, other, strict=True))


def is_finite(values):
    return all(np.isfinite(one).all() for one in values if one.dtype.kind == "f")


def dense(units=4, optimizer=None, loss="mse", **arguments):
    """A compiled layer of 6 inputs."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(units, **arguments)])
    model.compile(keras.optimizers.SGD(0.01) if optimizer is None else optimizer, loss)
    return model


def fit(model, x=X, y=Y, epochs=2):
    return model.fit(x, y, batch_size=ROWS // 2, epochs=epochs, shuffle=False, verbose=0).history["loss"]


def through_a_file(model):
    """The model that comes back from a file, with no `custom_objects`."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.keras")
        return keras.models.load_model(Path(folder) / "model.keras")


def check_resumes(make: Callable[[], keras.Model], x=X, y=Y) -> None:
    """A model that is saved half-way and loaded ends with the weights of one that is not, to the last bits."""
    model = make()
    fit(model, x, y)
    again = through_a_file(model)
    for one in (model, again):
        fit(one, x, y)
    for one, other in zip(model.weights, again.weights, strict=True):
        if "seed_generator" not in one.path:
            expect(same([array(one)], [array(other)]), f"`{one.path}` differs after two more epochs")


def expect(is_so: Any, otherwise: str) -> None:
    if not is_so:
        raise AssertionError(otherwise)
