"""Categorical cross-entropy and its gradient by hand, beside what Keras and automatic differentiation say.

    python examples/cross_entropy_by_hand.py

By hand is NumPy in float64: with logits `z`, a target `y` (one-hot, or any distribution) and `p = softmax(z)`,

    loss = -sum(y * log(p)) = entropy(y) + KL(y, p)          gradient by z = p - y

which must be the losses of Keras and of kerasparts, on one-hot rows, labels and two classes alike, the gradient that
the framework finds without knowing the formula, and the step that a layer takes in `fit`. These are in float32:
differences of some 1e-6 are its rounding.

The last table and the figure are why losses take `from_logits=True`: in float32 `p` becomes 0 or 1 at logits of some
hundred, and it is kept off 0 by 1e-7 for the logarithm. So the loss cannot exceed 16.1, and there is no gradient where
the network is most wrong. (On TensorFlow Keras' own loss looks for the softmax before it and takes the logits.)
"""

from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp
from kerasparts import backend

FOLDER = Path(__file__).resolve().parent / "figures"
EXAMPLE = np.array([4.2, 1.1, -3.5])  # logits of the notes, which have 0.92, 0.07 and 0.001 for their softmax


def softmax(z):
    powers = np.exp(z - z.max(axis=-1, keepdims=True))  # the greatest is 1: nothing overflows
    return powers / powers.sum(axis=-1, keepdims=True)


def cross_entropy(y, z):
    z = z - z.max(axis=-1, keepdims=True)
    return -np.sum(y * (z - np.log(np.exp(z).sum(axis=-1, keepdims=True))), axis=-1)


def gradient(y, z):
    return softmax(z) - y


def entropy(y):
    return -np.sum(y * np.log(y), axis=-1)


def quotients(y, z, step=1e-6):
    """The gradient of one row by difference quotients: it knows the loss only."""
    steps = step * np.eye(len(z))
    return (cross_entropy(y, z + steps) - cross_entropy(y, z - steps)) / (2 * step)


def autodiff(loss, y, z, before=lambda z: z):
    """The losses of the rows and their gradients by the logits, as the framework finds them in float32."""
    logits = keras.Variable(z.astype("float32"))
    y = y.astype("float32") if y.dtype.kind == "f" else y

    def total():
        losses = loss(y, before(logits.value))
        return keras.ops.sum(losses), losses

    (_, losses), (by_logits,) = backend.value_and_gradients(total, [logits], has_aux=True)()
    return [keras.ops.convert_to_numpy(found).astype("float64") for found in (losses, by_logits)]


def compare(rows, classes):
    """`{what: (greatest difference of the losses, of the gradients)}` between the framework and by hand."""
    random = np.random.default_rng(0)
    z, labels = random.normal(scale=3.0, size=(rows, classes)), random.integers(0, classes, rows)
    y, soft = np.eye(classes)[labels], random.dirichlet(np.ones(classes), rows)
    pair, one_hot, softly = z[:, :2], (cross_entropy(y, z), gradient(y, z)), (cross_entropy(soft, z), gradient(soft, z))
    first = (labels[:, None] == 0).astype(float)
    both = np.hstack([first, 1 - first])
    logits = {"from_logits": True, "reduction": "none"}
    compared = {
        "one-hot, Keras": (autodiff(keras.losses.CategoricalCrossentropy(**logits), y, z), one_hot),
        "one-hot, kerasparts": (autodiff(kp.losses.CategoricalCrossentropy(**logits), y, z), one_hot),
        "labels, Keras": (autodiff(keras.losses.SparseCategoricalCrossentropy(**logits), labels, z), one_hot),
        "labels, kerasparts": (autodiff(kp.losses.SparseCategoricalCrossentropy(**logits), labels, z), one_hot),
        "two classes, one logit": (  # the difference of two
            autodiff(keras.losses.BinaryCrossentropy(**logits), first, pair[:, :1] - pair[:, 1:]),
            (cross_entropy(both, pair), gradient(both, pair)[:, :1]),
        ),
        "soft targets, Keras": (autodiff(keras.losses.CategoricalCrossentropy(**logits), soft, z), softly),
        "soft targets, kerasparts' KL": (  # the entropy does not depend on the logits
            autodiff(kp.losses.KLDivergence(**logits), soft, z),
            (softly[0] - entropy(soft), softly[1]),
        ),
    }
    return {
        what: [float(np.abs(found - right).max()) for found, right in zip(*pairs, strict=True)]
        for what, pairs in compared.items()
    }


