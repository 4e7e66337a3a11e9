"""L1, L2 and dropout where data are few: what they do to the error, to the weights and to the speed.

    python examples/regularization.py

Networks of one hidden layer of 64 units learn 200 of scikit-learn's digits by heart, and are tested on 500 others.
Swept are the lambdas of

    loss + lambda * sum(w**2)        loss + lambda * sum(|w|)

and the rate of dropout. L1 is tried in two ways: as a term of the loss, as Keras has it, whose subgradient makes
useless weights hover around zero, and by `kp.optimizers.Proximal`, which takes the same penalty off the weights after
each step and stops at zero. All by the same descent with momentum, in as many steps, from the same weights; the losses
that are printed are those of the data alone, without dropout.

The networks of a way, of all its lambdas and seeds, are one model, with an axis for the network.
"""

from pathlib import Path

import numpy as np
from notes import nets
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp
from kerasparts import backend

FOLDER = Path(__file__).resolve().parent / "figures"
LAMBDAS = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
FEWER = (1e-4, 3e-4, 1e-3, 3e-3)  # an optimizer each, so a model each
RATES = (0.0, 0.3, 0.5)
SIZES, ROWS, BATCH, LEARNT = (64, 64, 10), 200, 20, 0.1
COLORS = {"L2": "C0", "L1": "C1", "L1, Proximal": "C2"}


class ByNetwork(keras.regularizers.Regularizer):
    """`sum(lambda * |w| ** power)`, with a lambda for each network."""

    def __init__(self, lambdas, power):
        self.lambdas = np.reshape(lambdas, (-1, 1, 1)).astype("float32")
        self.power = power

    def __call__(self, w):
        return keras.ops.sum(keras.ops.convert_to_tensor(self.lambdas) * keras.ops.abs(w) ** self.power)


def descent():
    """Its momentum is an average, so that the gradient of the penalty and the step of `Proximal` are as long."""
    return kp.optimizers.SGD(0.3, momentum=0.9, momentum_form="average")


def train(data, epochs, optimizer=None, penalty=None, dropout=0.0, copies=1, callbacks=()):
    """Trains a network for each seed of the data, and as many copies, on the same rows and from the same weights."""
    x, y, _, _ = (np.concatenate([part] * copies, axis=1) for part in data)

    def networks(count, penalties):
        after = {"after": lambda units: [keras.layers.Dropout(dropout)]}
        return nets.stack(count, SIZES, of_outputs=penalties, **after, **penalties)

    keras.utils.set_random_seed(0)
    first = networks(x.shape[1] // copies, {}).get_weights()
    model = networks(x.shape[1], {"kernel_regularizer": penalty})
    model.set_weights([np.concatenate([weights] * copies) for weights in first])
    return nets.train(model, x, y, optimizer or descent(), epochs, BATCH, callbacks=callbacks)


def measure(model, data):
    """Training and test loss, test accuracy, share of zeros, and of weights below 1e-3, each by network."""
    x, y, x_test, y_test = data
    kernels = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables if v.name == "kernel"]
    sizes = np.abs(np.concatenate([kernel.reshape(x.shape[1], -1) for kernel in kernels], axis=1))
    training, _ = nets.scores(model, x, y)
    return np.array(
        [training, *nets.scores(model, x_test, y_test), (sizes == 0).mean(axis=1), (sizes < 1e-3).mean(axis=1)]
    )


def sweep(way, data, lambdas, epochs):
    """`{lambda: what `measure` gives}`."""
    if way == "L1, Proximal":
        return {l1: measure(train(data, epochs, kp.optimizers.Proximal(descent(), l1)), data) for l1 in lambdas}
    copies = len(lambdas)
    penalty = ByNetwork(np.repeat(lambdas, data[0].shape[1]), power=int(way[1]))
    model = train(data, epochs, penalty=penalty, copies=copies)
    found = measure(model, [np.concatenate([part] * copies, axis=1) for part in data])
    return dict(zip(lambdas, np.split(found, copies, axis=1), strict=True))


def dropout_curves(data, rates, epochs):
    """`{rate: (losses of the training rows, of the test rows, accuracies)}`, losses in a row for each epoch."""
    x, y, x_test, y_test = data
    found = {}
    for rate in rates:
        of_training, of_test = nets.Curves(x, y), nets.Curves(x_test, y_test)
        model = train(data, epochs, dropout=rate, callbacks=[of_training, of_test])
        _, accuracies = nets.scores(model, x_test, y_test)
        found[rate] = np.array(of_training.losses), np.array(of_test.losses), accuracies
    return found


