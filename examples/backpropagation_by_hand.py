"""The delta rule and backpropagation by hand, held against what Keras does, step by step.

    python examples/backpropagation_by_hand.py

- The delta rule: a linear unit learns scikit-learn's diabetes data row by row, `w += rate * (target - output) * input`.
  Keras' gradient descent on the squared error does the same at half that rate, the derivative of e**2 being 2 e.
- The generalized delta rule: forward and backward pass of a net of two layers in ten lines of NumPy, on digits in
  mini-batches, against the same net in Keras.
- Exclusive or, where the delta rule must fail, for no line separates its classes, and the net need not: 20 first
  weights for nets of 2, 4 and 8 hidden units, trained by the same ten lines.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_diabetes, load_digits

FOLDER = Path(__file__).resolve().parent / "figures"
BATCH = 64
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


def delta_rule(x, targets, rate, steps):
    """The weights of a linear unit, the bias first, before each step and after the last; a row a step."""
    x = np.column_stack([np.ones(len(x)), x])
    weights = [np.zeros(x.shape[1])]
    for step in range(steps):
        row, target = x[step % len(x)], targets[step % len(x)]
        delta = target - weights[-1] @ row
        weights.append(weights[-1] + rate * delta * row)
    return np.array(weights)


def forward(layers, x):
    """Outputs of each layer, the inputs first: sigmoids, and a softmax at the end."""
    outputs = [x]
    for number, (kernel, bias) in enumerate(layers, 1):
        z = outputs[-1] @ kernel + bias
        is_last = number == len(layers)
        outputs.append(np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None]) if is_last else 1 / (1 + np.exp(-z)))
    return outputs


def backward(layers, outputs, labels):
    """The deltas of each layer, from the first: the derivatives of the mean cross-entropy by what it sums up."""
    deltas = [(outputs[-1] - np.eye(outputs[-1].shape[1])[labels]) / len(labels)]
    for (kernel, _), output in zip(layers[:0:-1], outputs[-2:0:-1], strict=True):
        deltas.insert(0, deltas[0] @ kernel.T * output * (1 - output))
    return deltas


def train_by_hand(layers, x, labels, rate, steps, batch):
    """Layers after the first step and after the last; the loss before each step, and the length of each delta."""
    first, losses, lengths = None, [], []
    for step in range(steps):
        rows = np.arange(step * batch, (step + 1) * batch) % len(x)
        outputs = forward(layers, x[rows])
        deltas = backward(layers, outputs, labels[rows])
        losses.append(-np.log(outputs[-1][np.arange(batch), labels[rows]]).mean())
        lengths.append([np.linalg.norm(delta) for delta in deltas])
        layers = [
            (kernel - rate * output.T @ delta, bias - rate * delta.sum(axis=0))
            for (kernel, bias), output, delta in zip(layers, outputs, deltas, strict=False)  # but for the last output
        ]
        first = first or layers
    return first, layers, np.array(losses), np.array(lengths)


def fit_by_keras(model, optimizer, loss, x, y, steps, batch):
    """The weights before each step and after the last, and the losses before the steps, of rows in their order."""
    weights, losses = [model.get_weights()], []
    model.compile(optimizer, loss, jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)
    for step in range(steps):
        rows = np.arange(step * batch, (step + 1) * batch) % len(x)
        losses.append(float(model.train_on_batch(x[rows], y[rows])))
        model.reset_metrics()
        weights.append(model.get_weights())
    return weights, np.array(losses)


def linear_unit(steps, rate=0.01):
    """Weights by hand and by Keras, a row for each step, and the mean squared error of all rows after each."""
    x, y = load_diabetes(return_X_y=True)
    x, y = x / x.std(axis=0), (y - y.mean()) / y.std()
    by_hand = delta_rule(x, y, rate, steps)
    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    weights, _ = fit_by_keras(model, keras.optimizers.SGD(rate / 2), "mse", x, y[:, None], steps, batch=1)
    return by_hand, np.array([np.append(bias, kernel) for kernel, bias in weights])


def two_layers(steps, rate=1.0, hidden=32):
    """What `train_by_hand` gives, and the weights and losses by Keras."""
    x, labels = load_digits(return_X_y=True)
    x = x / 16
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dense(hidden, "sigmoid"), keras.layers.Dense(10, "softmax")]
    )
    start = [weight.astype("float64") for weight in model.get_weights()]
    by_hand = train_by_hand([(start[0], start[1]), (start[2], start[3])], x, labels, rate, steps, BATCH)
    loss = keras.losses.SparseCategoricalCrossentropy()
    return by_hand, fit_by_keras(model, keras.optimizers.SGD(rate), loss, x, labels, steps, BATCH)


def apart(layers, weights):
    """The largest difference of a weight by hand from that by Keras."""
    by_hand = [array for layer in layers for array in layer]
    return max(np.abs(a - b).max() for a, b in zip(by_hand, weights, strict=True))


def exclusive_or(hidden, starts, steps, rate=2.0):
    """Losses of nets with so many hidden units, none for a linear softmax, and how many of the four rows are right."""
    x, labels = XOR
    losses, right = [], []
    for seed in range(starts):
        random = np.random.default_rng(seed)
        sizes = [2, hidden, 2] if hidden else [2, 2]
        layers = [(random.normal(size=pair), random.normal(size=pair[1])) for pair in pairwise(sizes)]
        _, layers, curve, _ = train_by_hand(layers, x, labels, rate, steps, batch=4)
        losses.append(curve)
        right.append((forward(layers, x)[-1].argmax(axis=1) == labels).sum())
    return np.array(losses), np.array(right)


def main(folder=FOLDER, steps=100, starts=20, xor_steps=1000):
    """Runs the example; returns the largest differences between the weights by hand and by Keras."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    by_hand, by_keras = linear_unit(steps)
    differences = np.abs(by_hand - by_keras).max(axis=1)
    (first, last, losses, lengths), (weights, keras_losses) = two_layers(steps)
    found = {"delta rule": differences.max(), "first step": apart(first, weights[1]), "last": apart(last, weights[-1])}
    print("Largest difference of a weight by hand (float64) and by Keras (float32)")
    print(f"  delta rule, in any of {steps:3} steps of a row    {found['delta rule']:.1e}")
    print(f"  net of two layers, after   1 step             {found['first step']:.1e}")
    print(f"  net of two layers, after {steps:3} steps            {found['last']:.1e}")
    moved = max(np.abs(a - b).max() for a, b in zip(weights[0], weights[-1], strict=True))
    print(f"  (the weight that moves the most moves by    {moved:.1e})")

    x, labels = XOR
    unit = delta_rule(x, labels, 0.02, xor_steps * 4)[-1]
    said = np.column_stack([np.ones(4), x]) @ unit
    print(f"\nExclusive or, targets {labels}: the delta rule ends at {np.round(said, 2)}")
    print(f"{'':24} {'all 4 right':>12} {'last loss: median':>18} {'least':>8} {'greatest':>9}")
    curves = {}
    for hidden in (0, 2, 4, 8):
        name = f"{hidden} hidden sigmoids" if hidden else "softmax alone"
        curves[name], right = exclusive_or(hidden, starts, xor_steps)
        ends = curves[name][:, -1]
        share = f"{(right == 4).sum()} of {starts}"
        print(f"{name:24} {share:>12} {np.median(ends):18.2g} {ends.min():8.2g} {ends.max():9.2g}")
        found[name] = (right == 4).mean()
    picture = folder / "backpropagation_by_hand.png"
    draw(losses, keras_losses, lengths, curves).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found


