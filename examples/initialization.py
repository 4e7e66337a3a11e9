"""Which initializer for which activation? Five of each, by the signal that arrives and by the loss after ten epochs.

    python examples/initialization.py

Nets with ten hidden layers of 32 units learn scikit-learn's digits by gradient descent with momentum. Printed are, for
each activation (rows) and initializer (columns),

- the spread of the signal: the standard deviation over rows of the units of the last hidden layer, over that of the
  first, before any training, median over seeds: 1 is ideal, near 0 all rows look the same to the output layer;
- the loss of the training rows after the epochs, median over seeds, with the best of three learning rates for each
  pair; 2.30 is the loss of a guess.

Networks with all initializers, rates and seeds are one model for each activation. `gradient_flow.py` shows what becomes
of the gradient.
"""

from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import answers, crossentropy, dense, losses, with_rates
from sklearn.datasets import load_digits

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
ACTIVATIONS = ("sigmoid", "tanh", "relu", "selu", "gelu")
INITIALIZERS = {  # of an activation and a seed
    "zeros": lambda activation, seed: keras.initializers.Zeros(),
    "normal, 0.01": lambda activation, seed: keras.initializers.RandomNormal(stddev=0.01, seed=seed),
    "Glorot": lambda activation, seed: keras.initializers.GlorotNormal(seed=seed),
    "He": lambda activation, seed: keras.initializers.HeNormal(seed=seed),
    "VarianceMatched": lambda activation, seed: kp.initializers.VarianceMatched(activation, seed=seed),
}
RATES = (0.003, 0.03, 0.3)
BATCH, UNITS = 64, 32


def train(activation, depth, seeds, epochs):
    """Spread of the signal by initializer and seed; loss by initializer, rate and seed."""
    x, labels = load_digits(return_X_y=True)
    x = ((x - x.mean()) / x.std()).astype("float32")
    networks = [(name, rate, seed) for name in INITIALIZERS for rate in RATES for seed in range(seeds)]
    count, shape = len(networks), (len(INITIALIZERS), len(RATES), seeds)

    def drawn(layer):
        return [
            lambda name=name, seed=seed: INITIALIZERS[name](activation, 1000 * seed + layer)
            for name, _, seed in networks
        ]

    hidden = [dense(count, UNITS, activation, drawn(layer)) for layer in range(depth)]
    output = dense(count, 10, None, drawn(depth))
    model = keras.Sequential([keras.Input((64,)), keras.layers.RepeatVector(count), *hidden, output])
    optimizer = with_rates(keras.optimizers.SGD, [rate for _, rate, _ in networks], momentum=0.9)
    model.compile(optimizer, crossentropy, jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)

    signal, spreads = model.layers[0](x[:256]), []
    for layer in hidden:
        signal = layer(signal)
        spreads.append(keras.ops.convert_to_numpy(signal).std(axis=0).mean(axis=-1))
    with np.errstate(invalid="ignore"):
        spread = np.nan_to_num(spreads[-1] / spreads[0])  # zeros: 0 / 0
    labels = labels[:, None].repeat(count, axis=1)
    model.fit(x, labels, batch_size=BATCH, epochs=epochs, verbose=0)
    loss = losses(answers(model, x), labels)
    return spread.reshape(shape)[:, 0], np.where(np.isfinite(loss), loss, np.inf).reshape(shape)


def main(folder=FOLDER, activations=ACTIVATIONS, depth=10, seeds=3, epochs=10):
    """Runs the example; returns spreads by activation, initializer and seed, and losses, by the best rate."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    spreads, lasts, rates = [], [], []
    for activation in activations:
        keras.utils.set_random_seed(0)
        spread, loss = train(activation, depth, seeds, epochs)
        best = np.median(loss, axis=2).argmin(axis=1)
        spreads.append(spread)
        lasts.append(loss[np.arange(len(best)), best])
        rates.append(np.array(RATES)[best])
    spreads, lasts = np.array(spreads), np.array(lasts)
    print(f"{depth} layers of {UNITS} units, medians of {seeds} seeds; of the loss, the least and the greatest too")
    show("spread of the signal", activations, spreads, "{:.2g}")
    show(f"loss after {epochs} epochs", activations, lasts, "{:.2f} ({:.2f} to {:.2f})")
    show(f"learning rate, the best of {RATES}", activations, np.array(rates)[..., None], "{:g}")
    picture = folder / "initialization.png"
    draw(activations, np.median(spreads, axis=2), np.median(lasts, axis=2)).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return spreads, lasts


def show(title, activations, table, form):
    print(f"\n{title}\n{'':8}" + "".join(f"{name:>22}" for name in INITIALIZERS))
    for activation, row in zip(activations, table, strict=True):
        cells = [form.format(np.median(cell), cell.min(), cell.max()) for cell in row]
        print(f"{activation:8}" + "".join(f"{cell:>22}" for cell in cells), flush=True)


def draw(activations, spreads, lasts):
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    panels = (
        ("Spread of the signal after all layers / after the first", spreads, LogNorm(1e-6, 1e1, clip=True), "{:.1g}"),
        ("Loss after training, best of three learning rates", lasts, Normalize(0, 2.31), "{:.2f}"),
    )
    for ax, (title, table, norm, form) in zip(figure.subplots(1, 2), panels, strict=True):
        colors = "viridis" if table is spreads else "viridis_r"
        ax.imshow(np.maximum(table, 1e-9), norm=norm, cmap=colors, aspect="auto")
        for (row, column), value in np.ndenumerate(table):
            bright = norm(max(value, 1e-9))
            dark = bright > 0.6 if table is spreads else bright < 0.4
            ax.text(column, row, form.format(value), ha="center", va="center", color="black" if dark else "white")
        ax.set_xticks(range(len(INITIALIZERS)), [name.replace("Matched", "\nMatched") for name in INITIALIZERS])
        ax.set_yticks(range(len(activations)), activations)
        ax.tick_params(length=0)
        ax.set_title(title, fontsize=10)
        ax.spines[:].set_visible(False)
    figure.suptitle("A fitting initializer carries the signal, and the net learns; none does so for the sigmoid")
    return figure


if __name__ == "__main__":
    main()