def step_of_a_layer(rate=0.5):
    """Greatest difference between `x.T @ (p - y) / rows` and the step that `fit` takes, over the rate."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(64, 8)), np.eye(5)[random.integers(0, 5, 64)]
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(5)])
    model.compile(
        keras.optimizers.SGD(rate), keras.losses.CategoricalCrossentropy(from_logits=True), jit_compile=jit_compile
    )
    kernel, bias = model.get_weights()
    model.fit(x, y, batch_size=len(x), verbose=0)
    by_hand = x.T @ gradient(y, x @ kernel + bias) / len(x)
    return float(np.abs((kernel - model.get_weights()[0]) / rate - by_hand).max())


def extremes(values):
    """`{way: (losses, gradients)}` by the logit of the true class, beside two others of zero."""
    z = np.stack([values, np.zeros_like(values), np.zeros_like(values)], axis=1)
    y = np.eye(3)[np.zeros(len(values), int)]
    found = {"by hand": (cross_entropy(y, z), gradient(y, z)[:, 0])}
    for name, source in {"Keras": keras.losses, "kerasparts": kp.losses}.items():
        for way, settings in {"logits": (True, lambda z: z), "probabilities": (False, keras.ops.softmax)}.items():
            loss = source.CategoricalCrossentropy(from_logits=settings[0], reduction="none")
            losses, gradients = autodiff(loss, y, z, settings[1])
            found[f"{name}, {way}"] = losses, gradients[:, 0]
    return found


def main(folder=FOLDER, rows=1000, classes=5):
    """Runs the example; returns the greatest differences, that of the step, and losses and gradients at extremes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def row(name, numbers):
        print(f"  {name:22}" + "".join(f"{number:10.4f}" for number in numbers))

    target = np.array([0.0, 1.0, 0.0])
    losses, gradients = autodiff(
        keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none"), target[None], EXAMPLE[None]
    )
    print("One row, of the second of three classes")
    row("logits z", EXAMPLE)
    row("p = softmax(z)", softmax(EXAMPLE))
    row("target y", target)
    row("loss: by hand, Keras", [cross_entropy(target, EXAMPLE), losses[0]])
    row("gradient p - y", gradient(target, EXAMPLE))
    row("difference quotients", quotients(target, EXAMPLE))
    row("autodiff", gradients[0])

    differences = compare(rows, classes)
    print(f"\n{rows} rows of {classes} classes: greatest difference between by hand and float32")
    print(f"  {'':28}{'loss':>10}{'gradient':>10}")
    for what, (of_losses, of_gradients) in differences.items():
        print(f"  {what:28}{of_losses:10.0e}{of_gradients:10.0e}")
    step = step_of_a_layer()
    print(f"  {'step of a layer in fit':28}{'':10}{step:10.0e}")

    values = np.array([10.0, 0.0, -10.0, -20.0, -100.0])
    table = extremes(values)
    print("\nLogit of the true class, others at 0: loss / gradient by that logit")
    print(f"  {'':26}" + "".join(f"{value:>16g}" for value in values))
    for way, found in table.items():
        print(f"  {way:26}" + "".join(f"{loss:9.4g} /{slope:z6.2f}" for loss, slope in zip(*found, strict=True)))
    picture = folder / "cross_entropy_by_hand.png"
    draw().savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return differences, step, table


def draw():
    from matplotlib.figure import Figure

    values = np.linspace(-30, 10, 81)
    found = extremes(values)
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    axes = figure.subplots(1, 2)
    for ax, which, title in zip(axes, (0, 1), ("Loss, -log(p)", "Its gradient by that logit, p - 1"), strict=True):
        ax.plot(values, found["by hand"][which], color="0.6", linewidth=5, label="by hand, float64")
        ax.plot(values[::4], found["kerasparts, logits"][which][::4], "o", color="C0", label="from logits, float32")
        ax.plot(values, found["kerasparts, probabilities"][which], color="C3", label="from probabilities, float32")
        ax.set_title(title, loc="left")
        ax.set_xlabel("logit of the true class, beside two of zero")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False)
    figure.suptitle(
        "From probabilities, the loss ends at 16.1 and the gradient is gone where the network is most wrong",
        x=0.01,
        ha="left",
        weight="bold",
    )
    return figure


if __name__ == "__main__":
    main()
