"""From the digits 0 to 4 to the digits 5 to 9: how should a pretrained net learn from 10 rows, and from 50?

    python examples/transfer.py

A small convolutional net learns 500 scans of 0 to 4, and then, with a new head, 5 to 9 from few scans, in six ways:

- from scratch: nothing is transferred
- frozen: the head alone learns
- all at one rate
- rates by layer: `learning_rate_multipliers`, a tenth for the body
- gradual unfreezing: `UnfreezeSchedule`, the head first, the second layer after 15 epochs, the first after 30
- L2SP: all at one rate, while the body is pulled back to where it started

Each has 20 seeds, with other rows and other first weights, and the better of two learning rates by the accuracy on 200
dev rows. Printed is the accuracy on the other 5s to 9s, and the gain over learning from scratch on the same rows.

The nets of all seeds and numbers of rows are one model; 10 rows come five times in an epoch, so that all take as many
steps.
"""

from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import accuracies, answers, crossentropy, dense
from sklearn.datasets import load_digits

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
BODY = ("windows", "second")
RATES = (0.003, 0.01)
PRETRAINING, SIZES, DEV = 500, (10, 50), 200  # rows
WAYS = {  # which are not all at one rate
    "from scratch": {},
    "frozen": {"frozen": True},
    "all at one rate": {},
    "rates by layer": {"multipliers": {"windows": 0.1, "second": 0.1}},
    "gradual unfreezing": {"unfreeze": {0: "head", 15: "second", 30: "windows"}},
    "L2SP": {"penalty": 0.1},
}


def data(digits, sizes, seeds):
    """Windows of 3 x 3 pixels, `(rows, networks, 36, 9)`, and labels, for training and of the other rows.

    The networks are those of the first size with each seed, then those of the next.
    """
    x, labels = load_digits(return_X_y=True)
    chosen = np.isin(labels, digits)
    x, labels = x[chosen].reshape(-1, 8, 8) / 16, labels[chosen] - min(digits)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2)).reshape(-1, 36, 9).astype("float32")
    orders = np.stack([np.random.default_rng(seed).permutation(len(x)) for seed in range(seeds)], axis=1)
    rows = np.arange(max(sizes))
    training = np.concatenate([orders[rows % size] for size in sizes], axis=1)
    others = np.tile(orders[max(sizes) :], (1, len(sizes)))
    return (windows[training], labels[training]), (windows[others], labels[others])


def network(seeds):
    return keras.Sequential(
        [
            keras.Input((seeds, 36, 9)),
            dense(seeds, 8, "relu", keras.initializers.HeNormal, places=36, name="windows"),
            keras.layers.Reshape((seeds, 36 * 8)),
            dense(seeds, 32, "relu", keras.initializers.HeNormal, name="second"),
            dense(seeds, 5, name="head"),
        ]
    )


def fit(model, rate, x, labels, batch, epochs, multipliers=None, unfreeze=None):
    optimizer = kp.optimizers.Adam(rate, learning_rate_multipliers=multipliers)
    model.compile(optimizer, crossentropy, jit_compile=jit_compile)
    callbacks = [kp.callbacks.UnfreezeSchedule(unfreeze)] if unfreeze else []
    model.fit(x, labels, batch_size=batch, epochs=epochs, verbose=0, callbacks=callbacks)


def pretrained(seeds, epochs):
    """The body's weights, for each size alike, and the test accuracies on the first digits."""
    keras.utils.set_random_seed(0)
    model = network(seeds)
    train, (x, labels) = data(range(5), (PRETRAINING,), seeds)
    fit(model, 0.003, *train, 50, epochs)
    weights = {name: model.get_layer(name).get_weights() for name in BODY}
    weights = {name: [np.concatenate([one] * len(SIZES)) for one in both] for name, both in weights.items()}
    return weights, accuracies(answers(model, x), labels)


def transferred(body, way, rate, seeds, epochs):
    """Accuracies on dev and test rows, by size and seed."""
    settings = WAYS[way]
    train, (x, labels) = data(range(5, 10), SIZES, seeds)
    keras.utils.set_random_seed(1)
    model = network(len(SIZES) * seeds)
    if way != "from scratch":
        for name in BODY:
            model.get_layer(name).set_weights(body[name])
            model.get_layer(name).trainable = not settings.get("frozen")
    if "penalty" in settings:
        kp.regularizers.regularize(model, kp.regularizers.L2SP(settings["penalty"]), include="(windows|second)/kernel")
    fit(model, rate, *train, 10, epochs, settings.get("multipliers"), settings.get("unfreeze"))
    logits = answers(model, x)
    scores = accuracies(logits[:DEV], labels[:DEV]), accuracies(logits[DEV:], labels[DEV:])
    return [score.reshape(len(SIZES), seeds) for score in scores]


def main(folder=FOLDER, ways=tuple(WAYS), rates=RATES, seeds=20, pretraining=10, epochs=45):
    """Runs the example; returns the test accuracies of each way, by number of rows and seed."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    body, first = pretrained(seeds, pretraining)
    print(f"0 to 4 from {PRETRAINING} rows: test accuracy {first.mean():.3f}; {seeds} seeds, mean and spread (std)\n")
    print(f"{'5 to 9 from few':20} {'rows':>4} {'best rate':>9} {'test accuracy':>16}   gain over scratch")
    found = {}
    for way in ways:
        scores = np.array([transferred(body, way, rate, seeds, epochs) for rate in rates])
        dev, test = scores[:, 0], scores[:, 1]
        best = dev.mean(axis=-1).argmax(axis=0)  # rate of each size
        found[way] = test[best, range(len(SIZES))]
        for size, rate, scores, scratch in zip(SIZES, best, found[way], found["from scratch"], strict=True):
            gain = scores - scratch
            against = f"{gain.mean():+.3f} +- {gain.std():.3f}, in {(gain > 0).sum()} of {seeds}" if gain.any() else ""
            accuracy = f"{scores.mean():.3f} +- {scores.std():.3f}"
            print(f"{way:20} {size:4} {rates[rate]:9g} {accuracy:>16}   {against}", flush=True)
    picture = folder / "transfer.png"
    draw(found).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found


def draw(found):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.8), layout="constrained")
    axes = figure.subplots(1, len(SIZES), sharey=True)
    for number, (ax, size) in enumerate(zip(axes, SIZES, strict=True)):
        for place, (way, sizes) in enumerate(found.items()):
            scores, color = sizes[number], "0.5" if way == "from scratch" else "C0"
            spots = place + np.linspace(-0.15, 0.15, len(scores))
            ax.plot(scores, spots, "o", color=color, alpha=0.45, markersize=5, markeredgewidth=0)
            ax.plot(scores.mean(), place, "|", color=color, markersize=24, markeredgewidth=2.5)
            ax.text(1.02, place, f"{scores.mean():.3f}", transform=ax.get_yaxis_transform(), va="center")
        ax.axvline(found["from scratch"][number].mean(), color="0.8", zorder=0)
        ax.set_title(f"from {size} rows", loc="left")
        ax.set_xlabel("test accuracy: seeds, and their mean")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(range(len(found)), list(found))
    axes[0].invert_yaxis()
    title = f"Digits 5 to 9, after {PRETRAINING} scans of 0 to 4: the more of the body is held, the worse"
    figure.suptitle(title, x=0.01, ha="left")
    return figure


if __name__ == "__main__":
    main()
