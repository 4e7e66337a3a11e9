"""Registration of parts, and objects from their configurations."""

from typing import Any, TypeVar

import keras

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

    Example:
    >>> revived(keras.saving.serialize_keras_object(keras.regularizers.L2(0.5))).l2, revived(0.5)
    (0.5, 0.5)
    """
    return keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value
