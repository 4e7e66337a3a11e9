"""One row a part: the class, arguments off their defaults, bad values, and what it is held against.

A new part needs one row here; the suites in `tests/conformance/` do the rest. A row that leaves an argument at its
default, or names no bad value for it, fails.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

import kerasparts as kp
from tests.reference import activations, layers, losses, optimizers, regularizers


@dataclass(frozen=True)
class Case:
    """A part and all that the shared tests must know of it.

    Attributes:
        part: the class.
        kwargs: every argument, off its default.
        bad: one value for each argument that must be refused with a ValueError naming it.
        free: arguments that take anything of their type.
        unsaved: arguments that are no part of the configuration.
        oracle: function of `tests/reference/` with the formula; its arguments are named like the part's.
        gradient: the same for the derivative.
        name: of the row, where a part has several.
        saved: whether models with the part are saved, loaded in a fresh process and trained on.
    """

    part: type
    kwargs: dict[str, Any]
    bad: dict[str, Any] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    unsaved: tuple[str, ...] = ()
    oracle: Callable | None = None
    gradient: Callable | None = None
    name: str = ""
    saved: bool = True

    def build(self, **changes):
        return self.part(**{**self.kwargs, **changes})

    def __str__(self):
        return f"{self.part.__name__}{'-' + self.name if self.name else ''}"


ACTIVATIONS = [
    Case(
        kp.activations.Swish,
        dict(beta=1.5),
        bad=dict(beta=-0.1),
        oracle=activations.swish,
        gradient=activations.swish_derivative,
    ),
    *(
        Case(
            kp.activations.Step,
            dict(threshold=0.5, surrogate=surrogate),
            bad=dict(threshold=float("nan"), surrogate="cosine"),
            oracle=activations.step,
            gradient=activations.step_derivative,
            name=surrogate,
        )
        for surrogate in ("arctan", "hard_tanh", "straight_through")
    ),
]

INITIALIZERS = [
    Case(
        kp.initializers.VarianceMatched,
        dict(activation="tanh", mode="fan_avg", distribution="uniform", seed=7),
        bad=dict(activation="softmax", mode="fan", distribution="normal", seed=1.5),
    ),
]

REGULARIZERS = [
    Case(
        kp.regularizers.L1L2,
        dict(l1=0.03, l2=0.02),
        bad=dict(l1=-1.0, l2=float("nan")),
        oracle=regularizers.l1_l2,
        gradient=regularizers.l1_l2_gradient,
    ),
    Case(
        kp.regularizers.PenaltySum,
        dict(regularizers=[kp.regularizers.L1L2(l1=0.1), keras.regularizers.L1L2(l2=0.2)], factors=[0.5, 2.0]),
        bad=dict(regularizers=["l1"], factors=[1.0]),
        oracle=regularizers.penalty_sum,
        gradient=regularizers.penalty_sum_gradient,
    ),
]

LOSSES = [
    Case(
        kp.losses.SparseCategoricalCrossentropy,
        dict(
            from_logits=True,
            class_weight=[1.0, 2.0, 0.5],
            label_smoothing=0.1,
            ignore_class=2,
            axis=1,
            reduction="sum",
            name="xent",
            dtype="bfloat16",
        ),
        bad=dict(
            from_logits="yes",
            class_weight=[1.0, -1.0],
            label_smoothing=1.0,
            ignore_class=0.5,
            axis=0,
            reduction="all",
        ),
        free=("name", "dtype"),
        oracle=losses.sparse_categorical_crossentropy,
    ),
]

OPTIMIZERS = [
    Case(
        kp.optimizers.AdamW,
        dict(
            learning_rate=0.02,
            weight_decay=0.1,
            beta_1=0.8,
            beta_2=0.95,
            epsilon=1e-5,
            weight_decay_exclude=["embedding", "bias$"],
        ),
        bad=dict(
            learning_rate=-1.0,
            weight_decay=-0.1,
            beta_1=1.0,
            beta_2=-0.1,
            epsilon=0.0,
            weight_decay_exclude="bias",
        ),
        oracle=optimizers.adamw,
    ),
]

LAYERS = [
    Case(
        kp.layers.RobustScaling,
        dict(axis=(1, -1), quantile_range=(10.0, 80.0)),
        bad=dict(axis="features", quantile_range=(75.0, 25.0)),
        oracle=layers.robust_scaling,
    ),
]

CALLBACKS = [
    Case(
        kp.callbacks.EarlyStopping,
        dict(
            monitor="val_accuracy",
            min_delta=0.01,
            relative_min_delta=0.05,
            patience=3,
            mode="max",
            restore_best_weights=False,
            verbose=1,
        ),
        bad=dict(
            monitor="",
            min_delta=-1.0,
            relative_min_delta=1.0,
            patience=1.5,
            mode="up",
            restore_best_weights=None,
            verbose=3,
        ),
        saved=False,
    ),
    Case(
        kp.callbacks.BiasVarianceDiagnostics,
        dict(
            target_error=0.1,
            error="error_rate",
            trivial_error=0.9,
            tolerance=0.2,
            confidence=0.9,
            min_epochs=3,
            sample_size=64,
            training_data=(np.zeros((4, 3), "float32"), np.array([0, 1, 0, 1])),
            validation_data=(np.zeros((4, 3), "float32"), np.array([0, 1, 0, 1])),
            seed=3,
            verbose=1,
        ),
        bad=dict(
            target_error="low",
            error="accuracy",
            trivial_error="high",
            tolerance=0.0,
            confidence=0.5,
            min_epochs=2,
            sample_size=1,
            seed=-1,
            verbose=2,
        ),
        free=("training_data", "validation_data"),
        unsaved=("training_data", "validation_data"),
        saved=False,
    ),
]

KINDS = {
    "activations": ACTIVATIONS,
    "initializers": INITIALIZERS,
    "regularizers": REGULARIZERS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "layers": LAYERS,
    "callbacks": CALLBACKS,
}

ALL = [case for cases in KINDS.values() for case in cases]
