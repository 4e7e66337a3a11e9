"""The delta rule and backpropagation."""

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

from kerasparts import backend
from notes.activations import hidden
from notes.claim import Finding, claim, percent, pm, seconds
from notes.nets import digits, scores, stack, train, tuned

ops = keras.ops


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@claim(
    "The delta rule, rate x error x input, is gradient descent on the squared error of a linear unit.",
    "One step of SGD with Keras' MSE on one row of 5 features, over the rule: mean over seeds and weights.",
)
def delta_rule(seeds):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(1, seeds, 5)).astype("float32"), random.normal(size=(1, seeds)).astype("float32")
    net = stack(seeds, (5, 1))
    before = net.get_weights()[0][..., 0]
    error = y[0] - ops.convert_to_numpy(net(x))[0, :, 0]
    train(net, x, y, keras.optimizers.SGD(0.1), epochs=1)
    ratio = (net.get_weights()[0][..., 0] - before) / (0.1 * error[:, None] * x[0])
    constant = np.abs(ratio - ratio.mean()).max() < 1e-2
    why = "Keras' MSE has no 1/2." if constant and abs(ratio.mean() - 2) < 1e-2 else ""
    return Finding("holds" if constant else "does not hold here", f"{pm(ratio, '.3f')}.", why)


@claim(
    "The delta rule is limited to what a line can divide.",
    "Exclusive or with noise, 400 points: accuracy of a linear unit and of a hidden layer of 8 tanh units.",
)
def exclusive_or(seeds):
    random = np.random.default_rng(0)
    corners = random.integers(0, 2, (400, seeds, 2))
    x, y = (corners + 0.15 * random.normal(size=corners.shape)).astype("float32"), corners.sum(axis=-1) % 2
    x, y = np.concatenate([2 * x - 1] * 5), np.concatenate([y] * 5)
    linear, deep = (
        tuned(sizes, (x, y, x[:400], y[:400]), (0.01, 0.1), epochs=5, activation="tanh").accuracy
        for sizes in ((2, 2), (2, 8, 2))
    )
    holds = linear.mean() < 0.8 and deep.mean() > 0.95
    return Finding("holds" if holds else "does not hold here", f"{percent(linear)} and {percent(deep)}.")


@claim(
    "For a sigmoid unit and half the squared error, dL/dW = (ŷ - y) ŷ (1 - ŷ) x.",
    "Largest distance from what automatic differentiation gives, 1,000 rows of 5 features.",
)
def one_unit(seeds):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(1000, 5)).astype("float32"), random.uniform(size=(1000, 1)).astype("float32")
    kernel, bias = keras.Variable(random.normal(size=(5, 1))), keras.Variable(random.normal(size=(1,)))

    def loss():
        predicted = ops.sigmoid(ops.matmul(x, kernel.value) + bias.value)
        return ops.sum(0.5 * ops.square(ops.subtract(predicted, y)))

    _, gradients = backend.value_and_gradients(loss, [kernel, bias])()
    predicted = sigmoid(x @ ops.convert_to_numpy(kernel) + ops.convert_to_numpy(bias))
    error = (predicted - y) * predicted * (1 - predicted)
    by_hand = x.T @ error, error.sum(axis=0)
    off = max(
        np.abs(ops.convert_to_numpy(g) - hand).max() / np.abs(hand).max()
        for g, hand in zip(gradients, by_hand, strict=True)
    )
    return Finding("holds" if off < 1e-4 else "does not hold here", f"{off:.1e} of the largest component.")


@claim(
    "The chain rule, layer by layer backward, gives the gradient of every weight.",
    "Digits, two layers of tanh, softmax and cross-entropy: largest distance of the gradient by hand, in NumPy, "
    "from automatic differentiation.",
)
def by_hand(seeds):
    x, y, *_ = digits(1, 200)
    net = stack(1, (64, 32, 32, 10), "tanh")
    net.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    _, found = backend.model_value_and_gradients(net)(x, y)

    weights = [weight[0].astype("float64") for weight in net.get_weights()]
    values = [x[:, 0].astype("float64")]
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        values.append(np.tanh(values[-1] @ kernel + bias))
    logits = values[-2] @ weights[-2] + weights[-1]
    error = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    error[np.arange(200), y[:, 0]] -= 1
    error /= 200
    expected = []
    for kernel, value in zip(weights[-2::-2], values[-2::-1], strict=True):
        expected = [value.T @ error, error.sum(axis=0), *expected]
        error = error @ kernel.T * (1 - value**2)
    off = max(
        np.abs(ops.convert_to_numpy(g)[0] - hand).max() / np.abs(hand).max()
        for g, hand in zip(found, expected, strict=True)
    )
    return Finding("holds" if off < 1e-4 else "does not hold here", f"{off:.1e} of the largest component.")


@claim(
    "Backpropagation is efficient: it reuses partial derivatives.",
    "Least time of 20 calls for loss and gradient of four layers of 256 units, 512 rows, over that of the loss alone; "
    "differences would need the loss once more for each weight.",
)
def reuse(seeds):
    x, y = digits(1, 512)[:2]
    net = stack(1, (64, 256, 256, 256, 256, 10))
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def loss(x, y):
        return entropy(y, net(x))

    variables = net.trainable_variables
    forward = backend.compiled(loss, variables)
    both = backend.value_and_gradients(loss, variables)
    ratio = seconds(lambda: both(x, y)[1][0], 21) / seconds(lambda: forward(x, y), 21)
    numbers = f"{ratio:.1f} times, for {net.count_params():,} weights."
    return Finding("holds" if ratio < 10 else "does not hold here", numbers)


@claim(
    "Backpropagation requires differentiable activation functions.",
    "ReLU has no derivative at zero. Digits, two hidden layers of 32, He's first weights, 15 epochs of Adam: share of "
    "hidden inputs that are exactly zero, and test accuracy.",
)
def kink_in_the_way(seeds):
    x, y, x_test, y_test = digits(seeds, 800)
    layers = lambda units: [keras.layers.Activation("relu")]  # noqa: E731
    net = train(
        stack(seeds, (64, 32, 32, 10), None, "he_normal", after=layers), x, y, keras.optimizers.Adam(0.003), epochs=15
    )
    at_zero = np.mean([hidden(net, x, layer) == 0 for layer in (0, 2)])
    accuracy = scores(net, x_test, y_test)[1]
    numbers = f"{at_zero:.1g} of them, accuracy {percent(accuracy)}."
    if accuracy.mean() > 0.9:
        return Finding(
            "does not hold here",
            numbers,
            "A slope almost everywhere is enough; zero everywhere is not (see the binary step).",
        )
    return Finding("holds", numbers)
