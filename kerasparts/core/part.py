"""Registration of parts, and objects from their configurations."""

import inspect
from typing import Any, TypeVar

import keras

from kerasparts.core.checks import check

PACKAGE = "kerasparts"

Part = TypeVar("Part", bound=type)


def part(cls: Part) -> Part:
    """Registers a class with Keras as `kerasparts>ClassName`.

    After `import kerasparts`, files that hold the class load with no `custom_objects`. Keras itself lets
    a second class take over a registered name without a word, and files then load as the wrong class;
    here that is an error.

    Raises:
        ValueError: another class of the library already has the name.

    Example:
    >>> kerasparts.activations.Swish.__name__
    'Swish'
    >>> keras.saving.get_registered_name(kerasparts.activations.Swish)
    'kerasparts>Swish'
    """
    name = f"{PACKAGE}>{cls.__name__}"
    owner = keras.saving.get_registered_object(name)
    same = owner is not None and (owner.__module__, owner.__qualname__) == (cls.__module__, cls.__qualname__)
    if owner is not None and not same:
        raise ValueError(
            f"A class name must be used once in the whole library. Received: {cls.__module__}.{cls.__name__}, "
            f"but '{name}' is already {owner.__module__}.{owner.__name__}"
        )
    return keras.saving.register_keras_serializable(package=PACKAGE, name=cls.__name__)(cls)


def revived(value: Any) -> Any:
    """The object that a serialized configuration stands for; anything but a dict as it is.

    Of functions and classes only those of `keras.activations` and `keras.ops`, and what is registered. Keras finds any
    that it has by its name, and in the place of an activation `load_data` of a data set would be run for its download.

    Raises:
        ValueError: another function or class.

    Example:
    >>> revived(keras.saving.serialize_keras_object(keras.regularizers.L2(0.5))).l2, revived(0.5)
    (0.5, 0.5)
    """
    if not isinstance(value, dict):
        return value
    found = keras.saving.deserialize_keras_object(value)
    if callable(found) and (inspect.isclass(found) or not hasattr(found, "get_config")):
        name = getattr(found, "__name__", "")
        is_registered = keras.saving.get_registered_object(keras.saving.get_registered_name(found)) is found
        is_math = any(getattr(module, name, None) is found for module in (keras.activations, keras.ops))
        rule = "that of an object, or of a function that is registered or in keras.activations or keras.ops"
        check(is_registered or is_math, "config", name, rule)
    return found
