"""Nests of arrays as JSON and a list of arrays."""

import numpy as np

from kerasparts.core.checks import check


def flat(tree, arrays: list[np.ndarray], name: str):
    """The shape of a nest, ready for JSON; its arrays are added to `arrays`.

    Raises:
        ValueError: there is something in it other than dicts by text, lists, tuples, None and arrays of numbers.
    """
    if tree is None:
        return None
    if isinstance(tree, dict) and all(isinstance(key, str) for key in tree):
        return {"dict": {key: flat(item, arrays, name) for key, item in tree.items()}}
    if type(tree) in (list, tuple):
        return {type(tree).__name__: [flat(item, arrays, name) for item in tree]}
    is_plain = isinstance(tree, np.ndarray | np.generic) and not tree.dtype.hasobject
    rule = "dicts by text, lists, tuples and arrays of numbers, as only these can be stored in a directory"
    check(is_plain, name, type(tree).__name__ if not is_plain else tree, rule)
    array = np.asarray(tree)
    # bfloat16 and its like are no types of NumPy's own, and files of arrays have no word for them.
    arrays.append(array.view(f"V{array.dtype.itemsize}") if array.dtype.isbuiltin == 2 else array)
    return {"array": len(arrays) - 1, "dtype": array.dtype.name}


def nested(shape, arrays):
    """The nest that `flat` made this of; `arrays` are got by their number as text."""
    if shape is None:
        return None
    if "array" in shape:
        array = arrays[str(shape["array"])]
        return array.view(np.dtype(shape["dtype"])) if array.dtype.kind == "V" else array
    ((kind, items),) = shape.items()
    if kind == "dict":
        return {key: nested(item, arrays) for key, item in items.items()}
    return {"list": list, "tuple": tuple}[kind](nested(item, arrays) for item in items)
