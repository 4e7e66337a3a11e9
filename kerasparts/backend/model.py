"""The compiled model as a function of a batch."""

import contextlib
import inspect

import keras
import numpy as np
from keras import ops

from kerasparts.backend.framework import compiled, value_and_gradients


def model_value_and_gradients(model, training=False):
    """Compiled loss of a model on a batch, with its gradients by the trainable variables.

    The loss is the one that `fit` minimizes, penalties of the regularizers included.

    Args:
        model: compiled and built `keras.Model`.
        training: bool. Whether dropout and batch statistics act as in training; the model's state (moving
            statistics, seeds, metrics) stays as it was in either case.

    Returns:
        Function `(x, y, sample_weight=None) -> (loss, gradients)`; `gradients` has the order of
        `model.trainable_variables`.

    Example:
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    >>> model.compile(loss="mse")
    >>> loss, gradients = model_value_and_gradients(model)(np.array([[2.0]]), np.array([[1.0]]))
    >>> float(loss), float(gradients[0][0, 0])
    (1.0, 4.0)
    """
    _check_ready(model)

    def loss(x, y, sample_weight):
        return compute_loss(model, x, y, model(x, training=training), sample_weight, training)

    variables = list(model.trainable_variables)
    run = value_and_gradients(loss, variables, _other_variables(model, variables))
    return lambda x, y, sample_weight=None: run(*_as_in_fit(model, x, y, sample_weight))


def model_data_loss(model):
    """Compiled data loss of a model on a batch, in inference mode.

    The data loss is the compiled loss without what `model.losses` adds to it (penalties of the regularizers,
    `add_loss`), with dropout off and moving statistics in use. Where nothing was compiled, these are the loss.

    Args:
        model: compiled and built `keras.Model`.

    Returns:
        Function `(x, y, sample_weight=None, y_pred=None) -> (loss, y_pred)`: a scalar and the model's output, or
        the given predictions in its place.
    """
    _check_ready(model)

    bare = without_penalties(model)

    def loss(x, y, sample_weight, y_pred):
        if y_pred is None:
            y_pred = model(x, training=False)
        return compute_loss(bare, x, y, y_pred, sample_weight, training=False), y_pred

    run = compiled(loss, _other_variables(model, ()))
    return lambda x, y, sample_weight=None, y_pred=None: run(*_as_in_fit(model, x, y, sample_weight, y_pred))


def model_scores(model, x, y, y_pred, sample_weight=None):
    """Data loss and compiled metrics of predictions, by name; the model is not run.

    Args:
        model: compiled and built `keras.Model`.
        x, y, y_pred, sample_weight: nests of arrays with a row a sample.

    Returns:
        Dict of floats: "loss" and what `model.evaluate` would give of metrics.
    """
    _check_ready(model)
    x, y, sample_weight, y_pred = in_floatx((x, y, sample_weight, y_pred))
    y, sample_weight, y_pred = keras.tree.map_structure(
        lambda value: None if value is None else ops.convert_to_tensor(value), (y, sample_weight, y_pred)
    )
    loss = compute_loss(without_penalties(model), x, y, y_pred, sample_weight, training=False)
    model.reset_metrics()
    found = model.compute_metrics(x, y, y_pred, sample_weight)
    model.reset_metrics()
    return {name: float(value) for name, value in {**found, "loss": loss}.items()}


def model_probe(model, observe, training=False):
    """Compiled data loss of a model on a batch with its gradients, and what is seen on the way.

    As `model_data_loss`, with the penalties apart, and with what `observe` makes of the forward pass.

    Args:
        model: compiled and built `keras.Model`.
        observe: context manager; what it yields is called with the model's output after the forward pass, and
            returns a nest of tensors.
        training: bool. As for `model_value_and_gradients`.

    Returns:
        Function `(x, y, sample_weight=None) -> (loss, penalty, y_pred, observed, gradients)`.
    """
    _check_ready(model)
    bare = without_penalties(model)

    def loss(x, y, sample_weight):
        with observe() as seen:
            y_pred = model(x, training=training)
            observed = seen(y_pred)
        added = () if bare is model else model.losses
        penalty = sum((ops.cast(ops.sum(value), "float32") for value in added), ops.zeros((), "float32"))
        return compute_loss(bare, x, y, y_pred, sample_weight, training), (penalty, y_pred, observed)

    variables = list(model.trainable_variables)
    run = value_and_gradients(loss, variables, _other_variables(model, variables), has_aux=True)

    def probe(x, y, sample_weight=None):
        (value, (penalty, y_pred, observed)), gradients = run(*_as_in_fit(model, x, y, sample_weight))
        return value, penalty, y_pred, observed, gradients

    return probe


def sync(model):
    """Brings into the variables of a model what a running `fit` has in other hands: on JAX, between two batches."""
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()


def strategy_scope(model):
    """Context in which to make what belongs to a model: on TensorFlow, that of the `tf.distribute.Strategy` it has."""
    strategy = getattr(model, "distribute_strategy", None)
    return contextlib.nullcontext() if strategy is None else strategy.scope()


def _check_ready(model):
    if not (isinstance(model, keras.Model) and model.built and model.compiled):
        raise ValueError(f"`model` must be a built and compiled keras.Model. Received: model={model!r}")


def compute_loss(model, x, y, y_pred, sample_weight, training):
    """The loss that `fit` minimizes, as a tensor; for use inside a program."""
    arguments = {"x": x, "y": y, "y_pred": y_pred, "sample_weight": sample_weight, "training": training}
    if "training" not in inspect.signature(model.compute_loss).parameters:  # overridden as before Keras 3.3
        del arguments["training"]
    return model.compute_loss(**arguments)


def _as_in_fit(model, *arrays):
    sync(model)
    return in_floatx(arrays)


def in_floatx(tree):
    """The same nest, with its arrays of floats in Keras' default precision, as `fit` takes them."""
    floatx = keras.config.floatx()

    def cast(value):
        is_float = isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating)
        return value.astype(floatx, copy=False) if is_float else value

    return keras.tree.map_structure(cast, tree)


def without_penalties(model):
    """The same model, but for `losses`, which is empty; the model itself where it has no other loss than these.

    Taking the penalties off the total afterwards would lose the data loss to rounding where they are large.
    """
    if model.loss is None and type(model).compute_loss is keras.Model.compute_loss:
        return model
    view = object.__new__(type(type(model).__name__, (type(model),), {"losses": ()}))
    object.__setattr__(view, "__dict__", model.__dict__)
    return view


def _other_variables(model, variables):
    """Everything else that a forward pass and a loss can read: frozen weights, statistics, seeds, metrics."""
    taken = {id(variable) for variable in variables}
    return [v for v in [*model.variables, *model.metrics_variables] if id(v) not in taken]
