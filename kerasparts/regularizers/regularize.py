"""Penalties on a model that exists already."""

import re
import warnings

import keras

from kerasparts.core.checks import check
from kerasparts.regularizers._weights import own_weights
from kerasparts.regularizers.l2_sp import L2SP
from kerasparts.regularizers.regularizer import PenaltySum, Regularizer, StatefulRegularizer


def regularize(model, regularizer, include="kernel", replace=False):
    """Gives a built model a penalty on its kernels, wherever they are, and not on biases and normalization.

    Keras takes regularizers only while a layer is created, so that a loaded or ready-made model trains without.
    Here they are put on the weights and into the configuration of their layers: they count in the next fit, also
    of a model that was trained before, and survive save and load.

    Each layer gets a copy of the regularizer, so that penalties with a memory (`L2SP`, `Annealed`) have one each. A
    shared layer is given it once. Frozen weights get it too and pay from when they are trainable.

    The model is changed in place. Where it is a part of a larger model that was trained before, call this on
    the larger one: it would train on with the program compiled without the penalty.

    Args:
        model: built `keras.Model` or layer: functional, Sequential or subclassed.
        regularizer: regularizer, ours or Keras'.
        include: regular expression, or list of them: which weights. One without a slash is searched for in the
            weight's own name, so that "kernel" finds the kernels, depthwise, pointwise and recurrent ones too,
            and "kernel|embeddings" the embeddings besides; one with a slash in its path, such as
            "encoder/.*/kernel".
        replace: bool. Whether the penalty takes the place of the ones the weights have, or is added to them.

    Returns:
        The model.

    Raises:
        ValueError: the model is not built, or no weight matches; or an `Annealed` comes to a model whose
            optimizer is built; or an `L2SP` comes to a layer that keeps one regularizer for several kernels.

    Warns:
        UserWarning: the configuration of a subclassed model does not hold its layers. Its penalty counts, but does
            not come back from a file: call `regularize` again after loading.

    Example:
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(1)])
    >>> model = kerasparts.regularizers.regularize(model, kerasparts.regularizers.L2(1e-4))
    >>> len(model.losses)
    2
    """
    check(isinstance(model, keras.Layer) and model.built, "model", model, "a built keras.Model or layer")
    is_regularizer = isinstance(regularizer, keras.regularizers.Regularizer)
    check(is_regularizer, "regularizer", regularizer, "a keras.regularizers.Regularizer")
    check(isinstance(replace, bool), "replace", replace, "True or False")
    patterns = _patterns(include)

    groups = {}
    for variable, layers in own_weights(model):
        if any(p.search(variable.path if "/" in p.pattern else variable.name) for p in patterns):
            places = _places(variable, layers)
            key = (id(places[-1][0]), places[-1][1]) if places else id(variable)
            groups.setdefault(key, []).append((variable, layers, places))
    check(groups, "include", include, f"found among the weights {[v.path for v in model.weights]}")

    penalties = [_penalty_for([v for v, *_ in group], regularizer, replace) for group in groups.values()]
    _check_optimizer(model, groups.values(), penalties)
    for group, penalty in zip(groups.values(), penalties, strict=True):
        for variable, _, places in group:
            for layer, attribute in places:
                _set(layer, attribute, penalty)
            variable.regularizer = penalty
    # The programs of earlier fits know nothing of the penalty.
    model.train_function = model.test_function = None

    lost = _not_in_config(model, groups.values())
    if lost:
        warnings.warn(
            f"The configuration of {type(model).__name__} does not hold the penalty of {lost}: it counts in training, "
            "but does not come back from a file. Call `regularize` again after loading.",
            stacklevel=2,
        )
    return model


def _patterns(include):
    names = [include] if isinstance(include, str) else include
    rule = "a regular expression or a list of them"
    check(isinstance(names, list | tuple) and len(names) > 0, "include", include, rule)
    try:
        return [re.compile(name) for name in names]
    except (re.error, TypeError):
        raise ValueError(f"`include` must be {rule}. Received: include={include!r}") from None


def _places(variable, layers):
    """The layers and attributes that hold the penalty of a weight: its own layer, and the one that makes that.

    Layers such as `MultiHeadAttention` make the layers inside them anew, with their own regularizer, after loading.
    """
    name = variable.name
    stems = [name, name.removesuffix("_kernel")]
    stems += ["depthwise"] if name == "kernel" else []  # keras.layers.DepthwiseConv2D
    for stem in stems:
        attribute = f"{stem}_regularizer"
        if hasattr(layers[-1], attribute):
            break
    else:
        return []
    places = [(layers[-1], attribute)]
    maker = layers[-2] if len(layers) > 1 else None
    for wanted in (attribute, f"_{attribute}"):
        # In LSTM and its like it is a property that reads the cell's.
        if wanted in getattr(maker, "__dict__", {}) and not isinstance(getattr(type(maker), wanted, None), property):
            places.append((maker, wanted))
    return places


def _penalty_for(variables, regularizer, replace):
    copy = type(regularizer).from_config(regularizer.get_config())
    if len(variables) > 1 and _remembers_start(copy):
        raise ValueError(
            "L2SP needs a start for each weight, but one regularizer serves all of these. Leave them out with "
            f"`include`. Received: {[v.path for v in variables]}"
        )
    if isinstance(copy, Regularizer):
        copy.start_at(variables[0])
    old = variables[0].regularizer
    return copy if replace or old is None else PenaltySum.of((old, 1.0), (copy, 1.0))


def _remembers_start(regularizer):
    terms = [regularizer]
    if isinstance(regularizer, StatefulRegularizer):
        terms = regularizer._flatten_layers()
    return any(isinstance(term, L2SP) and term.start is None for term in terms)


def _check_optimizer(model, groups, penalties):
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not optimizer.built:
        return
    for group, penalty in zip(groups, penalties, strict=True):
        counters = [_counters(variable.regularizer) for variable, *_ in group]
        if any(old != _counters(penalty) for old in counters):
            raise ValueError(
                "The optimizer of the model is built, and can neither take up the counter of an Annealed penalty nor "
                "leave one out. Call `model.compile` with a new optimizer first. Received: "
                f"model.optimizer={optimizer!r}"
            )


def _counters(regularizer):
    return {id(v) for v in regularizer.trainable_variables} if isinstance(regularizer, keras.Layer) else set()


def _set(layer, attribute, penalty):
    """Sets an attribute of a built layer, which refuses new variables, and forgets the variables of the old one."""
    old, tracker = getattr(layer, attribute), layer._tracker
    locked = tracker.locked
    tracker.unlock()
    tracker.untrack(old)
    setattr(layer, attribute, penalty)
    if locked:
        tracker.lock()


def _not_in_config(model, groups):
    """Paths of the weights whose penalty no layer of the model's configuration has."""
    try:
        known = list(_dicts(keras.saving.serialize_keras_object(model)))
    except (NotImplementedError, TypeError, ValueError):
        known = []
    lost = []
    for group in groups:
        for variable, layers, places in group:
            names = {layer.name for layer in layers}
            saved = keras.regularizers.serialize(variable.regularizer)
            attributes = [attribute.lstrip("_") for _, attribute in places]
            held = any(d.get("name") in names and any(d.get(a) == saved for a in attributes) for d in known)
            if not held:
                lost.append(variable.path)
    return lost


def _dicts(config):
    if isinstance(config, dict):
        yield config
        config = list(config.values())
    if isinstance(config, list | tuple):
        for item in config:
            yield from _dicts(item)
