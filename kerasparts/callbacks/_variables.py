"""Values of the variables of a model, by which a training goes on."""

import itertools
import re

import numpy as np
from keras import ops


def values_of(variables):
    """`{"names": [...], "values": [...]}` of variables."""
    variables = _once(variables)
    return {
        "names": [_name(variable) for variable in variables],
        "values": [np.asarray(ops.convert_to_numpy(variable)) for variable in variables],
    }


def assign(*parts):
    """Gives variables the values that `values_of` others like them.

    Args:
        parts: triples of a name for errors, variables, and their values; none gets any where one is not alike.

    Raises:
        ValueError: they are not alike; the message tells of the first that differs.
    """
    parts = [(name, _once(variables), saved) for name, variables, saved in parts]
    for name, variables, saved in parts:
        there = [_described(one, value) for one, value in zip(saved["names"], saved["values"], strict=True)]
        here = [_described(_name(variable), variable) for variable in variables]
        for one, other in itertools.zip_longest(there, here):
            if _without_numbers(one) != _without_numbers(other):
                one, other = one or "no more variables", other or "no more variables"
                raise ValueError(
                    f"`{name}` must be like the one that was saved. Received: {other}, where {one} was saved"
                )
    for _, variables, saved in parts:
        for variable, value in zip(variables, saved["values"], strict=True):
            variable.assign(value)


def _once(variables):
    return list({id(variable): variable for variable in variables}.values())


def _name(variable):
    """The last two parts of the path: an optimizer's variables have others before, by where it was built."""
    return "/".join(variable.path.split("/")[-2:])


def _described(name, value):
    return f"{name} of shape {tuple(value.shape)} and {value.dtype}"


def _without_numbers(description):
    """Keras counts layers through a whole process: the same script gives `dense_1` where `dense` was before."""
    return description and re.sub(r"_\d+(?=[/_ ])", "", description)
