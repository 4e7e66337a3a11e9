"""What becomes of the gradient on its way through 30 layers, by activation and initializer.

    python examples/gradient_flow.py

For plain stacks of 30 layers of 64 units, the norm of the kernel gradient of the first hidden layer over that of the
last, before any training: median over seeds, and the least and greatest. 1 is ideal; far below, gradients vanish, far
above, they explode. The classical pairs stand next to `VarianceMatched`, which fits the variance to the activation.

Theory: where the power of the signal is kept, every layer multiplies the power of the gradient by
`E[f'(z)**2] / E[f(z)**2]`, z standard normal, so the norms are in the ratio of its `(depth - 1) / 2`-th power.
"""

import math
import statistics
from pathlib import Path

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp
from kerasparts import backend
from kerasparts.activations.elementwise import ELEMENTWISE

FOLDER = Path(__file__).resolve().parent / "figures"
WIDTH = 64


def rows():
    """Name of the row, activation, function that makes an initializer of a seed."""
    yield "sigmoid, Keras' default", "sigmoid", lambda seed: keras.initializers.GlorotUniform(seed)
    yield "tanh, Glorot", "tanh", lambda seed: keras.initializers.GlorotNormal(seed)
    yield "relu, He", "relu", lambda seed: keras.initializers.HeNormal(seed)
    for kind in ELEMENTWISE:
        if kind is kp.activations.Step:  # its gradient is that of another function
            continue
        activation = kind()
        yield (
            f"{kind.__name__}, VarianceMatched",
            activation,
            lambda seed, activation=activation: kp.initializers.VarianceMatched(activation, mode="fan_avg", seed=seed),
        )


def gradient_norms(activation, initializer, depth, seeds):
    """Norm of the gradient of every hidden kernel at the start, from the first layer to the last, for each seed."""
    layers = [keras.layers.Dense(WIDTH, activation=activation) for _ in range(depth)]
    model = keras.Sequential([keras.Input((WIDTH,)), *layers, keras.layers.Dense(10)])
    model.compile(loss=kp.losses.SparseCategoricalCrossentropy(from_logits=True))
    gradients_of = backend.model_value_and_gradients(model)
    norms = []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        x, y = random.normal(size=(256, WIDTH)).astype("float32"), random.integers(0, 10, 256)
        for number, layer in enumerate(layers):
            layer.kernel.assign(initializer(1000 * seed + number)((WIDTH, WIDTH)))
        model.layers[-1].kernel.assign(keras.initializers.LecunNormal(seed)((WIDTH, 10)))
        _, gradients = gradients_of(x, y)
        kernels = (keras.ops.convert_to_numpy(gradient) for gradient in gradients[0 : 2 * depth : 2])
        norms.append([float(np.linalg.norm(kernel.astype("float64"))) for kernel in kernels])
    return norms


def theory(activation, depth):
    """The ratio that theory gives where the variance is matched."""
    known = kp.activations.describe(activation)
    z = np.random.default_rng(0).normal(size=1_000_000).astype("float32")
    slope = keras.ops.convert_to_numpy(known.derivative(z)).astype("float64")
    return float((known.gain**2 * (slope**2).mean()) ** ((depth - 1) / 2))


def measure(depth=30, seeds=5):
    """`{row: (norms by layer, for each seed; ratio by theory or None)}`."""
    return {
        name: (gradient_norms(f, make, depth, seeds), theory(f, depth) if "VarianceMatched" in name else None)
        for name, f, make in rows()
    }


def ratios(norms):
    """First over last, for each seed."""
    return [one[0] / one[-1] for one in norms]


def table(measured):
    lines = [f"{'activation, initializer':28} {'first / last':>12}   {'least':>8} {'greatest':>8} {'theory':>8}"]
    for name, (norms, expected) in measured.items():
        values = ratios(norms)
        by_theory = "" if expected is None else f"{expected:.2g}"
        lines.append(
            f"{name:28} {statistics.median(values):12.2g}   {min(values):8.2g} {max(values):8.2g} {by_theory:>8}"
        )
    return "\n".join(lines)


def draw(measured, file):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 4.6), layout="constrained")
    shown = ["sigmoid, Keras' default", "Sigmoid, VarianceMatched", "tanh, Glorot", "Tanh, VarianceMatched", "relu, He"]
    shown += ["GELU, VarianceMatched", "Swish, VarianceMatched", "Softplus, VarianceMatched"]
    for index, name in enumerate(shown):
        curves = np.log10([[norm / one[-1] for norm in one] for one in measured[name][0]])
        line = "--" if "VarianceMatched" not in name else "-"
        layers = range(1, curves.shape[1] + 1)
        ax.plot(layers, 10 ** np.median(curves, axis=0), line, color=f"C{index}", label=name)
    ax.axhline(1, color="0.4", linewidth=0.8)
    ax.set_yscale("log")
    ax.set_xlabel("layer, from the input")
    ax.set_ylabel("gradient norm / that of the last layer")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(file, dpi=150)
    plt.close(figure)


def main(folder=FOLDER, depth=30, seeds=5):
    """Runs the example; returns the median ratio of every row."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    measured = measure(depth, seeds)
    print(f"{depth} layers of {WIDTH} units, {seeds} seeds: gradient of the first kernel over that of the last\n")
    print(table(measured))
    picture = folder / "gradient_flow.png"
    draw(measured, picture)
    print(f"\nFigure: {picture}")
    medians = {name: statistics.median(ratios(norms)) for name, (norms, _) in measured.items()}
    assert all(math.isfinite(value) for value in medians.values())
    return medians


if __name__ == "__main__":
    main()
