"""Pictures of optimizers: the path down a ravine, what becomes of a gradient, and the rate by step."""

import functools

import keras
import numpy as np
from keras import ops

import kerasparts as kp
from pictures.functions import OURS, THEIRS, panels

START, STEPS = (-4.0, 1.5), 40
STEEP = np.array([1.0, 20.0])  # loss = (x**2 + 20 * y**2) / 2


def loss_of(points):
    return np.sum(STEEP * np.square(points), axis=-1) / 2


def path(optimizer):
    """The points that an optimizer visits, `(STEPS + 1, 2)`."""
    weights = keras.Variable(np.array(START, "float32"))
    optimizer.build([weights])
    points = [START]
    for _ in range(STEPS):
        gradient = STEEP * points[-1]
        optimizer.apply([ops.convert_to_tensor(gradient.astype("float32"))], [weights])
        points.append(ops.convert_to_numpy(weights.value).copy())
    return np.array(points)


# Rates and other arguments with which each gets far in so few steps.
OPTIMIZERS = {
    "SGD": {"learning_rate": 0.04, "momentum": 0.8},
    "Adagrad": {"learning_rate": 1.0},
    "RMSprop": {"learning_rate": 0.1},
    "Adadelta": {"learning_rate": 30.0},
    "Adam": {"learning_rate": 0.3},
    "AdamW": {"learning_rate": 0.3, "weight_decay": 0.1},
    "Nadam": {"learning_rate": 0.3},
    "RectifiedAdam": {"learning_rate": 0.06},
    "AdaBelief": {"learning_rate": 0.3},
    "Yogi": {"learning_rate": 0.3},
    "NovoGrad": {"learning_rate": 0.1},
    "LBFGS": {},
    "Prodigy": {"d0": 0.01},
    "Lookahead": {"optimizer": kp.optimizers.Adam(0.3), "sync_period": 5},
    "ScheduleFree": {"optimizer": kp.optimizers.Adam(0.5, beta_1=0.0)},
    "Proximal": {"optimizer": kp.optimizers.Adam(0.3), "l1": 0.5},
}


@functools.cache
def plain_path():
    return path(keras.optimizers.SGD(2 / STEEP.sum()))


def written(arguments):
    def short(value):
        is_optimizer = isinstance(value, keras.optimizers.Optimizer)
        return f"{type(value).__name__}({float(value.learning_rate):.2g})" if is_optimizer else value

    return ", ".join(f"{key}={short(value)}" for key, value in arguments.items())


def optimizer(name):
    """Its path, and its loss by step, beside plain descent with the rate that is best for it."""
    figure, (left, right) = panels(2, 4.4, 3.3)
    arguments = OPTIMIZERS[name]
    paths = {
        "plain descent, best rate": (plain_path(), THEIRS),
        name: (path(getattr(kp.optimizers, name)(**arguments)), OURS),
    }
    x, y = np.meshgrid(np.linspace(-5, 3, 61), np.linspace(-2.2, 2.2, 41))
    left.contour(x, y, loss_of(np.stack([x, y], axis=-1)), np.geomspace(0.05, 60, 10), colors="0.8", linewidths=0.8)
    for label, (points, color) in paths.items():
        left.plot(*points.T, ".-", color=color, markersize=3, linewidth=1, label=label)
        right.semilogy(np.maximum(loss_of(points), 1e-12), color=color, label=label)
    left.plot(0, 0, "*", color="black")
    left.set(xlim=(-5, 3), ylim=(-2.2, 2.2), xlabel="x", ylabel="y")
    left.set_title(f"{name}({written(arguments)})", loc="left", fontsize="medium")
    right.set(xlabel="gradients", ylabel="loss (x² + 20y²) / 2")
    right.legend(frameon=False)
    return figure


TRANSFORMS = {
    "AdaptiveClip": {"factor": 0.5},
    "Centralize": {},
    "Normalize": {},
    "GradientNoise": {"eta": 0.5, "seed": 1},
    "SkipNonFinite": {},
}


def transform(name):
    """A gradient as it comes, and as it is handed to the optimizer."""
    part = getattr(kp.optimizers.transforms, name)(**TRANSFORMS[name])
    gradient = np.array([[0.4, 1.9, -0.6, 0.3], [0.9, 2.8, 0.2, -0.4]], "float32")
    if name == "SkipNonFinite":
        gradient[0, 1] = np.inf
    weights = keras.Variable(np.full((2, 4), 0.5, "float32"), name="kernel")
    descent = kp.optimizers.SGD(1.0, gradient_transforms=[part])
    descent.build([weights])
    descent.apply([ops.convert_to_tensor(gradient)], [weights])
    handed = 0.5 - ops.convert_to_numpy(weights.value)
    figure, axes = panels(2, 3.6, 2.9, sharey=True)
    titles = "Gradient of a kernel, 2 x 4", f"Out of {name}"
    for ax, values, title in zip(axes, (gradient, handed), titles, strict=True):
        for row, color, label in ((0, OURS, "first row"), (1, THEIRS, "second row")):
            bars, hatch = np.nan_to_num(values[row], posinf=4.0), ["///" if np.isinf(v) else "" for v in values[row]]
            ax.bar(np.arange(4) + 0.4 * row, bars, 0.36, color=color, label=label, hatch=hatch)
        ax.axhline(0, color="0.4", linewidth=0.8)
        ax.set(xticks=np.arange(4) + 0.2, xticklabels=[f"unit {k}" for k in range(1, 5)])
        ax.set_title(title, loc="left", fontsize="medium")
    axes[0].legend(frameon=False, fontsize="small")
    return figure


schedules = kp.optimizers.schedules
SCHEDULES = {
    "StepDecay": {"learning_rate": 0.1, "every": 20, "factor": 0.5},
    "Warmup": {"schedule": schedules.StepDecay(0.1, every=30, factor=0.5), "length": 15},
    "Chain": {"schedules": [0.1, schedules.StepDecay(0.05, every=20, factor=0.5)], "lengths": [30]},
    "OneCycle": {"learning_rate": 0.1, "length": 100},
    "OneCycleMomentum": {"cycle": schedules.OneCycle(0.1, length=100)},
    "Cyclical": {"minimum": 0.02, "maximum": 0.1, "half_cycle": 15, "mode": "triangular2"},
    "CosineWarmRestarts": {"learning_rate": 0.1, "length": 15, "growth": 2.0},
    "InverseSquareRoot": {"learning_rate": 0.1, "warmup": 10},
    "Scaled": {"schedule": schedules.OneCycle(0.1, length=100), "factor": 0.5, "minimum": 0.02},
}


def schedule(name):
    ax = kp.plots.plot_schedule(getattr(schedules, name)(**SCHEDULES[name]), steps=100)
    if name == "OneCycleMomentum":
        ax.set(ylabel="momentum", ylim=(0.8, 1))
    return ax.figure
