"""A file of plain values and arrays that is there whole or not at all."""

import json
import zipfile
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from kerasparts.core.files import whole_file

FORMAT = 1
HEAD = "state.json"


def write_state(path: str | Path, state: Any) -> None:
    """Writes a nest of plain values and arrays; a file that was there before stays until the new one is on the disk.

    A zip archive: `state.json`, and the bytes of each array by its number, each with its CRC-32. No pickle.

    Args:
        state: nest of dicts, lists and tuples of None, booleans, numbers, texts, and NumPy arrays of these.

    Raises:
        ValueError: something else in the nest.
        OSError: the file cannot be written; nothing is left of the attempt.

    Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_state(f"{folder}/state", {"epoch": 3, "weights": [np.ones(2)]})
    ...     read_state(f"{folder}/state")
    {'epoch': 3, 'weights': [array([1., 1.])]}
    """
    with whole_file(path) as file:
        _write(file, state)


def read_state(path: str | Path) -> Any:
    """Reads what `write_state` wrote.

    Raises:
        ValueError: the file is damaged, no such file, or of a newer format; the message says which.
        OSError: it cannot be opened.
    """
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                head = json.loads(_bytes(archive, HEAD))
                form = head["format"]
                if form == FORMAT:
                    numbers = iter(range(len(archive.infolist())))
                    return _unpacked(head["state"], lambda: _bytes(archive, str(next(numbers))))
        except Exception as error:  # whatever a damaged file leads to
            reason = f"{type(error).__name__}: {error}".split("\n")[0][:200]
            raise ValueError(f"{path} is damaged or no file of kerasparts ({reason})") from None
    raise ValueError(f"{path} has format {form!r:.20}, and this version of kerasparts reads format {FORMAT}")


def _write(file, state):
    arrays: list[np.ndarray] = []
    head = json.dumps({"format": FORMAT, "state": _packed(state, arrays)})
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(HEAD, head)
        for number, array in enumerate(arrays):
            with archive.open(zipfile.ZipInfo(str(number)), "w", force_zip64=True) as member:
                member.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8))


def _packed(value, arrays):
    """As JSON holds it, with the arrays put aside."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_packed(item, arrays) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_packed(item, arrays) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[_packed(key, arrays), _packed(item, arrays)] for key, item in value.items()]}
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        arrays.append(value)
        name = value.dtype.str if value.dtype.kind in "US" else value.dtype.name
        return {"array": [name, list(value.shape)]}
    raise ValueError(f"`state` must be a nest of plain values and arrays. Received: state={value!r:.200}")


def _unpacked(value, next_bytes):
    if isinstance(value, list):
        return [_unpacked(item, next_bytes) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tuple":
        return tuple(_unpacked(item, next_bytes) for item in content)
    if kind == "dict":
        return {_unpacked(key, next_bytes): _unpacked(item, next_bytes) for key, item in content}
    if kind == "array":
        name, shape = content
        return np.frombuffer(next_bytes(), _dtype(name)).reshape(shape)
    raise ValueError(f"unknown kind {kind!r}")


def _dtype(name):
    known = getattr(ml_dtypes, name, None) if name.isidentifier() else None
    dtype = np.dtype(name if known is None else known)
    if dtype.hasobject:
        raise ValueError(f"unknown dtype {name!r}")
    return dtype


def _bytes(archive, name):
    """A member, checked against its checksum; never more than there is in the file."""
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name!r} is compressed")
    return bytearray(archive.read(info))
