"""Small variables that are updated together."""

import itertools
import math

import numpy as np
from keras import ops

from kerasparts.backend import joined, largest_grouped, parted

MOST = 2**18  # numbers in one array


class Group:
    """Variables, by their places in the optimizer, of which each state is one array."""

    def __init__(self, places, variables):
        self.places = places
        self.dtype = variables[0].dtype
        self.shapes = [tuple(variable.shape) for variable in variables]
        self.sizes = list(map(math.prod, self.shapes))
        self.size = sum(self.sizes)

    def join(self, arrays):
        """One array of those of all variables, by their places; zero where there is none."""
        found = [arrays.get(place) for place in self.places]
        pairs = zip(found, self.sizes, strict=True)
        return joined([ops.zeros(size, self.dtype) if x is None else x for x, size in pairs], self.dtype)

    def split(self, array, places):
        """Of what was joined, the arrays of the variables in some of the places, in order."""
        parts = zip(self.places, parted(array, self.shapes), strict=True)
        return [part for place, part in parts if place in places]

    def part(self, array, place):
        """The numbers of the variable in a place, of a NumPy array of all."""
        i = self.places.index(place)
        start = sum(self.sizes[:i])
        return array[start : start + self.sizes[i]].reshape(self.shapes[i])

    def mask(self, places):
        """Where the numbers are of variables in some of the places; None for everywhere."""
        is_in = [place in places for place in self.places]
        return None if all(is_in) else ops.convert_to_tensor(np.repeat(is_in, self.sizes))


def grouped(variables, rules):
    """The group of each variable, by its place, for those small enough to have one.

    Args:
        variables: list of `keras.Variable`s.
        rules: list of what must be equal in a group.
    """
    largest, lists = largest_grouped(), {}
    for place, (variable, rule) in enumerate(zip(variables, rules, strict=True)):
        if math.prod(variable.shape) <= largest and _may_be_grouped(variable):
            some = lists.setdefault((variable.dtype, rule), [[]])
            if sum(math.prod(variables[other].shape) for other in some[-1]) > MOST:
                some.append([])
            some[-1].append(place)
    found = [places for places in itertools.chain(*lists.values()) if len(places) > 1]
    groups = [Group(places, [variables[place] for place in places]) for places in found]
    return {place: group for group in groups for place in group.places}


def in_file(variables, states, groups):
    """The variables of an optimizer in the order of its file, which is the same with and without groups.

    Args:
        variables: list of all.
        states: list of what `add_state` made: lists by place.
        groups: dict from places to groups.

    Returns:
        List of `(variable, group, place)`, with None for `group` where the array of the file is the whole variable.
    """
    starts = {}
    for one in states:
        entries = [(state, groups.get(place), place) for place, state in enumerate(one) if state is not None]
        starts.update({id(state): entries for state, _, _ in entries[:1]})
    found, seen = [], set()
    for variable in variables:
        if id(variable) not in seen:
            entries = starts.get(id(variable), [(variable, None, None)])
            seen.update(id(state) for state, _, _ in entries)
            found.extend(entries)
    return found


def _may_be_grouped(variable):
    return (
        variable.dtype in ("float32", "float64")
        and getattr(variable, "_layout", None) is None
        and not getattr(variable, "overwrite_with_gradient", False)
    )
