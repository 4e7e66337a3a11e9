"""Pictures of what is a formula: activations, initializers, regularizers, losses."""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops

import kerasparts as kp
from kerasparts import backend

OURS, THEIRS = "#0b6e99", "#d9730d"


def panels(count, width=4.2, height=3.2, **arguments):
    """A figure and its axes, side by side."""
    figure, axes = plt.subplots(1, count, figsize=(width * count, height), layout="constrained", **arguments)
    for ax in np.atleast_1d(axes):
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def activation(name):
    if name != "Softmax":
        return kp.plots.plot_activation(getattr(kp.activations, name)()).figure
    figure, ax = panels(1, 7.0, 4.2)
    z = np.linspace(-6, 6, 121, dtype="float32")
    for temperature in (0.5, 1.0, 2.0):
        shares = kp.activations.Softmax(temperature=temperature)(np.stack([z, 0 * z, 0 * z], axis=-1))
        ax.plot(z, ops.convert_to_numpy(shares)[:, 0], label=f"temperature={temperature}")
    ax.set(xlabel="one of three logits, the others 0", ylabel="its probability")
    ax.legend(frameon=False)
    return figure


def initializer(name):
    """Weights, and the power of a signal on its way through a plain stack, beside Keras' default."""
    make = getattr(kp.initializers, name)
    function, depth, channels = "tanh" if name == "DeltaOrthogonal" else "relu", 30, 64
    is_image = name == "DeltaOrthogonal"
    shape = (3, 3, channels, channels) if is_image else (channels, channels)

    def powers(initializer_of):
        x = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(8, 8, 8, channels)).astype("float32"))
        for number in range(depth):
            kernel = ops.convert_to_tensor(initializer_of(number)(shape))
            z = ops.conv(x, kernel, padding="same") if is_image else ops.matmul(x, kernel)
            yield float(ops.mean(ops.square(z)))
            x = getattr(ops, function)(z)

    figure, (left, right) = panels(2)
    weights = np.ravel(ops.convert_to_numpy(make(activation=function, seed=0)(shape)))
    left.hist(weights[weights != 0], 60, color=OURS)
    zero = np.mean(weights == 0)
    left.set(xlabel=f"weights of a kernel {' x '.join(map(str, shape))}", ylabel="how many")
    left.set_title(f"{zero:.0%} are 0, not drawn" if zero > 0.01 else "Weights", loc="left", fontsize="medium")
    layers = np.arange(1, depth + 1)
    right.semilogy(layers, list(powers(lambda seed: make(activation=function, seed=seed))), color=OURS, label=name)
    keras_own = list(powers(keras.initializers.GlorotUniform))
    right.semilogy(layers, keras_own, color=THEIRS, linestyle="--", label="Keras' default")
    right.set(xlabel="layer", ylabel="power of its pre-activations")
    right.set_title(f"Signal through {depth} layers, {function}", loc="left", fontsize="medium")
    right.legend(frameon=False)
    return figure


REGULARIZERS = {
    "L1L2": {"l1": 0.3, "l2": 0.2},
    "L1": {"l1": 0.4},
    "L2": {"l2": 0.4},
    "GroupLasso": {"rate": 0.9},
    "SpectralNorm": {"rate": 0.5},
    "L2SP": {"rate": 0.4, "start": 1.0},
    "PenaltySum": {"regularizers": [kp.regularizers.L1(0.2), kp.regularizers.GroupLasso(0.5)]},
}


