"""Tensors that are computed only if somebody reads them."""

import weakref

from kerasparts.backend.framework import deferred as _deferred

_SOURCES = {}  # by the id of the tensor, where a tensor takes no attributes, as those of JAX


def deferred(compute, source, shape, dtype):
    """The tensor `compute()`, which remembers its `source` and costs nothing in a program that never reads it.

    TensorFlow and JAX drop from a compiled program what is not read; Torch, which compiles none, computes at the first
    reading. What is made of the tensor, even a copy, is a tensor like any other and has no source.

    Args:
        compute: function without arguments.
        source: any object; see `source_of`.
        shape, dtype: of the tensor.
    """
    tensor = _deferred(compute, shape, dtype)
    try:
        tensor._kerasparts_source = source
    except AttributeError:
        _SOURCES[id(tensor)] = source
        weakref.finalize(tensor, _SOURCES.pop, id(tensor), None)
    return tensor


def source_of(tensor):
    """The `source` that a deferred tensor was made with; None for any other."""
    return getattr(tensor, "_kerasparts_source", _SOURCES.get(id(tensor)))
