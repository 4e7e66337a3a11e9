"""What does each optimizer of the notes gain over plain gradient descent, and where?

    python examples/optimizers.py

Two tasks, the same start for all. Digits: scikit-learn's 1,797 images in mini-batches of 64, a network of 64 units.
Ravine: a parabola in two weights, 100 times as steep across as along, where the gradient is exact. The learning rates
are the best of 1, 2 and 5 times powers of ten, by the loss of the last epochs or steps. L-BFGS needs one and the same
loss in every step, so that it gets all of the digits at once, in as many steps as the others.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
OPTIMIZERS = {  # and their learning rates on digits and in the ravine
    "SGD": (kp.optimizers.SGD, 0.2, 0.01),
    "SGD, momentum": (lambda lr: kp.optimizers.SGD(lr, momentum=0.9), 0.2, 0.01),
    "SGD, Nesterov": (lambda lr: kp.optimizers.SGD(lr, momentum=0.9, nesterov=True), 0.2, 0.01),
    "Adagrad": (kp.optimizers.Adagrad, 0.2, 5.0),
    "RMSprop": (kp.optimizers.RMSprop, 0.005, 0.1),
    "Adadelta": (kp.optimizers.Adadelta, 1.0, 100.0),
    "Adam": (kp.optimizers.Adam, 0.02, 0.5),
    "Nadam": (kp.optimizers.Nadam, 0.005, 0.5),
    "L-BFGS": (kp.optimizers.LBFGS, 1.0, 1.0),
}
BATCH = 64
START = np.array([-9.0, 0.7])
STEEPNESS = np.array([1.0, 100.0])


def train_on_digits(optimizer, epochs):
    """Steps, and the loss of all rows after them."""
    x, y = load_digits(return_X_y=True)
    x = x.astype("float32") / 16
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, "tanh"), keras.layers.Dense(10)])
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    steps_per_epoch = -(-len(x) // BATCH)
    if isinstance(optimizer, kp.optimizers.LBFGS):
        fit = model.fit(x, y, batch_size=len(x), epochs=epochs * steps_per_epoch, verbose=0)
        losses = np.minimum.accumulate(fit.history["loss"])  # of the steps that it takes, among those that it tries
        return np.arange(len(losses)), losses
    first = model.evaluate(x, y, batch_size=len(x), verbose=0)
    fit = model.fit(
        x, y, batch_size=BATCH, epochs=epochs, validation_data=(x, y), validation_batch_size=len(x), verbose=0
    )
    return np.arange(epochs + 1) * steps_per_epoch, np.array([first, *fit.history["val_loss"]])


def descend_the_ravine(optimizer, steps):
    """The loss before every step, and after the last."""
    w = keras.Variable(START, dtype="float32", name="w")
    points = [START]
    for _ in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(STEEPNESS * points[-1], dtype="float32")], [w])
        points.append(keras.ops.convert_to_numpy(w).astype("float64"))
    losses = 0.5 * np.sum(STEEPNESS * np.square(points), axis=1)
    if isinstance(optimizer, kp.optimizers.LBFGS):
        losses = np.minimum.accumulate(losses)
    return np.arange(steps + 1), losses


def main(folder=FOLDER, names=tuple(OPTIMIZERS), epochs=10, steps=100):
    """Runs the example; returns the last loss of each optimizer on both tasks."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    last = {}
    print(f"{'':14} {'digits':>24}    {'ravine':>24}")
    print(f"{'optimizer':14} {'learning rate':>13} {'last loss':>10}    {'learning rate':>13} {'last loss':>10}")
    for number, name in enumerate(names):
        make, on_digits, in_ravine = OPTIMIZERS[name]
        curves = train_on_digits(make(on_digits), epochs), descend_the_ravine(make(in_ravine), steps)
        style = {"color": plt.cm.tab10(number), "linewidth": 2.5 if name == "L-BFGS" else 1.5}
        for ax, curve in zip(axes, curves, strict=True):
            ax.plot(*curve, label=name, **style)
        last[name] = tuple(losses[-1] for _, losses in curves)
        digits, ravine = last[name]
        print(f"{name:14} {on_digits:13g} {digits:10.2g}    {in_ravine:13g} {ravine:10.2g}", flush=True)
    for ax, title in zip(axes, ("Digits, mini-batches (L-BFGS: all rows)", "Ravine, exact gradient"), strict=True):
        ax.set(title=title, xlabel="steps", ylabel="training loss", yscale="log")
        ax.spines[["top", "right"]].set_visible(False)
    axes[1].set_ylim(1e-12, None)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
    picture = folder / "optimizers.png"
    figure.savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return last


if __name__ == "__main__":
    main()