def regularizer(name):
    """What one weight costs, and what becomes of a matrix that is held to given weights by their squared distance."""
    if name not in REGULARIZERS:
        return None
    part = getattr(kp.regularizers, name)(**REGULARIZERS[name])
    rates = ", ".join(f"{key}={value}" for key, value in REGULARIZERS[name].items() if not isinstance(value, list))
    random = np.random.default_rng(1)
    given = (random.normal(size=(8, 8)) * np.linspace(0.15, 1.6, 8)).astype("float32")
    weights = keras.Variable(given)
    slope = backend.value_and_gradients(
        lambda: ops.sum(ops.square(weights - given)) / 2 + part(weights.value), [weights]
    )
    for step in range(300):
        weights.assign_sub(0.3 / (1 + step / 20) * slope()[1][0])
    kept = ops.convert_to_numpy(weights.value)

    figure, (left, middle, right) = panels(3, 3.4, 3.1)
    w = np.linspace(-3, 3, 61, dtype="float32")
    left.plot(w, [float(part(ops.convert_to_tensor([[value]]))) for value in w], color=OURS)
    left.set(xlabel="the one weight of a layer", ylabel="penalty")
    for ax, matrix, title in ((middle, given, "Without"), (right, kept, f"With {name}({rates})")):
        ax.imshow(matrix, cmap="RdBu", vmin=-2.5, vmax=2.5)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        small, norm = int((abs(matrix) < 0.02).sum()), np.linalg.norm(matrix, 2)
        ax.set_title(f"{title}\n{small} of 64 below 0.02\nspectral norm {norm:.1f}", fontsize="medium")
    return figure


def of_error(e):
    return np.zeros((len(e), 1), "float32"), e[:, None]


def of_forecast(log_variance):
    return lambda e: (np.zeros((len(e), 1), "float32"), np.stack([e, np.full_like(e, log_variance)], axis=-1))


def of_logit(target):
    """Of three logits the first moves; `target`: a class or a row of shares."""
    return lambda z: (
        np.array([target] * len(z)),
        np.stack([z, np.zeros_like(z), np.zeros_like(z)], axis=-1),
    )


def of_binary(y):
    return lambda z: (np.full((len(z), 1), float(y), "float32"), z[:, None])


def of_distance(y):
    return lambda d: (np.full(len(d), float(y), "float32"), d)


def of_angle(degrees):
    """Three on a circle: two of a class 40 degrees apart, and one of another class."""
    at = np.radians([0.0, 40.0, degrees])
    return np.array([0, 0, 1]), np.stack([np.cos(at), np.sin(at)], axis=-1).astype("float32")


