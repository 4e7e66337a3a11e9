"""How should inputs be scaled, and when does it not matter?

    python examples/input_scaling.py

A net of 16 tanh units learns from inputs as they are, between 0 and 1, standardized (Keras' `Normalization`), and by
`RobustScaling` and `QuantileScaling`, all fitted to the training rows; by gradient descent with momentum and by Adam,
each with the best of six learning rates. Printed is after how many epochs the loss of the training rows is below 0.1,
and the error on the test rows at the end: median over five splits, and the least and greatest.

- tumours: scikit-learn's breast cancer data, 30 measures whose scales lie between 0.003 and 600
- 5 rows off: the same, where 5 of the 400 training rows were entered in a wrong unit, a hundred times too large; the
  loss is that of the other rows, the test rows are as they were
- digits: 64 columns of one kind, between 0 and 16

The networks with all scalings, rates and splits are one model for each set and optimizer.
"""

from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import Curves, accuracies, answers, crossentropy, dense, with_rates
from sklearn.datasets import load_breast_cancer, load_digits

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
SCALINGS = {
    "as they are": lambda: keras.layers.Identity(),
    "0 to 1": lambda: kp.layers.MinMaxScaling(),
    "standardized": lambda: keras.layers.Normalization(),
    "RobustScaling": lambda: kp.layers.RobustScaling(),
    "QuantileScaling": lambda: kp.layers.QuantileScaling(output_distribution="normal"),
}
OPTIMIZERS = {
    "gradient descent": (keras.optimizers.SGD, {"momentum": 0.9}, (1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1)),
    "Adam": (keras.optimizers.Adam, {}, (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)),
}
SETS = {"tumours": (load_breast_cancer, 0), "5 rows off": (load_breast_cancer, 5), "digits": (load_digits, 0)}
TRAINING, BATCH, GOAL = 400, 25, 0.1


def data(name, seed):
    """Training and test inputs by scaling, labels, and how many rows, the first, are off."""
    load, off = SETS[name]
    x, y = load(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order].astype("float32"), y[order]
    x[:off] *= 100
    inputs = []
    for make in SCALINGS.values():
        scaling = make()
        if hasattr(scaling, "adapt"):
            scaling.adapt(x[:TRAINING])
        inputs.append(keras.ops.convert_to_numpy(scaling(x)))
    return np.stack(inputs, axis=1), y, off


def train(name, optimizer, seeds, epochs):
    """Losses `(epochs, scalings, rates, seeds)` and test errors without the first axis."""
    kind, kwargs, rates = OPTIMIZERS[optimizer]
    shape = (len(SCALINGS), len(rates), seeds)
    inputs, labels, offs = zip(*(data(name, seed) for seed in range(seeds)), strict=True)
    x = np.stack(inputs, axis=2)[:, :, None].repeat(len(rates), axis=2)  # rows, scalings, rates, seeds, features
    y = np.stack(labels, axis=1)[:, None, None].repeat(shape[0], axis=1).repeat(shape[1], axis=2)
    count, classes = int(np.prod(shape)), y.max() + 1
    x, y = x.reshape(len(x), count, -1), y.reshape(len(y), count)

    keras.utils.set_random_seed(0)
    layers = [dense(count, 16, "tanh"), dense(count, classes)]
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    of_each = np.broadcast_to(np.array(rates)[:, None], shape).reshape(-1)
    model.compile(with_rates(kind, of_each, **kwargs), crossentropy, jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)
    curves = Curves(x[offs[0] : TRAINING], y[offs[0] : TRAINING])
    model.fit(x[:TRAINING], y[:TRAINING], batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[curves])
    errors = 1 - accuracies(answers(model, x[TRAINING:]), y[TRAINING:])
    return np.array(curves.losses).reshape(epochs, *shape), errors.reshape(shape)


def of_best_rates(losses, errors):
    """Number of the best rate, epochs to the goal, losses and errors, in a row for each scaling."""
    epochs = len(losses)
    losses = np.where(np.isfinite(losses), losses, np.inf)
    reached = losses <= GOAL
    spent = np.where(reached.any(axis=0), reached.argmax(axis=0) + 1, epochs + 1)
    score = np.median(spent, axis=-1) + np.tanh(np.median(losses[-1], axis=-1))  # the loss where epochs are the same
    best, rows = score.argmin(axis=1), np.arange(len(score))
    return best, spent[rows, best], losses[:, rows, best], errors[rows, best]


def main(folder=FOLDER, sets=tuple(SETS), seeds=5, epochs=40):
    """Runs the example; returns epochs to the goal and errors, by set, optimizer and scaling, an array over splits."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"Epochs to a loss of {GOAL}, and test error after {epochs}; median of {seeds} splits (least to greatest)")
    found, curves = {}, {}
    for name in sets:
        for optimizer, (_, _, rates) in OPTIMIZERS.items():
            best, spent, losses, errors = of_best_rates(*train(name, optimizer, seeds, epochs))
            curves[name, optimizer] = losses
            print(f"\n{f'{name}, {optimizer}':32} {'best rate':>9} {'epochs':>16} {'test error':>24}")
            for row, scaling in enumerate(SCALINGS):
                found[name, optimizer, scaling] = spent[row], errors[row]
                epochs_spent = [str(int(n)) if n <= epochs else "never" for n in ordered(spent[row])]
                wrong = [f"{100 * error:.1f}%" for error in ordered(errors[row])]
                cells = f"{middle_and_ends(epochs_spent):>16} {middle_and_ends(wrong):>24}"
                print(f"  {scaling:30} {rates[best[row]]:9g} {cells}", flush=True)
    picture = folder / "input_scaling.png"
    draw(curves, sets).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found


def ordered(values):
    return np.median(values), np.min(values), np.max(values)


def middle_and_ends(texts):
    return "{} ({} to {})".format(*texts)


def draw(curves, sets):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5.6), layout="constrained")
    axes = figure.subplots(len(OPTIMIZERS), len(sets), sharex=True, sharey=True, squeeze=False)
    for line, optimizer in zip(axes, OPTIMIZERS, strict=True):
        for ax, name in zip(line, sets, strict=True):
            for row, scaling in enumerate(SCALINGS):
                losses = np.median(curves[name, optimizer][:, row], axis=-1)
                color = f"C{row - 1}" if row else "0.3"
                ax.plot(np.arange(1, len(losses) + 1), losses, color=color, label=scaling)
            ax.axhline(GOAL, color="0.7", linewidth=0.8, zorder=0)
            ax.set(yscale="log", ylim=(1e-3, 3), title=f"{name}, {optimizer}")
            ax.title.set_fontsize(10)
            ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    for ax in axes[:, 0]:
        ax.set_ylabel("training loss")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    title = "With 5 of 400 rows off, only RobustScaling and QuantileScaling learn as before; each with its best rate"
    figure.suptitle(title, x=0.01, ha="left")
    return figure


if __name__ == "__main__":
    main()
