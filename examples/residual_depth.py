"""What a shortcut does for a net of 50 layers.

    python examples/residual_depth.py

Nets of 50 dense layers of 32 units learn the handwritten digits of scikit-learn: plain ones, without and with batch
normalization, and two with a shortcut around each pair of layers: `Residual` as in the paper, and ReZero, whose
branches start at zero and which needs no normalization. Same layers, same initializer, same optimizer: Adam with a
learning rate of 0.01. (With 0.001 the normalized residual net learns the training data by heart: 48% on the test data
after 15 epochs, ReZero 97%, plain 57%.)

Printed are the norm of the gradient of the first kernel over that of the last, before any training, and the accuracy
on the test data: median over seeds, and the least and greatest. A ratio of 1 is ideal; far below, gradients vanish on
their way, far above, they explode.

The nets of all seeds are one model, with an axis for the network.
"""

import statistics
from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import accuracies, answers, crossentropy, dense
from sklearn.datasets import load_digits

import kerasparts as kp
from kerasparts import backend

FOLDER = Path(__file__).resolve().parent / "figures"
WIDTH = 32
LEARNING_RATE = 1e-2


def layer(seeds, normalized=False):
    """A layer of each net; batch normalization takes their units for channels, each by itself."""
    he = keras.initializers.HeNormal
    if not normalized:
        return [dense(seeds, WIDTH, initializers=he)]
    return [
        dense(seeds, WIDTH, initializers=he, bias_axes=None),
        keras.layers.Reshape((seeds * WIDTH,)),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.Reshape((seeds, WIDTH)),
    ]


def plain_pair(seeds, normalized):
    return [*layer(seeds, normalized), keras.layers.ReLU(), *layer(seeds, normalized), keras.layers.ReLU()]


def residual_pair(seeds):
    return [kp.layers.Residual([*layer(seeds, True), keras.layers.ReLU(), *layer(seeds, True)], activation="relu")]


def rezero_pair(seeds):
    """For one net, `Residual(block, scale_init=0.0)`; here each has a scale of its own."""
    scale = keras.layers.EinsumDense("bni,n->bni", (seeds, WIDTH), kernel_initializer="zeros")
    return [kp.layers.Residual([*layer(seeds), keras.layers.ReLU(), *layer(seeds), scale])]


NETS = {  # a pair of layers, and whether the layer before the first pair is normalized too
    "plain": (lambda seeds: plain_pair(seeds, False), False),
    "plain, batch normalization": (lambda seeds: plain_pair(seeds, True), True),
    "residual, batch normalization": (residual_pair, True),
    "ReZero": (rezero_pair, False),
}


def net(name, depth, seeds):
    """One layer, `(depth - 2) / 2` pairs of layers, one layer."""
    pair, normalized = NETS[name]
    pairs = [layer for _ in range((depth - 2) // 2) for layer in pair(seeds)]
    first = [keras.layers.RepeatVector(seeds), *layer(seeds, normalized), keras.layers.ReLU()]
    return keras.Sequential([keras.Input((64,)), *first, *pairs, dense(seeds, 10)])


def gradient_ratios(model, x, y):
    """Norm of the gradient of the first kernel over that of the last, of each net."""
    _, gradients = backend.model_value_and_gradients(model, training=True)(x, y)
    kernels = [
        keras.ops.convert_to_numpy(gradient).astype("float64")
        for gradient, variable in zip(gradients, model.trainable_variables, strict=True)
        if variable.name == "kernel"
    ]
    return np.linalg.norm(kernels[0], axis=(1, 2)) / np.linalg.norm(kernels[-1], axis=(1, 2))


def measure(name, split, depth, seeds, epochs):
    """Gradient ratio and test accuracy for each seed."""
    keras.utils.set_random_seed(0)
    model = net(name, depth, seeds)
    model.compile(kp.optimizers.Adam(LEARNING_RATE), crossentropy, jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)
    (x, y), (x_test, y_test) = (map(np.asarray, part) for part in (split.train, split.test))
    y, y_test = (np.repeat(labels[:, None], seeds, axis=1) for labels in (y, y_test))
    ratios = gradient_ratios(model, x[:256], y[:256])
    model.fit(x, y, epochs=epochs, batch_size=64, verbose=0)
    return list(zip(ratios, accuracies(answers(model, x_test), y_test), strict=True))


def table(measured):
    lines = [
        f"{'':30} {'gradient ratio':>14}   {'least':>8} {'greatest':>8}   {'accuracy':>8} {'least':>7} {'greatest':>8}"
    ]
    for name, rows in measured.items():
        ratios, accuracies = zip(*rows, strict=True)
        lines.append(
            f"{name:30} {statistics.median(ratios):14.2g}   {min(ratios):8.2g} {max(ratios):8.2g}"
            f"   {statistics.median(accuracies):8.1%} {min(accuracies):7.1%} {max(accuracies):8.1%}"
        )
    return "\n".join(lines)


def draw(measured, file):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, rows in measured.items():
        ratios, accuracies = zip(*rows, strict=True)
        ax.plot(ratios, accuracies, "o", label=name)
    ax.axvline(1, color="0.4", linewidth=0.8)
    ax.set_xscale("log")
    ax.set_xlabel("gradient of the first kernel / that of the last, before training")
    ax.set_ylabel("test accuracy")
    ax.set_ylim(0, 1.02)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(file, dpi=150)
    plt.close(figure)


def main(folder=FOLDER, nets=tuple(NETS), depth=50, seeds=3, epochs=10):
    """Runs the example; returns gradient ratio and accuracy of every net and seed."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    x, y = load_digits(return_X_y=True)
    split = kp.model_selection.train_dev_test_split((x / 16).astype("float32"), y, seed=0)
    measured = {name: measure(name, split, depth, seeds, epochs) for name in nets}
    print(f"{depth} layers of {WIDTH} units, {seeds} seeds, {epochs} epochs of {len(split.train[0])} digits\n")
    print(table(measured))
    picture = folder / "residual_depth.png"
    draw(measured, picture)
    print(f"\nFigure: {picture}")
    return measured


if __name__ == "__main__":
    main()
