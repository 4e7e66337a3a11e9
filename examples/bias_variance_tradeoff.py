"""Where bias and variance cross: the error of a model by its capacity, on a curve of which all is known.

    python examples/bias_variance_tradeoff.py

Training sets of 30 noisy points of one curve are drawn 30 times, and the same model is fitted to each. Left, capacity
is the width of a fixed layer of cosines of rising frequency, a series as polynomials are one: bias falls, variance
rises, and the error is U-shaped above the floor of the noise. Right, it is the width of a layer of learned units: bias
falls too, but variance does not rise with width (Neal et al. 2018, https://arxiv.org/abs/1810.08591).
"""

from pathlib import Path

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
SERIES, WIDTHS = (1, 2, 4, 6, 8, 12, 16, 20), (1, 2, 4, 8, 24, 128)
ROWS, NOISE = 30, 0.3  # points of a training set, standard deviation of their targets


def sample(rows, random):
    x = random.uniform(-1, 1, size=(rows, 1))
    return x, np.sin(2 * np.pi * x) + x + NOISE * random.normal(size=(rows, 1))


def build_series(width):
    """`w[0] cos(0 t) + ... + w[width - 1] cos((width - 1) t)` with `t` from 0 to pi."""
    frequency = keras.initializers.Constant(np.pi / 2 * np.arange(width))
    fixed = {"kernel_initializer": frequency, "bias_initializer": frequency, "trainable": False}
    model = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(width, keras.ops.cos, **fixed),
            keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    return model


def build_network(width):
    spread = keras.initializers.RandomNormal(stddev=3.0)
    model = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(width, "tanh", kernel_initializer=spread, bias_initializer=spread),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(0.03), "mse")
    return model


def draw_training_set(rows, random):
    return random.choice(rows, ROWS, replace=False)


def main(folder=FOLDER, series=SERIES, widths=WIDTHS, replicas=30, epochs=400, verbose=1):
    """Runs the example; returns both tradeoffs."""
    import matplotlib.pyplot as plt

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    data = (*sample(6000, random), *sample(500, random))  # many more than a training set: each is nearly a new one
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.4), sharey=True, layout="constrained")
    found = {}
    for ax, name, build_model, capacities in zip(
        axes, ("cosines", "learned units"), (build_series, build_network), (series, widths), strict=True
    ):
        found[name] = kp.model_selection.bias_variance_tradeoff(
            build_model,
            capacities,
            *data,
            replicas=replicas,
            resample=draw_training_set,
            noise=NOISE**2,
            epochs=epochs,
            batch_size=ROWS,
            verbose=verbose,
        )
        print(f"\n{name.capitalize()}\n{found[name]}")
        kp.plots.plot_bias_variance_tradeoff(found[name], ax=ax, xlabel=f"number of {name}")
        ax.set_title(f"{name.capitalize()}: least error at {found[name].best}", loc="left", fontweight="bold")
        ax.get_legend().remove()
    axes[1].set_ylabel("")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    picture = folder / "bias_variance_tradeoff.png"
    figure.savefig(picture, dpi=150)
    plt.close(figure)
    print(f"\nFigure: {picture}")
    return found


if __name__ == "__main__":
    main()
