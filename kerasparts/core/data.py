"""Data in any form that `fit` takes, read as NumPy arrays."""

import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kerasparts.core.checks import check

Rows = tuple[Any, Any, Any]  # x, y and sample weights, each a nest of arrays or None


def is_array(data: Any) -> bool:
    """Whether `data` is one array, tensor or table."""
    return (hasattr(data, "shape") and hasattr(data, "dtype")) or hasattr(data, "to_numpy")


def is_dataset(data: Any) -> bool:
    """Whether `data` yields batches, rather than being arrays or nests of them."""
    return hasattr(data, "__iter__") and not is_array(data) and not isinstance(data, dict | list | tuple | str)


def batches(data: Any, name: str = "data", limit: int | None = None) -> Iterator[Rows]:
    """Yields the batches of a dataset as `(x, y, sample_weight)`, with None for what it does not have.

    Args:
        data: `tf.data.Dataset`, `keras.utils.PyDataset`, or another iterable that starts anew each time.
        name: what the error messages call it.
        limit: number of batches to stop after.
    """
    items = iter(data)
    check(items is not data, name, data, "readable more than once, not a generator")
    for item in itertools.islice(items, limit):
        yield tuple(map(to_numpy, keras.utils.unpack_x_y_sample_weight(item)))


def numeric_batches(data: Any) -> Iterator[np.ndarray]:
    """Yields the inputs of a source of data, an array of numbers at a time.

    Args:
        data: one array or tensor; or a dataset as in `batches`, or a list of batches, each `x` or `(x, ...)`.
    """
    is_list_of_batches = isinstance(data, list) and data and getattr(data[0], "ndim", 0) > 1
    if is_dataset(data) or is_list_of_batches:
        arrays = (x for x, _, _ in batches(data))
    else:
        arrays = [to_numpy(data) if is_array(data) else np.asarray(data)]
    for x in arrays:
        check(isinstance(x, np.ndarray), "data", data, "of batches of one array each")
        x = x.astype("float32") if x.dtype.name == "bfloat16" else x
        is_table = x.ndim > 0 and x.dtype.kind in "biuf"
        check(is_table, "data", x.dtype, "an array of numbers, or a dataset of such batches")
        yield x


def to_numpy(tree: Any) -> Any:
    """The same nest, of NumPy arrays."""
    return keras.tree.map_structure(_array, tree)


def take(tree: Any, rows: Any) -> Any:
    """The given rows of every array in a nest."""
    return keras.tree.map_structure(lambda a: None if a is None else _array(a)[rows], tree)


def row_count(tree: Any) -> int:
    """Number of rows of the arrays in a nest."""
    arrays = [a for a in keras.tree.flatten(tree) if a is not None]
    check(arrays, "data", tree, "at least one array")
    return len(arrays[0])


def sample_rows(data: Any, size: int, seed: int, name: str = "data", limit: int | None = None) -> Rows:
    """A random sample of the rows of a dataset, each row with the same chance, read in one pass.

    Returns:
        `(x, y, sample_weight)` of at most `size` rows.
    """
    random = np.random.default_rng(seed)
    kept, kept_keys = None, np.empty(0)
    for batch in batches(data, name, limit):
        keys = random.random(row_count(batch))
        if kept is not None:
            batch = concatenate(kept, batch)
            keys = np.concatenate([kept_keys, keys])
        chosen = np.sort(np.argsort(keys)[:size])
        kept, kept_keys = take(batch, chosen), keys[chosen]
    check(kept is not None, name, data, "of at least one batch")
    return kept


def _array(value):
    if value is None:
        return None
    return value if isinstance(value, np.ndarray) else np.asarray(keras.ops.convert_to_numpy(value))


def concatenate(first, second):
    return keras.tree.map_structure(
        lambda a, b: None if a is None else np.concatenate([a, b]), tuple(first), tuple(second)
    )
