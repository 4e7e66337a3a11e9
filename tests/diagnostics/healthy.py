"""Signals of a training that went well, and changes to them."""

import dataclasses

import numpy as np

from kerasparts.diagnostics import InputFacts, LayerFacts, OutputFacts, RunFacts, Score, Signals

EPOCHS = 10
STEPS = np.array([0, 1, 2, 4, 8, 16, 32, 64, *range(100, 100 * EPOCHS + 1, 100)], "float64")
MOMENTS = len(STEPS)
UNITS = (64, 64, 10)
STUCK = {"train_skill": 0.02, "validation_skill": 0.02}


def healthy(run=None, score=None, output=None, inputs=None, layers=None, **changes):
    """A ReLU classifier of 10 classes that learned; dictionaries replace single facts, the rest replaces fields.

    Args:
        layers: `{index: changed facts}`.
    """
    fallen = np.exp(-STEPS / 200)
    names = tuple(f"dense_{index}/{name}" for index in range(3) for name in ("kernel", "bias"))
    # A root mean square of sqrt(2 / fan_in), as He draws them.
    norms = np.array([[1.4 * units**0.5, 0.1] for units in UNITS]).ravel()
    weights = np.tile(norms, (MOMENTS, 1)) * (1 + 0.1 * (1 - fallen))[:, None]
    updates = 1e-3 * weights
    updates[0] = np.nan
    gaps = np.diff(STEPS, prepend=np.nan)[:, None]
    curve = 0.2 + 2.1 * np.exp(-np.arange(1, EPOCHS + 1) / 2)
    hidden = np.full((MOMENTS, 3), np.nan)
    hidden[:, :2] = 0.02
    facts = [
        LayerFacts(f"dense_{index}", "Dense", "relu", (index - 1,), 2 * index, 64, units)
        for index, units in enumerate(UNITS)
    ]
    facts[2] = dataclasses.replace(facts[2], activation="softmax", is_output=True)
    for index, changed in (layers or {}).items():
        facts[index] = dataclasses.replace(facts[index], **changed)
    numbers = {name: np.ones((MOMENTS, 3)) for name in ("finite", "scale", "input_scale", "variation")}
    fields = {
        "run": RunFacts(
            rows=4000,
            validation_rows=1000,
            batch_size=40,
            steps_per_epoch=100,
            planned_epochs=EPOCHS,
            epochs=EPOCHS,
            optimizer="Adam",
            learning_rate=1e-3,
            parameters=10_000,
            metrics=("accuracy",),
            backend="tensorflow",
        ),
        "inputs": (InputFacts("x"),),
        "outputs": (classes(),),
        "layers": tuple(facts),
        "variables": names,
        "kernels": (True, False) * 3,
        "score": Score(
            train_skill=0.97,
            train_skill_error=0.005,
            validation_skill=0.95,
            validation_skill_error=0.008,
            train_loss=0.2,
            train_loss_error=0.01,
            validation_loss=0.25,
            validation_loss_error=0.02,
            trivial_loss=2.3,
            attainable=0.8,
            attainable_error=0.015,
            recall=(0.95,) * 10,
            predicted=(0.1,) * 10,
        ),
        "step": STEPS,
        "epoch": STEPS / 100,
        "train_loss": 0.2 + 2.1 * fallen,
        "train_loss_error": np.full(MOMENTS, 0.02),
        "validation_loss": 0.25 + 2.05 * fallen,
        "validation_loss_error": np.full(MOMENTS, 0.02),
        "penalty": np.zeros(MOMENTS),
        "train_skill": 0.97 * (1 - fallen),
        "validation_skill": 0.95 * (1 - fallen),
        "learning_rate": np.full(MOMENTS, 1e-3),
        "gradient_norm": np.tile(norms, (MOMENTS, 1)) * fallen[:, None],
        "weight_norm": weights,
        "update_norm": updates,
        "displacement": 1e-3 * weights * gaps,
        "equal_units": np.where(np.arange(6) % 2, np.nan, np.full((MOMENTS, 6), 0.01)),
        "dead": hidden,
        "saturated": np.full((MOMENTS, 3), np.nan),
        "output_low": np.zeros(MOMENTS),
        "output_high": np.ones(MOMENTS),
        "output_std": np.full(MOMENTS, 0.3),
        "curves": {"loss": curve, "val_loss": curve + 0.05, "accuracy": 1 - curve / 3},
        **numbers,
        **changes,
    }
    for name, changed in (("run", run), ("score", score)):
        fields[name] = dataclasses.replace(fields[name], **(changed or {}))
    fields["inputs"] = (dataclasses.replace(fields["inputs"][0], **(inputs or {})),)
    fields["outputs"] = (dataclasses.replace(fields["outputs"][0], **(output or {})),)
    return Signals(**fields)


def stuck(score=None, **changes):
    """The same with a model that has learned nothing of what simple predictors find."""
    flat = {
        "train_loss": np.full(MOMENTS, 2.3),
        "curves": {"loss": np.full(EPOCHS, 2.3), "val_loss": np.full(EPOCHS, 2.3)},
    }
    flat |= {"train_skill": np.full(MOMENTS, 0.02), "validation_skill": np.full(MOMENTS, 0.02)}
    return healthy(score={**STUCK, **(score or {})}, **{**flat, **changes})


def column(array, index, value):
    """A copy with one column replaced."""
    array = np.array(array, "float64")
    array[:, index] = value
    return array


def classes():
    return OutputFacts(
        name="label",
        units=10,
        activation="softmax",
        low=0.0,
        high=1.0,
        loss="sparse_categorical_crossentropy",
        from_logits=False,
        form="index",
        classes=10,
        counts=(400,) * 10,
        target_low=0.0,
        target_high=9.0,
        target_mean=4.5,
        target_std=2.9,
        outside=0.9,
        is_whole=True,
        layer="dense_2",
    )


BINARY = {
    "units": 1, "activation": "sigmoid", "loss": "binary_crossentropy", "form": "binary", "classes": 2,
    "counts": (2000, 2000), "target_high": 1.0, "target_mean": 0.5, "target_std": 0.5, "outside": 0.0,
}  # fmt: skip
VALUES = {
    "units": 1, "activation": "linear", "low": -np.inf, "high": np.inf, "loss": "mean_squared_error", "form": "values",
    "classes": 0, "counts": (), "target_low": -2.5, "target_high": 2.5, "target_mean": 0.0, "target_std": 1.0,
    "outside": 0.0, "is_whole": False,
}  # fmt: skip
ONE_HOT = {
    "loss": "categorical_crossentropy", "form": "one_hot", "target_high": 1.0, "target_mean": 0.1, "target_std": 0.3,
    "outside": 0.0,
}  # fmt: skip
TAGS = {**ONE_HOT, "activation": "sigmoid", "loss": "binary_crossentropy", "form": "multi_label", "not_one": 0.7}
