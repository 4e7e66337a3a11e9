"""Batch, stochastic and mini-batch descent: what a batch costs, and how noisy it is.

    python examples/batch_size.py

Networks of 32 units learn 512 of scikit-learn's digits by plain gradient descent, with batches of 1 row (stochastic),
of 8 and 64 (mini-batches), and of all 512 (batch descent). Each has the best of six learning rates, by its own last
training loss. They are compared by what they have seen, in epochs, and by how often they have moved, in updates; what
that is in seconds depends on the machine: those here are of all networks together, 6 rates for each seed, which are one
model. The noise is the distance of a batch's gradient from that of all rows, over the length of that, before training:
it falls as the root of the rows.

A smaller batch goes further in an epoch, a larger one in an update; in seconds those between win. Batch descent has no
noise, but with its best rate it is no smoother: the loss rises now and then, for its steps are as long as they can be.
"""

import time
from pathlib import Path

import numpy as np
from notes import nets
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import with_rates

from kerasparts import backend

FOLDER = Path(__file__).resolve().parent / "figures"
EPOCHS = {1: 15, 8: 30, 64: 100, 512: 300}  # by batch size
RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
ROWS, SIZES, GOAL = 512, (64, 32, 10), 0.1
DRAWS = 30  # batches to measure the noise by


