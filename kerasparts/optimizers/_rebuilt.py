"""An optimizer for other weights."""

import re
from collections import Counter

import numpy as np
from keras import ops

from kerasparts.core.checks import check

OF_ALL = ("iteration", "learning_rate")


def rebuilt(optimizer, variables, begun=None):
    """A new optimizer like the one given, for `variables`, with the state of those that both have.

    Those that it did not have begin with the state of a first step. An optimizer of ours counts their steps from now
    (`begun`); Keras' have one count for all, so that Adam's first steps on them are up to six times too long. State
    of all weights together, as of `LBFGS`, starts anew.

    Args:
        optimizer: that is built.
        variables: list of weights.
        begun: dict from ids of weights to the number of steps before them, in place of what the optimizer knows.

    Raises:
        ValueError: `MultiOptimizer`, which does not say what it was made from.
    """
    check(not hasattr(optimizer, "optimizers"), "optimizer", optimizer, "one for all weights")
    new = type(optimizer).from_config(optimizer.get_config())
    pairs = list(zip(_chain(optimizer), _chain(new), strict=True))
    for old, other in pairs:
        if hasattr(other, "begun"):
            if begun is not None:
                other.begun = begun
                continue
            had, steps = {id(v) for v in old._trainable_variables}, int(ops.convert_to_numpy(old.iterations))
            other.begun = {id(v): old.begun.get(id(v), 0) if id(v) in had else steps for v in variables}
    build_for(new, variables)
    for old, other in pairs:
        _carry(old, other)
    return new


def directly_inside(optimizer) -> list:
    """The optimizers that one is around."""
    many = getattr(optimizer, "optimizers", None)  # of MultiOptimizer
    if many is not None:
        return many
    one = getattr(optimizer, "inner_optimizer", None) or getattr(optimizer, "optimizer", None)
    return [] if one is None else [one]


def _chain(optimizer):
    return [optimizer, *(found for one in directly_inside(optimizer) for found in _chain(one))]


def build_for(optimizer, variables):
    """Builds an optimizer for some of the weights of a model; multipliers of others are no mistake."""
    rules = [
        (one, one.learning_rate_multipliers) for one in _chain(optimizer) if hasattr(one, "learning_rate_multipliers")
    ]
    for one, multipliers in rules:
        if multipliers:
            found = {p: f for p, f in multipliers.items() if any(re.search(p, v.path) for v in variables)}
            one.learning_rate_multipliers = found
    optimizer.build(variables)
    for one, multipliers in rules:
        one.learning_rate_multipliers = multipliers


def _carry(old, new):
    """Gives a new optimizer the state of an old one, weight by weight."""
    had = {id(weight) for weight in old._trainable_variables}
    (before, _), (after, values) = _state(old), _state(new)
    alike = all(array.shape == after[key].shape for key, array in before.items() if key in after)
    for weight in new._trainable_variables:
        average = after.get(("average", id(weight)))
        if average is not None and id(weight) not in had:  # which Keras begins at the first step of all
            average[...] = ops.convert_to_numpy(weight)
    for key, array in after.items():
        if key in before and (alike or key[0] in OF_ALL):
            array[...] = before[key]
    for variable, value in values:
        variable.assign(value)


def _state(optimizer):
    """Arrays by what they are and the id of their weight, and all variables with the array that these are parts of."""
    weights, values = {}, [(variable, np.array(ops.convert_to_numpy(variable))) for variable in optimizer._variables]
    for weight in optimizer._trainable_variables:
        weights.setdefault(weight.path.replace("/", "_") + "_", []).append(weight)
    whole = {id(variable): value for variable, value in values}
    alone = [(variable, None, None) for variable in optimizer._variables]
    found, seen = {}, Counter()
    for variable, group, place in optimizer._in_file() if hasattr(optimizer, "_in_file") else alone:
        name, array, weight = variable.name, whole[id(variable)], None
        if group is not None:
            name, weight = name.removeprefix("small_"), optimizer._trainable_variables[place]
            array = group.part(array, place)
        elif prefix := max((p for p in weights if name.startswith(p)), key=len, default=None):
            weight = weights[prefix][seen[name] % len(weights[prefix])]  # weights of one name stand in their order
            seen[name] += 1
            name = name.removeprefix(prefix)
        found[name, None if weight is None else id(weight)] = array
    return found, values
