"""When to stop: epochs spent, and how far from the best of the curve one ends up.

    python examples/early_stopping.py

Networks are trained for long on three sets, each with 20 splits and first weights, and their losses on the training
and the dev rows are recorded. Each criterion then replays the same curves: after which epoch would it have stopped, and
by how many percent is the dev loss of the weights that it hands back above the lowest of the whole curve?

- digits: 200 of scikit-learn's scans for training, 200 to stop by
- diabetes: 200 patients, 200 to stop by
- moons: 100 points of two half circles that overlap by much, 200 to stop by

The 20 networks of a set are one model, with an axis for the network, so that all is compiled once.
"""

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_diabetes, load_digits, make_moons

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
Keras, Ours = keras.callbacks.EarlyStopping, kp.callbacks.EarlyStopping
CRITERIA = {
    "Keras, as it comes": lambda: Keras(),
    "Keras, patience 5": lambda: Keras(patience=5, restore_best_weights=True),
    "Keras, patience 20": lambda: Keras(patience=20, restore_best_weights=True),
    "patience 5, 1%": lambda: Ours(patience=5, relative_min_delta=0.01),
    "patience 5, smoothed": lambda: Ours(patience=5, smoothing=0.5),
    "GL_1": lambda: Ours(criterion="GL_1"),
    "GL_2": lambda: Ours(criterion="GL_2"),
    "GL_5": lambda: Ours(criterion="GL_5"),
    "PQ_0.5": lambda: Ours(criterion="PQ_0.5"),
    "PQ_1": lambda: Ours(criterion="PQ_1"),
    "UP_2": lambda: Ours(criterion="UP_2"),
    "UP_3": lambda: Ours(criterion="UP_3"),
}


def digits(seed):
    x, y = load_digits(return_X_y=True)
    return x / 16, y


def diabetes(seed):
    x, y = load_diabetes(return_X_y=True)
    return x / x.std(axis=0), (y - y.mean()) / y.std()


def moons(seed):
    return make_moons(300, noise=0.4, random_state=seed)


SETS = {"digits": (digits, 10, 200), "diabetes": (diabetes, 1, 200), "moons": (moons, 2, 100)}  # outputs, training rows
DEV = 200  # rows


def split(load, training, seed):
    x, y = load(seed)
    order = np.random.default_rng(seed).permutation(len(x))[: training + DEV]
    return x[order], y[order]


class Curves(keras.callbacks.Callback):
    """The losses of each network on all training and all dev rows, at the end of each epoch."""

    def __init__(self, x, y, training):
        super().__init__()
        self.x, self.y, self.training = x, y, training
        self.losses = {"loss": [], "val_loss": []}

    def on_epoch_end(self, epoch, logs=None):
        outputs = keras.ops.convert_to_numpy(self.model.predict_on_batch(self.x)).astype("float64")
        if outputs.shape[-1] == 1:
            losses = np.square(outputs[..., 0] - self.y)
        else:
            chosen = np.take_along_axis(outputs, self.y[..., None], axis=-1)[..., 0]
            losses = np.logaddexp.reduce(outputs, axis=-1) - chosen
        self.losses["loss"].append(losses[: self.training].mean(axis=0))
        self.losses["val_loss"].append(losses[self.training :].mean(axis=0))


def record(name, seeds, epochs):
    """Two arrays of losses, of training and dev rows, with a row for each network and a column for each epoch."""
    load, outputs, training = SETS[name]
    x, y = (
        np.stack(arrays, axis=1) for arrays in zip(*(split(load, training, seed) for seed in range(seeds)), strict=True)
    )
    x = x.astype("float32")

    keras.utils.set_random_seed(0)
    sizes = [x.shape[-1], 64, outputs]
    layers = [
        keras.layers.EinsumDense(
            "bsi,sio->bso",
            output_shape=(seeds, width),
            bias_axes="so",
            activation="relu" if width != outputs else None,
            kernel_initializer=keras.initializers.RandomNormal(stddev=(2 / wide) ** 0.5),
        )
        for wide, width in pairwise(sizes)
    ]
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    loss = "mse" if outputs == 1 else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, loss_weights=[seeds], jit_compile=jit_compile)  # each its own mean
    curves = Curves(x, y, training)
    targets = y[:training, :, None] if outputs == 1 else y[:training]
    model.fit(x[:training], targets, batch_size=25, epochs=epochs, verbose=0, callbacks=[curves])
    return [np.array(curves.losses[which]).T for which in ("loss", "val_loss")]


def replay(stopping, loss, val_loss):
    """Epochs spent on a curve, and the dev loss of the weights that are handed back."""
    model = SimpleNamespace(stop_training=False, get_weights=list, set_weights=lambda weights: None)
    stopping.set_params({"epochs": len(loss), "verbose": 0})
    stopping.set_model(model)
    stopping.on_train_begin()
    for epoch, (of_training, of_dev) in enumerate(zip(loss, val_loss, strict=True)):
        stopping.on_epoch_end(epoch, {"loss": of_training, "val_loss": of_dev})
        if model.stop_training:
            break
    stopping.on_train_end()
    counts_from = 1 if isinstance(stopping, Ours) else 0
    return epoch + 1, val_loss[stopping.best_epoch - counts_from if stopping.restore_best_weights else epoch]


def main(folder=FOLDER, seeds=20, epochs=150):
    """Runs the example; returns epochs spent and percent above the best, by set and criterion, an array over seeds."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in SETS:
        curves = list(zip(*record(name, seeds, epochs), strict=True))
        lowest = np.array([val_loss.min() for _, val_loss in curves])
        at = np.mean([val_loss.argmin() + 1 for _, val_loss in curves])
        print(f"\n{name}: {seeds} networks, {epochs} epochs, the lowest dev loss after {at:.0f} on average")
        print(f"  {'':22}{'epochs':>7}   dev loss above the best of the curve")
        print(f"  {'':22}{'mean':>7}{'mean':>9}{'worst':>9}")
        last = np.array([val_loss[-1] for _, val_loss in curves])
        found[name] = {"all epochs": (np.full(seeds, epochs), 100 * (last / lowest - 1))}
        for criterion, build in CRITERIA.items():
            spent, losses = np.array([replay(build(), *curve) for curve in curves]).T
            found[name][criterion] = spent, 100 * (losses / lowest - 1)
        for criterion, (spent, above) in found[name].items():
            print(f"  {criterion:22}{spent.mean():7.0f}{above.mean():8.1f}%{above.max():8.1f}%", flush=True)
    picture = folder / "early_stopping.png"
    draw(found).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found


def draw(found):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots(1, len(found), sharey=True)
    for ax, (name, results) in zip(axes, found.items(), strict=True):
        spent = [epochs.mean() for epochs, _ in results.values()]
        bars = ax.barh(list(results), spent, color=["C1" if one.startswith("Keras") else "C0" for one in results])
        ax.bar_label(bars, [f"+{above.mean():.1f}%" for _, above in results.values()], padding=3, fontsize=8)
        ax.set_title(name, loc="left")
        ax.set_xlabel("epochs spent")
        ax.margins(x=0.2)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    figure.suptitle("Epochs spent, and dev loss above the best of the curve; means", x=0.01, ha="left")
    return figure


if __name__ == "__main__":
    main()
