"""Trainings that never were: signals and findings as plausible as a page needs them."""

import numpy as np

from kerasparts.diagnostics.facts import InputFacts, LayerFacts, RunFacts, Score
from kerasparts.diagnostics.findings import Diagnosis, Evidence, Finding
from kerasparts.diagnostics.signals import Signals
from tests.diagnostics.healthy import classes


def signals(depth=6, dense=8, epochs=10, seed=0, **changes):
    """A deep ReLU classifier on inputs out of scale: gradients fade towards the input, units die in the middle."""
    rng = np.random.default_rng(seed)
    step = np.concatenate([[0], 2 ** np.arange(max(dense - 1, 0)), 100 * np.arange(1, epochs + 1)]).astype(float)
    epoch = step / 100
    m = len(step)
    progress = 1 - np.exp(-epoch / 2)
    train_loss = 2.3 - 1.9 * progress + 0.02 * rng.normal(size=m)
    validation_loss = train_loss + 0.55 * progress**2 + 0.02 * rng.normal(size=m)
    layers, variables, kernels = [], [], []
    for i in range(depth):
        last = i == depth - 1
        name = f"sequential/dense_{i}" if i else "sequential/dense"
        kernel = len(variables)
        variables += [f"{name}/kernel", f"{name}/bias"]
        kernels += [True, False]
        activation, units = ("softmax", 10) if last else ("relu", 64)
        sources = (i - 1,)
        layers.append(LayerFacts(name, "Dense", activation, sources, kernel, 64, units, last))
    v = len(variables)
    position = np.arange(v) / max(v - 1, 1)
    noise = np.exp(0.15 * rng.normal(size=(m, v)))
    gradient = 0.3 * 10 ** (-4 * (1 - position))[None] * (1 - 0.8 * progress)[:, None] * noise
    weight = (6 + 4 * position)[None] * (1 + 0.5 * progress[:, None] * (0.5 + position)[None])
    update = weight * 10 ** (-3 - 2.5 * (1 - position))[None] * noise
    update[0] = np.nan
    dead = np.full((m, depth), np.nan)
    saturated = np.full((m, depth), np.nan)
    for i in range(depth - 1):
        dead[:, i] = np.round(64 * min(0.9, 0.15 * i) * progress**0.7) / 64
        saturated[:, i] = np.clip(0.4 + 0.08 * i * progress + 0.02 * rng.normal(size=m), 0, 1)
    return Signals(
        **{
            "run": RunFacts(
                rows=4000,
                validation_rows=1000,
                batch_size=40,
                steps_per_epoch=100,
                planned_epochs=max(epochs, 20),
                epochs=epochs,
                optimizer="SGD",
                learning_rate=0.01,
                momentum=0.9,
                parameters=65_226,
                metrics=("accuracy",),
                backend="tensorflow",
            ),
            "inputs": (InputFacts("pixels", rms=98.2, largest=255.0, offset=0.8, spread=41.0),),
            "outputs": (classes(),),
            "layers": tuple(layers),
            "variables": tuple(variables),
            "kernels": tuple(kernels),
            "score": Score(
                train_skill=0.86,
                train_skill_error=0.006,
                validation_skill=0.71,
                validation_skill_error=0.016,
                trivial_loss=2.303,
                attainable=0.92,
                attainable_error=0.01,
            ),
            "step": step,
            "epoch": epoch,
            "train_loss": train_loss,
            "train_loss_error": np.full(m, 0.04),
            "validation_loss": validation_loss,
            "validation_loss_error": np.full(m, 0.06),
            "penalty": np.zeros(m),
            "train_skill": 0.87 * progress,
            "validation_skill": 0.72 * progress,
            "learning_rate": np.full(m, 0.01),
            "gradient_norm": gradient,
            "weight_norm": weight,
            "update_norm": update,
            "dead": dead,
            "saturated": saturated,
            "scale": np.abs(rng.normal(1, 0.3, size=(m, depth))),
            "notes": ("equality of units: no layer has more than one kernel of that kind",),
            **changes,
        }
    )


def diagnosis(**changes):
    """Three findings, the second of which follows from the first."""
    findings = (
        Finding(
            "unnormalized_inputs",
            "The inputs are far from the scale that the initializer counts on, and their features differ 41-fold.",
            "Put kerasparts.layers.RobustScaling() first and call adapt(x) before fit.",
            {
                "root mean square of pixels": Evidence(98.2, 10.0),
                "spread of the features": Evidence(41.0, 20.0, "times the least"),
            },
            epoch=0.0,
            code=(
                "model = keras.Sequential([keras.layers.Dense(64), ...])",
                "model = keras.Sequential([kerasparts.layers.RobustScaling(), keras.layers.Dense(64), ...])",
            ),
        ),
        Finding(
            "dead_relu",
            "58% of the units of dense_4 have no slope on any row and cannot learn.",
            "Take kerasparts.activations.LeakyReLU(0.1), or lower the learning_rate.",
            {"dead units of dense_4": Evidence(0.58, 0.5, "of the units")},
            layer="sequential/dense_4",
            epoch=3.0,
            explained_by=("unnormalized_inputs", "lr_too_high"),
            code=(
                'keras.layers.Dense(64, activation="relu")',
                "keras.layers.Dense(64, activation=kerasparts.activations.LeakyReLU(0.1))",
            ),
        ),
        Finding(
            "high_variance",
            "The validation loss stays above the training loss beyond its sampling error.",
            "Add keras.layers.Dropout(0.3) after the dense layers.",
            {"generalization gap": Evidence(0.54, 0.23, "nats")},
            epoch=7.0,
            severity="warning",
        ),
    )
    return Diagnosis(
        **{
            "findings": findings,
            "verdict": "Scale the inputs: they are far out of range, and units die of it.",
            "numbers": {
                "training skill": "0.86 (0.85 to 0.87)",
                "validation skill": "0.71 (0.68 to 0.74)",
                "attainable skill": "0.92 at the least",
                "bias": "high",
                "variance": "high",
            },
            "epochs": 10,
            "notes": ("recall: no validation labels",),
            **changes,
        }
    )
