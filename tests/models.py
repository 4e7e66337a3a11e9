"""A small model with a given part in its place."""

import keras
import numpy as np

import kerasparts as kp
from tests import cases


def model_with(case, x):
    """Compiled classifier of `(batch, 4, 3)` inputs into 3 classes at each of 4 places, with a part, but no layer."""
    keras.utils.set_random_seed(11)
    kind = next(kind for kind, rows in cases.KINDS.items() if case in rows)
    part = case.build()
    hidden = {}
    if kind == "activations":
        hidden["activation"] = part
    elif kind == "initializers":
        hidden["kernel_initializer"] = part
    elif kind == "regularizers":
        hidden["kernel_regularizer"] = part
    layers = [keras.Input((4, 3)), keras.layers.Dense(6, **hidden)]
    model = keras.Sequential([*layers, keras.layers.Dense(case.outputs)])
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = case.build(**({"axis": -1} if "axis" in case.kwargs else {})) if kind == "losses" else plain
    optimizer = keras.optimizers.Adam(part if kind == "optimizers.schedules" else 0.01)
    if kind == "optimizers":
        optimizer = part
    elif kind == "optimizers.transforms":
        optimizer = kp.optimizers.SGD(0.1, momentum=0.9, gradient_transforms=[part])
    model.compile(optimizer, loss)
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
