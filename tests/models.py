"""A small model with a given part in its place."""

import keras
import numpy as np

import kerasparts as kp
from tests import cases


def model_with(case, x):
    """Compiled classifier of `(batch, 4, 3)` inputs into 3 classes at each of 4 places, with the part of a row."""
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
    if kind == "layers":
        rows = np.asarray(x).reshape(-1, *case.shape)
        if case.shape == (4, 3):
            layers.insert(1, part)
        else:
            layers[1:1] = [keras.layers.Reshape(case.shape), part, keras.layers.Reshape((4, -1))]
        if hasattr(part, "adapt"):
            part.adapt(rows)
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


def targets_of(case, labels):
    """Targets that a model with the part is trained on, made of integer labels."""
    one_hot = np.eye(3)[labels]
    rows = {"one_hot": one_hot, "logits": 4 * one_hot - 2, "multi_label": one_hot, "pairs": labels % 2}
    return rows.get(next(iter(case.targets)), labels)