ERROR = ("prediction - target", np.linspace(-4, 4, 121, dtype="float32"))
LOGIT = ("first of three logits, the others 0", np.linspace(-6, 6, 121, dtype="float32"))
BINARY = ("logit", np.linspace(-6, 6, 121, dtype="float32"))
DISTANCE = ("distance of the pair", np.linspace(0, 2, 81, dtype="float32"))
ANGLE = ("degrees to the other class", np.linspace(4, 180, 45, dtype="float32"))
MARGIN = {"scale": 1.0, "max_margin": 2.0}
COUNTS = [900, 90, 10], [10, 90, 900]
LOGITS = {"from_logits": True}
EACH = {"reduction": "none"}
BOTH = [
    ("squared", 0.5, keras.losses.MeanSquaredError(**EACH)),
    ("absolute", 1.0, keras.losses.MeanAbsoluteError(**EACH)),
]
SMOOTH = {"label_smoothing": 0.2, **LOGITS}
LOSSES = {  # what runs along the axis, and for each line its arguments and what the loss is given
    "MeanSquaredError": (ERROR, {"scale=1": ({}, of_error), "scale=0.5": ({"scale": 0.5}, of_error)}),
    "MeanAbsoluteError": (ERROR, {"": ({}, of_error)}),
    "Huber": (ERROR, {f"delta={d}": ({"delta": d}, of_error) for d in (0.5, 1.0, 2.0)}),
    "LogCosh": (ERROR, {"": ({}, of_error)}),
    "Quantile": (ERROR, {f"q={q}": ({"q": q}, of_error) for q in (0.1, 0.5, 0.9)}),
    "AdaptiveRobust": (ERROR, {f"alpha={a}": ({"alpha": a}, of_error) for a in (2.0, 1.0, 0.0, -2.0)}),
    "GaussianNLL": (ERROR, {f"log-variance {s}": ({}, of_forecast(s)) for s in (-1, 0, 1)}),
    "BinaryCrossentropy": (
        BINARY,
        {
            "y=1": (LOGITS, of_binary(1)),
            "y=1, pos_weight=3": ({"from_logits": True, "pos_weight": 3.0}, of_binary(1)),
            "y=0": (LOGITS, of_binary(0)),
        },
    ),
    "CategoricalCrossentropy": (
        LOGIT,
        {
            "target [1, 0, 0]": (LOGITS, of_logit([1.0, 0.0, 0.0])),
            "label_smoothing=0.2": (SMOOTH, of_logit([1.0, 0.0, 0.0])),
        },
    ),
    "SparseCategoricalCrossentropy": (
        LOGIT,
        {
            "label 0": (LOGITS, of_logit(0)),
            "label 0, label_smoothing=0.2": (SMOOTH, of_logit(0)),
            "label 1": (LOGITS, of_logit(1)),
        },
    ),
    "Focal": (LOGIT, {f"gamma={g}": ({"gamma": g, "from_logits": True}, of_logit(0)) for g in (0.0, 1.0, 2.0, 5.0)}),
    "Hinge": (
        BINARY,
        {
            "y=1": ({"multi_label": True}, of_binary(1)),
            "y=1, squared": ({"multi_label": True, "squared": True}, of_binary(1)),
            "y=0": ({"multi_label": True}, of_binary(0)),
        },
    ),
    "KLDivergence": (
        LOGIT,
        {
            f"temperature={t}, target [0.8, 0.1, 0.1]": (
                {"from_logits": True, "temperature": t},
                of_logit([0.8, 0.1, 0.1]),
            )
            for t in (1.0, 2.0)
        },
    ),
    "LogitAdjusted": (LOGIT, {f"label 0 of {n}": ({"class_counts": n, **LOGITS}, of_logit(0)) for n in COUNTS}),
    "LDAM": (LOGIT, {f"label 0 of {n}": ({"class_counts": n, **MARGIN, **LOGITS}, of_logit(0)) for n in COUNTS}),
    "Asymmetric": (BINARY, {f"y={y}": (LOGITS, of_binary(y)) for y in (1, 0)}),
    "Contrastive": (
        DISTANCE,
        {"y=1, belong together": ({}, of_distance(1)), "y=0": ({}, of_distance(0))},
    ),
    "TripletSemiHard": (ANGLE, {f"margin={m}": ({"margin": m}, of_angle) for m in (0.5, 1.0)}),
    "TripletHard": (ANGLE, {f"margin={m!r}": ({"margin": m}, of_angle) for m in (0.5, 1.0, "soft")}),
    "NPairs": (ANGLE, {"": ({}, of_angle)}),
    "SupervisedContrastive": (ANGLE, {f"temperature={t}": ({"temperature": t}, of_angle) for t in (0.1, 0.5)}),
    "WeightedSum": (ERROR, {"0.5 squared + 1.0 absolute": ({"parts": BOTH}, of_error)}),
}


def loss(name):
    """Loss, and its slope, by error, logit, distance or angle."""
    if name not in LOSSES:
        return None
    (label, x), lines = LOSSES[name]
    figure, (left, right) = panels(2)
    for line, (arguments, given) in lines.items():
        if given is of_angle:  # a batch for every point
            program = backend.program(getattr(kp.losses, name)(**arguments), fused=False)
            batches = (map(ops.convert_to_tensor, of_angle(angle)) for angle in x)
            values = np.array([float(program(*batch)) for batch in batches])
        else:
            part = getattr(kp.losses, name)(**arguments, **({} if "parts" in arguments else EACH))
            values = np.ravel(ops.convert_to_numpy(part(*given(x))))
        left.plot(x, values, label=line or name)
        right.plot(x, np.gradient(values, x), label=line or name)
    left.set(xlabel=label, ylabel="loss", ylim=(min(0, left.get_ylim()[0]), None))
    right.set(xlabel=label, ylabel="its slope")
    right.axhline(0, color="0.4", linewidth=0.8)
    if len(lines) > 1:
        left.legend(frameon=False, fontsize="small")
    return figure
