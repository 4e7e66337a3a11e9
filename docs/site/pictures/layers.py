"""Pictures of layers: what goes in, and what comes out in training."""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from sklearn.datasets import load_digits, load_iris

import kerasparts as kp
from pictures.functions import OURS, THEIRS, panels

IMAGES = {  # arguments with which an effect is seen on a digit of 8 x 8
    "Dropout": {"rate": 0.3, "seed": 1},
    "ScheduledDropout": {"schedule": keras.optimizers.schedules.PolynomialDecay(0.3, 10), "seed": 1},
    "DropPath": {"rate": 0.4, "seed": 2},
    "DropBlock": {"rate": 0.2, "block_size": 3, "seed": 1},
    "InputNoise": {"kind": "salt_and_pepper", "amount": 0.15, "value_range": (0, 1), "seed": 1},
    "Cutout": {"size": 4, "seed": 1},
    "MixUp": {"alpha": 1.0, "classes": 10, "seed": 4},
    "CutMix": {"alpha": 1.0, "classes": 10, "seed": 1},
}
COLUMNS = "sepal\nlength", "sepal\nwidth", "petal\nlength", "petal\nwidth"
TABLES = {
    "SwapNoise": {"rate": 0.3, "seed": 1},
    "FeatureDropout": {"rate": 0.3, "fill_value": "mean", "seed": 1},
    "Jitter": {"stddev": 0.3, "seed": 1},
}
SCALINGS = {
    "StandardScaling": {},
    "MinMaxScaling": {},
    "RobustScaling": {},
    "QuantileScaling": {"output_distribution": "normal"},
}
NOISY = {
    "DropConnect": lambda: kp.layers.DropConnect(keras.layers.Dense(1), rate=0.3, seed=1),
    "WeightNoise": lambda: kp.layers.WeightNoise(keras.layers.Dense(1), stddev=0.05, seed=1),
    "NoisyDense": lambda: kp.layers.NoisyDense(1, seed=1),
}
CURVES = {
    "ParametricReLU": ("slope", (0.0, 0.1, 0.25, 0.5)),
    "ParametricSwish": ("beta", (0.3, 1.0, 2.0, 5.0)),
}


def layer(name):
    for table, draw in ((IMAGES, images), (TABLES, cells), (SCALINGS, scaling), (NOISY, noisy), (CURVES, curves)):
        if name in table:
            return draw(name, table[name])
    return rare() if name == "SMOTE" else None


def images(name, arguments):
    """Six digits, and under each what the layer makes of it, with its label where that changes."""
    x, y = load_digits(return_X_y=True)
    x, y = (x[:6] / 16).reshape(-1, 8, 8, 1).astype("float32"), y[:6]
    part = getattr(kp.layers, name)(**arguments)
    changed, labels = part((x, y), training=True) if "classes" in arguments else (part(x, training=True), None)
    figure, axes = plt.subplots(2, 6, figsize=(7.2, 2.9), layout="constrained")
    highest = max(1.0, float(ops.max(changed)))
    for column in range(6):
        for ax, image in zip(axes[:, column], (x[column], ops.convert_to_numpy(changed)[column]), strict=True):
            ax.imshow(image[..., 0], cmap="gray_r", vmin=0, vmax=highest)
            ax.set(xticks=[], yticks=[])
        if labels is not None:
            row = ops.convert_to_numpy(labels)[column]
            shares = [f"{k}: {share:.2f}" for k, share in enumerate(row) if share > 0.005]
            axes[1, column].set_xlabel("\n".join(shares), fontsize="small")
            axes[0, column].set_xlabel(str(y[column]), fontsize="small")
    axes[0, 0].set_ylabel("in")
    axes[1, 0].set_ylabel("out")
    return figure


def flowers():
    """Twelve of them, with four measures each, and the species."""
    x, y = load_iris(return_X_y=True)
    rows = np.arange(0, 150, 13)
    return x.astype("float32"), y, rows