def draw(losses, keras_losses, lengths, curves):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.9), layout="constrained")
    loss, delta, xor = figure.subplots(1, 3)
    steps = np.arange(1, len(losses) + 1)
    loss.plot(steps, keras_losses, color="C1", linewidth=6, alpha=0.5, label="Keras")
    loss.plot(steps, losses, "k--", linewidth=1, label="by hand")
    loss.set(title="The same loss at every step", xlabel="step", ylabel="cross-entropy of the batch", ylim=(0, None))
    for number, (name, color) in enumerate((("hidden layer", "C0"), ("output layer", "C3"))):
        delta.plot(steps, lengths[:, number], color=color, label=name)
    delta.set(title="Deltas shrink on their way back", xlabel="step", ylabel="length of the deltas", ylim=(0, None))
    for color, (name, ends) in zip(("0.5", "C3", "C1", "C0"), curves.items(), strict=True):
        xor.plot(np.arange(1, ends.shape[1] + 1), np.median(ends, axis=0), color=color, label=name)
        xor.fill_between(
            np.arange(1, ends.shape[1] + 1), *np.quantile(ends, (0.25, 0.75), axis=0), color=color, alpha=0.2, lw=0
        )
    xor.set(title="Exclusive or needs the hidden layer", xlabel="step", ylabel="cross-entropy, median")
    xor.set(xscale="log", ylim=(0, None))
    for ax in (loss, delta, xor):
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False)
    return figure


if __name__ == "__main__":
    main()
