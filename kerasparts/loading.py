"""Loading of models, with errors that say what is wrong with a file."""

import json
import os
import zipfile

import keras

from kerasparts.core.part import PACKAGE

LARGEST, MOST = 2**28, 100  # bytes that a compressed member of a file may grow to, or so many times its size
HINT = (
    "The file is of a newer version of the library, or of one before a part was renamed, which CHANGELOG.md tells: "
    "update kerasparts, or install the version that wrote the file"
)


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """`keras.models.load_model`, whose errors say what is wrong with a `.keras` file.

    Keras says of a file that was cut off that it was not found, of one that was changed `'int' object has no attribute
    'startswith'`, and of a part that this version of the library does not know that it should be decorated. Here each
    is a ValueError with the name of the file and what to do. Other files than `.keras` are left to Keras.

    Args:
        filepath: path of a file.
        custom_objects: dict of classes and functions by name, as in Keras.
        compile: bool. Whether to restore optimizer, loss and metrics.
        safe_mode: bool. Whether to refuse code in the file. Leave it at that for a file of others, see SECURITY.md.

    Returns:
        `keras.Model`.

    Raises:
        ValueError: the file is cut off, damaged or no model, or names parts that this version does not know.
        FileNotFoundError: there is none.

    Example:
    >>> import pathlib, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kerasparts.activations.Swish(1.5))])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.keras")
    ...     model.save(path)
    ...     kerasparts.load_model(path).layers[0].activation
    Swish(beta=1.5)
    """
    arguments = {"custom_objects": custom_objects, "compile": compile, "safe_mode": safe_mode}
    path = os.fspath(filepath)
    if not path.endswith(".keras"):
        return keras.models.load_model(path, **arguments)
    _check_file(path, custom_objects)
    try:
        return keras.models.load_model(path, **arguments)
    except Exception as error:
        said = str(error) if isinstance(error, ValueError | TypeError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{path} cannot be loaded. {said}") from error


def _check_file(path, custom_objects):
    """Raises for what Keras would say badly: no whole archive, one that is a bomb, parts that are not known."""
    if not os.path.exists(path):
        raise FileNotFoundError(f"There is no {path}.")
    try:
        with zipfile.ZipFile(path) as archive:
            bombs = [m for m in archive.infolist() if m.file_size > max(LARGEST, MOST * m.compress_size)]
            text = b"{}" if bombs else archive.read("config.json")
    except KeyError as error:
        raise ValueError(f"{path} holds no model that can be read: {error}.") from error
    except Exception as error:
        raise ValueError(f"{path} is damaged, was cut off or is no .keras file: {error}.") from error
    for bomb in bombs:
        raise ValueError(f"{path} is refused: {bomb.filename} in it would be {bomb.file_size} bytes.")
    try:
        unknown = sorted({name for name in _names(json.loads(text)) if not _is_known(name, custom_objects)})
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} holds no model that can be read: {error}.") from error
    if unknown:
        from kerasparts import __version__

        raise ValueError(f"{path} has parts that kerasparts {__version__} does not know: {', '.join(unknown)}. {HINT}.")


def _names(config):
    """The registered names of this library in a configuration."""
    found, rest = [], [config]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            name = one.get("registered_name")
            if isinstance(name, str) and name.startswith(f"{PACKAGE}>"):
                found.append(name)
            rest.extend(one.values())
        elif isinstance(one, list):
            rest.extend(one)
    return found


def _is_known(name, custom_objects):
    return keras.saving.get_registered_object(name, custom_objects=custom_objects) is not None
