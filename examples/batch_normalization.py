"""Batch normalization and its running statistics, at batches of 2 and of 64.

    python examples/batch_normalization.py

Nets of two layers of 32 ReLUs learn 320 of scikit-learn's digits by gradient descent: without normalization, with
batch normalization, with layer normalization, and with `GhostBatchNormalization`, which here takes the statistics of 8
rows at a time however large the batch; eight learning rates, three seeds; 10 epochs of batches of 2, and 40 of 64.
Printed are

- the loss of the training rows as in training, by the statistics of batches, and as in inference, by the running
  statistics: what lies between is the fault of the statistics, not of the weights;
- the test accuracy, each with the best of the learning rates by the training loss of inference;
- the largest learning rate at which all seeds still learn, to 90% of the training rows.

A last table: one row of NaN in one batch, as a broken sensor gives, and what becomes of the running statistics.

The networks of all rates and seeds are one model for each normalization and batch.
"""

from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import accuracies, answers, crossentropy, dense, losses, with_rates
from sklearn.datasets import load_digits

import kerasparts as kp

EPOCHS = {2: 10, 64: 40}  # by batch
FOLDER = Path(__file__).resolve().parent / "figures"
UNITS, TRAINING = 32, 320
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MOMENTUM = 0.9  # of the running statistics
NORMALIZATIONS = {  # of channels `networks * UNITS`, each network's by themselves
    "none": lambda networks: keras.layers.Identity(),
    "batch": lambda networks: keras.layers.BatchNormalization(momentum=MOMENTUM),
    "ghost, 8 rows": lambda networks: kp.layers.GhostBatchNormalization(8, momentum=MOMENTUM),
    "layer": lambda networks: keras.layers.GroupNormalization(networks),  # one group is one network's layer
}


def network(normalization, count, depth=2):
    layers = [keras.Input((64,)), keras.layers.RepeatVector(count)]
    for _ in range(depth):
        layers += [
            dense(count, UNITS, initializers=keras.initializers.HeNormal),
            keras.layers.Reshape((count * UNITS,)),
            NORMALIZATIONS[normalization](count),
            keras.layers.Reshape((count, UNITS)),
            keras.layers.ReLU(),
        ]
    return keras.Sequential([*layers, dense(count, 10)])


def data():
    x, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return (x[order] / 16).astype("float32"), labels[order]


def in_training(model, x, batch):
    """The logits by the statistics of batches, which are left as they were."""
    before = model.get_weights()
    logits = np.concatenate([answers(model, x[i : i + batch], training=True) for i in range(0, len(x), batch)])
    model.set_weights(before)
    return logits


def train(normalization, batch, seeds, epochs, training=TRAINING):
    """By rate and seed: losses as in training and as in inference, shares right of training and test rows."""
    x, labels = data()
    count = len(RATES) * seeds
    labels = labels[:, None].repeat(count, axis=1)
    keras.utils.set_random_seed(0)
    model = network(normalization, count)
    optimizer = with_rates(keras.optimizers.SGD, np.repeat(RATES, seeds))
    model.compile(optimizer, crossentropy, jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)
    model.fit(x[:training], labels[:training], batch_size=batch, epochs=epochs, verbose=0)
    logits = answers(model, x)
    of_training = slice(training)
    found = (
        losses(in_training(model, x[of_training], batch), labels[of_training]),
        losses(logits[of_training], labels[of_training]),
        accuracies(logits[of_training], labels[of_training]),
        accuracies(logits[training:], labels[training:]),
    )
    return [array.reshape(len(RATES), seeds) for array in found]


def after_nan():
    """Running means and variances that are finite after one batch with a row of NaN and 100 clean ones."""
    x = np.random.default_rng(0).normal(size=(101, 64, 3)).astype("float32")
    x[0, 0] = np.nan
    found = {}
    for name in ("batch", "ghost, 8 rows"):
        layer = NORMALIZATIONS[name](1)
        for batch in x:
            layer(batch, training=True)
        found[name] = [keras.ops.convert_to_numpy(one)[0] for one in (layer.moving_mean, layer.moving_variance)]
    return found


def main(folder=FOLDER, normalizations=tuple(NORMALIZATIONS), epochs=EPOCHS, seeds=3, rows=TRAINING):
    """Runs the example; returns what `train` gives by normalization and batch."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    print(f"Mean of {seeds} seeds; best rate by the training loss of inference\n")
    heads = ("batch", "normalization", "best", "training loss", "the same", "test", "largest rate")
    under = ("", "", "rate", "as in training", "as in inference", "accuracy", "that learns")
    for texts in (heads, under):
        print("{:>5} {:14} {:>6} {:>15} {:>16} {:>16} {:>13}".format(*texts))
    for batch, count in epochs.items():
        for name in normalizations:
            training, inference, right, test = found[name, batch] = train(name, batch, seeds, count, rows)
            best = np.nan_to_num(inference.mean(axis=1), nan=np.inf).argmin()
            learned = [rate for rate, share in zip(RATES, right.min(axis=1), strict=True) if share >= 0.9]
            print(
                f"{batch:5} {name:14} {RATES[best]:6g} {training[best].mean():15.4f} {inference[best].mean():16.4f}"
                f" {f'{test[best].mean():.3f} +- {test[best].std():.3f}':>16} {max(learned, default='none'):>13}",
                flush=True,
            )
    print("\nRunning mean and variance after a batch with a row of NaN and 100 clean ones; right are 0 and 1")
    for name, (mean, variance) in after_nan().items():
        print(f"{name:14} {mean:8.3f} {variance:8.3f}")
    picture = folder / "batch_normalization.png"
    draw(found, tuple(epochs), normalizations).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found


def draw(found, batches, normalizations):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.4), layout="constrained")
    axes = figure.subplots(1, len(batches), sharey=True, squeeze=False)[0]
    for ax, batch in zip(axes, batches, strict=True):
        for color, name in zip(("0.4", "C3", "C0", "C2"), normalizations, strict=False):
            training, inference, _, _ = found[name, batch]
            ax.plot(RATES, ceiling(inference), "o-", color=color, label=name, markersize=4)
            ax.plot(RATES, ceiling(training), ":", color=color)
        ax.set(title=f"batches of {batch}", xscale="log", yscale="log", xlabel="learning rate")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].plot([], [], "o-", color="k", markersize=4, label="as in inference")
    axes[0].plot([], [], "k:", label="as in training")
    axes[0].set_ylabel("training loss after all epochs")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    title = "Batch normalization: higher learning rates at 64, another net in inference at 2"
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def ceiling(losses, top=10.0):
    """The mean over seeds, and what is above the top, or no number, at the top."""
    return np.minimum(np.nan_to_num(losses, nan=top, posinf=top).mean(axis=1), top)


if __name__ == "__main__":
    main()
