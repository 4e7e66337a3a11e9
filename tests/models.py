"""Small models with given parts in their places."""

import keras
import numpy as np

import kerasparts as kp
from tests import cases

HIDDEN = {"activations": "activation", "initializers": "kernel_initializer", "regularizers": "kernel_regularizer"}


def kind_of(case):
    return next(kind for kind, rows in cases.KINDS.items() if case in rows)


def model_with(case):
    """Compiled classifier of `(batch, 4, 3)` inputs at each of 4 places, with an optimizer or a transform."""
    keras.utils.set_random_seed(11)
    model = keras.Sequential([keras.Input((4, 3)), keras.layers.Dense(6), keras.layers.Dense(3)])
    part = case.build()
    if kind_of(case) == "optimizers.transforms":
        part = kp.optimizers.SGD(0.1, momentum=0.9, gradient_transforms=[part])
    return compiled(model, part, keras.losses.SparseCategoricalCrossentropy(from_logits=True))


def with_layers(rows, x):
    """Compiled classifier of `(batch, 4, 3)` inputs with an output of 3 classes for each layer or part of a layer."""
    keras.utils.set_random_seed(11)
    layers = {}
    for case in rows:
        part, kind = case.build(), kind_of(case)
        if hasattr(part, "adapt"):
            part.adapt(x.reshape(-1, *case.shape))
        layers[case] = keras.layers.Dense(6, **{HIDDEN[kind]: part}, name=f"{case}_hidden") if kind in HIDDEN else part
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(side_by_side(layers, units=3), keras.optimizers.SGD(0.01), loss)


def with_losses(rows, **changes):
    """Compiled model of `(batch, 4, 3)` inputs with an output for each loss, built with those changes that it takes."""
    keras.utils.set_random_seed(11)
    inputs, outputs, losses = keras.Input((4, 3)), {}, {}
    for case in rows:
        h = keras.layers.Dense(6, name=f"{case}_hidden")(inputs)
        outputs[str(case)] = keras.layers.Dense(case.outputs, name=str(case))(h)
        taken = {name: value for name, value in {"axis": -1, **changes}.items() if name in case.kwargs}
        losses[str(case)] = case.build(**taken)
    return compiled(keras.Model(inputs, outputs), keras.optimizers.SGD(0.01), losses)


def compiled(model, optimizer, loss):
    """The model, soon compiled on TensorFlow: without XLA, and traced once, as the optimizer is built."""
    model.compile(optimizer, loss, jit_compile=False if keras.backend.backend() == "tensorflow" else "auto")
    model.optimizer.build(model.trainable_variables)
    return model


def side_by_side(layers, units):
    """Model of `(batch, 4, 3)` inputs with one output for each layer, called like the row it is of: one compilation.

    Args:
        layers: dict from rows to layers.
        units: of each output.
    """
    inputs, outputs = keras.Input((4, 3)), {}
    for case, layer in layers.items():
        h = keras.layers.Flatten()(layer(keras.layers.Reshape(case.shape)(inputs)))
        outputs[str(case)] = keras.layers.Dense(units, name=str(case))(h)
    return keras.Model(inputs, outputs)


def chosen(request, rows):
    """Those of the rows that the tests of a module ask for in this run."""
    items = [item for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    asked = [item.callspec.params.get("case") for item in items]
    return [case for case in rows if case in asked]


def targets_of(case, labels):
    """Targets that a model with the part is trained on, made of integer labels."""
    one_hot = np.eye(3)[labels]
    rows = {"one_hot": one_hot, "logits": 4 * one_hot - 2, "multi_label": one_hot, "pairs": labels % 2}
    return rows.get(next(iter(case.targets)), labels)