def cells(name, arguments):
    """A table before and after, what changed in bold."""
    x, _, rows = flowers()
    part = getattr(kp.layers, name)(**arguments)
    if hasattr(part, "adapt"):
        part.adapt(x)
    table = x[rows]
    changed = ops.convert_to_numpy(part(table, training=True))
    figure, axes = panels(2, 3.4, 3.6)
    low, high = x.min(axis=0), x.max(axis=0)
    for ax, values, title in zip(axes, (table, changed), ("In", f"Out of {name}"), strict=True):
        ax.imshow((values - low) / (high - low), aspect="auto", cmap="Blues", vmin=0, vmax=1.4, alpha=0.35)
        for (i, j), value in np.ndenumerate(values):
            is_new = not np.isclose(value, table[i, j])
            style = {"color": "#b34700", "fontweight": "bold"} if is_new else {"color": "0.3"}
            ax.text(j, i, f"{value:.2g}", ha="center", va="center", fontsize="small", **style)
        ax.set(xticks=range(4), yticks=[], xticklabels=COLUMNS)
        ax.set_title(title, loc="left", fontsize="medium")
        ax.spines[:].set_visible(False)
    return figure


def rare():
    """Rows of a rare class that are drawn between its own."""
    x, y, _ = flowers()
    keep = np.concatenate([np.flatnonzero(y == 1), np.flatnonzero(y == 2)[:10]])
    x, y = x[keep][:, 2:], y[keep]
    part = kp.layers.SMOTE(seed=0)
    part.adapt(x, y)
    new = np.concatenate([ops.convert_to_numpy(part((x, y))[0])[y == 2] for _ in range(4)])
    figure, ax = panels(1, 6.4, 3.8)
    ax.plot(*x[y == 1].T, "o", color="0.75", label="frequent class, as it is")
    ax.plot(*new.T, "x", color=THEIRS, label="rare class, out of SMOTE, four times")
    ax.plot(*x[y == 2].T, "o", color=OURS, label="rare class, in")
    ax.set(xlabel="petal length, cm", ylabel="petal width, cm")
    ax.legend(frameon=False, fontsize="small")
    return figure


def scaling(name, arguments):
    """A lopsided column with outliers, in its own unit, and scaled, beside Keras' `Normalization`."""
    x = np.random.default_rng(0).lognormal(3.0, 0.5, (2000, 1)).astype("float32")
    x[:20] *= 8
    figure, axes = panels(3, 3.1, 2.9)
    part = getattr(kp.layers, name)(**arguments)
    title = "\n".join([name, *(f'{key}="{value}"' for key, value in arguments.items())])
    shown = {"In, 1% outliers": None, title: part, "Keras' Normalization": keras.layers.Normalization()}
    for ax, (title, scaled) in zip(axes, shown.items(), strict=True):
        if scaled is not None:
            scaled.adapt(x)
        values = x if scaled is None else ops.convert_to_numpy(scaled(x))
        ax.hist(np.ravel(values), 60, color=THEIRS if scaled is None else OURS)
        ax.set_title(title, loc="left", fontsize="medium")
        ax.set(yscale="log", yticks=[])
    axes[0].set_ylabel("how many (log)")
    return figure


def noisy(name, make):
    """The one output for one input, again and again."""
    keras.utils.set_random_seed(3)
    part, x = make(), np.ones((1, 16), "float32")
    still = float(part(x)[0, 0])
    draws = [float(part(x, training=True)[0, 0]) for _ in range(150)]
    figure, ax = panels(1, 6.0, 3.2)
    ax.hist(draws, 30, color=OURS, label="training=True, 150 times")
    ax.axvline(still, color=THEIRS, linewidth=2, label="inference")
    ax.set(xlabel=f"output of {name} for one and the same input", ylabel="how often")
    ax.legend(frameon=False)
    return figure


def curves(name, argument):
    """The function by what is learned."""
    key, values = argument
    figure, ax = panels(1, 6.0, 3.4)
    x = np.linspace(-5, 5, 201, dtype="float32")
    for value in values:
        part = getattr(kp.layers, name)()
        part.build((None, 1))
        part.weights[0].assign(np.full(part.weights[0].shape, value))
        ax.plot(x, ops.convert_to_numpy(part(x[:, None]))[:, 0], label=f"{key} {value}")
    ax.set(xlabel="x", ylabel=f"{name}, by what it learned")
    ax.legend(frameon=False)
    return figure