def spread(values, form=".3f"):
    return f"{np.mean(values):{form}} ± {np.std(values):{form}}" if np.isfinite(values).all() else "never"


def epochs_to(curve, goal=LEARNT):
    """Epochs until the loss of each network is at the goal, NaN where it never is."""
    reached = curve <= goal
    return np.where(reached.any(axis=0), reached.argmax(axis=0), np.nan)


def main(folder=FOLDER, seeds=5, epochs=100, lambdas=LAMBDAS, fewer=FEWER, rates=RATES):
    """Runs the example; returns by way and lambda what was measured, and by rate of dropout the curves."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = nets.digits(seeds, ROWS)
    found = {}
    print(f"{ROWS} digits, {epochs} epochs, {seeds} seeds: mean and spread (std)\n")
    heads = f"{'training loss':15} {'test loss':15} {'test accuracy':15}"
    print(f"{'':28} {heads} {'better in':>9} {f'epochs to {LEARNT:g}':>13}")
    with backend.many_models():
        curves = dropout_curves(data, rates, epochs)
        none = curves[rates[0]][1][-1]
        for rate, (training, test, accuracies) in curves.items():
            cells = f"{spread(training[-1]):15} {spread(test[-1]):15} {spread(accuracies):15}"
            better, needed = (test[-1] < none).sum(), spread(epochs_to(training), ".0f")
            print(f"{f'dropout {rate:g}':28} {cells} {better:9} {needed:>13}", flush=True)
        print(f"\n{'':28} {heads} {'better in':>9} {'zeros':>6} {'below 1e-3':>10}")
        for way in COLORS:
            found[way] = sweep(way, data, fewer if way == "L1, Proximal" else lambdas, epochs)
            for value, (training, test, accuracy, zero, small) in found[way].items():
                cells = f"{spread(training):15} {spread(test):15} {spread(accuracy):15} {(test < none).sum():9}"
                print(f"{f'{way}, lambda {value:g}':28} {cells} {zero.mean():6.1%} {small.mean():10.1%}", flush=True)
            print()
    print(f"Better: a test loss below that of dropout {rates[0]:g} on the same rows, in so many of {seeds} seeds")
    picture = folder / "regularization.png"
    draw(found, curves).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found, curves


def draw(found, curves):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.4), layout="constrained")
    errors, zeros, speed = figure.subplots(1, 3)
    for way, color in COLORS.items():
        lambdas = np.array(list(found[way]))
        values = np.array(list(found[way].values()))
        training, test = values[:, 0], values[:, 1]
        if way != "L1, Proximal":  # whose errors are those of L1
            errors.plot(lambdas, test.mean(axis=1), ".-", color=color, label=f"{way}, test")
            low, high = (test.mean(axis=1) + side * test.std(axis=1) for side in (-1, 1))
            errors.fill_between(lambdas, low, high, color=color, alpha=0.15, linewidth=0)
            errors.plot(lambdas, training.mean(axis=1), "--", color=color, label=f"{way}, training")
        if way != "L2":
            zeros.plot(
                lambdas, values[:, 3].mean(axis=1), "o-", color=color, label=f"{way}: exactly zero", clip_on=False
            )
            zeros.plot(lambdas, values[:, 4].mean(axis=1), ":", color=color, label=f"{way}: below 1e-3")
    without = next(iter(curves.values()))[1][-1].mean()
    errors.axhline(without, color="0.3", linewidth=0.8, label="no penalty, test")
    errors.set(xscale="log", ylim=(0, 0.9), xlabel="lambda", ylabel="cross-entropy")
    errors.set_title("Error by lambda", loc="left")
    zeros.set(xscale="log", ylim=(0, 1), xlabel="lambda", ylabel="share of weights")
    zeros.set_title("Weights that L1 makes zero", loc="left")
    for color, (rate, (training, test, _)) in zip(("0.3", "C4", "C3"), curves.items(), strict=False):
        speed.plot(test.mean(axis=1), color=color, label=f"dropout {rate:g}, test")
        speed.plot(training.mean(axis=1), "--", color=color, label=f"dropout {rate:g}, training")
    speed.set(ylim=(0, 0.9), xlabel="epochs", ylabel="cross-entropy")
    speed.set_title("Dropout learns slower", loc="left")
    for ax in (errors, zeros, speed):
        ax.legend(frameon=False, fontsize="small")
        ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        "All three take a little off the error of few data; L1 makes weights zero only by a proximal step",
        x=0.01,
        ha="left",
        weight="bold",
    )
    return figure


if __name__ == "__main__":
    main()