class Clock(keras.callbacks.Callback):
    """`seconds`: what each epoch took."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.begin)


def descend(data, batch, epochs):
    """Losses of the training rows by epoch and seed, accuracies by seed, the rate, and the seconds of an epoch."""
    keras.utils.set_random_seed(0)
    seeds = data[0].shape[1]
    x, y, x_test, y_test = (np.concatenate([part] * len(RATES), axis=1) for part in data)
    model, clock, curves = nets.stack(x.shape[1], SIZES), Clock(), nets.Curves(x, y)
    with np.errstate(all="ignore"):  # where a rate is too high
        nets.train(
            model,
            x,
            y,
            with_rates(keras.optimizers.SGD, np.repeat(RATES, seeds)),
            epochs,
            batch,
            callbacks=[clock, curves],  # in this order, so that the clock does not count the curves
        )
        _, accuracies = nets.scores(model, x_test, y_test)
    losses = np.nan_to_num(np.reshape(curves.losses, (-1, len(RATES), seeds)), nan=np.inf)
    best = losses[-3:].mean(axis=(0, 2)).argmin()
    seconds = float(np.median(clock.seconds[1:] or clock.seconds))
    return losses[:, best], accuracies.reshape(len(RATES), seeds)[best], RATES[best], seconds


def noise(data, batches):
    """`{batch: distance of gradients from that of all rows, over its length, by seed}`."""
    keras.utils.set_random_seed(0)
    x, y, _, _ = data
    seeds = x.shape[1]
    model = nets.stack(seeds, SIZES)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), loss_weights=[seeds])
    gradients_of = backend.model_value_and_gradients(model)

    def gradient(rows):
        _, gradients = gradients_of(x[rows], y[rows])
        arrays = [keras.ops.convert_to_numpy(g).astype("float64").reshape(seeds, -1) for g in gradients]
        return np.concatenate(arrays, axis=1)

    random, whole = np.random.default_rng(0), gradient(np.arange(len(x)))
    found = {}
    for batch in batches:
        off = [gradient(random.choice(len(x), batch, replace=False)) - whole for _ in range(DRAWS)]
        found[batch] = np.linalg.norm(off, axis=2).mean(axis=0) / np.linalg.norm(whole, axis=1)
    return found


def epochs_to(losses, goal=GOAL):
    """Epochs until the loss of each seed is at the goal, infinite where it never is."""
    reached = losses <= goal
    return np.where(reached.any(axis=0), reached.argmax(axis=0), np.inf)


def spread(values, form=".3f"):
    """Mean and standard deviation."""
    return f"{values.mean():{form}} ± {values.std():{form}}" if np.isfinite(values).all() else "never"


def main(folder=FOLDER, seeds=5, epochs=EPOCHS):
    """Runs the example; returns by batch size the losses by epoch and seed, accuracies, rate, seconds, and noise."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = nets.digits(seeds, ROWS)
    noises, found = noise(data, epochs), {}
    print(f"{ROWS} digits, {seeds} seeds, the best of {len(RATES)} rates each; until the training loss is {GOAL:g}:\n")
    print(f"{'':12} {'noise of':>9} {'':>13} {'':>8} {'ms an':>7} {'':>8} {'loss':>5} {'test':>15}")
    heads = f"{'epochs':>13} {'updates':>8} {'update':>7} {'seconds':>8} {'rose':>5} {'accuracy':>15}"
    print(f"{'batch':>6} {'rate':>5} {'gradient':>9} {heads}")
    for batch, of_batch in epochs.items():
        losses, accuracies, rate, seconds = descend(data, batch, of_batch)
        found[batch] = losses, accuracies, rate, seconds, noises[batch]
        steps, needed = -(-ROWS // batch), epochs_to(losses)
        rose = (np.diff(losses, axis=0) > 0).mean()
        costs = f"{needed.mean() * steps:8.0f} {1000 * seconds / steps:7.2g} {needed.mean() * seconds:8.2g}"
        cells = spread(needed, ".1f"), costs, f"{rose:5.0%}", spread(accuracies)
        print(f"{batch:6} {rate:5g} {noises[batch].mean():9.2f} {cells[0]:>13} {' '.join(cells[1:])}", flush=True)
    picture = folder / "batch_size.png"
    draw(found).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found


def draw(found):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.2), layout="constrained")
    by_epochs, by_updates, by_rows = figure.subplots(1, 3)
    for number, (batch, (losses, _, rate, _, _)) in enumerate(found.items()):
        at, mean = np.arange(len(losses)), losses.mean(axis=1)
        label = f"{batch} row{'s' if batch > 1 else ''}, rate {rate:g}"
        for ax, x in ((by_epochs, at), (by_updates, at * -(-ROWS // batch))):
            ax.plot(x[1:], mean[1:], color=f"C{number}", label=label)
            ax.fill_between(
                x[1:], losses[1:].min(axis=1), losses[1:].max(axis=1), color=f"C{number}", alpha=0.15, linewidth=0
            )
    for ax, what in ((by_epochs, "epochs"), (by_updates, "updates")):
        ax.axhline(GOAL, color="0.4", linewidth=0.8)
        ax.set(xscale="log", yscale="log", xlabel=what, ylabel="training loss, range of the seeds")
        ax.set_title(f"Loss by {what}", loc="left")
    by_updates.set_ylabel("")
    by_epochs.legend(frameon=False, fontsize="small")
    sizes = np.array(list(found))
    needed = np.array([epochs_to(losses).mean() for losses, *_ in found.values()])
    off = np.array([noises.mean() for *_, noises in found.values()])
    by_rows.plot(sizes, needed * -(-ROWS // sizes), "o-", color="0.2", label="updates")
    by_rows.plot(sizes, needed, "s-", color="0.5", label="epochs")
    by_rows.plot(sizes[sizes < ROWS], off[sizes < ROWS], "^:", color="C4", label="noise of a gradient / its length")
    by_rows.set(xscale="log", yscale="log", xlabel="rows of a batch")
    by_rows.set_xticks(sizes, [f"{size}" for size in sizes])
    by_rows.minorticks_off()
    by_rows.set_title(f"Needed for a loss of {GOAL:g}", loc="left")
    by_rows.legend(frameon=False, fontsize="small")
    for ax in (by_epochs, by_updates, by_rows):
        ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        "By epochs small batches are fastest, by updates large ones; from 64 to 512 rows little is saved",
        x=0.01,
        ha="left",
        weight="bold",
    )
    return figure


if __name__ == "__main__":
    main()
