"""Activation functions."""

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import make_moons

import kerasparts as kp
from notes.claim import Finding, claim, percent, pm, seconds, surely_less
from notes.nets import digits, each, kernel_gradients, scores, stack, train, tuned

RATES = (1e-3, 3e-3, 1e-2, 3e-2)  # of Adam
DIGITS = (64, 32, 32, 10)
ops = keras.ops


def hard_step(x):
    return ops.cast(x > 0, x.dtype) + 0.0 * x  # else some frameworks say that there is no derivative


def hidden(net, x, layer=-2):
    """What a layer of the networks gives, the last hidden one without a number."""
    return ops.convert_to_numpy(keras.Model(net.inputs[0], net.layers[layer].output)(x))


@claim(
    "Without activation functions a deep network is a linear function.",
    "Five linear layers of 32 units: the largest deviation, over the largest output, from the one linear map that the "
    "outputs at the unit vectors give.",
)
def linear_stack(seeds):
    net = stack(seeds, [8, 32, 32, 32, 32, 32, 3], activation=None)
    x = np.random.default_rng(0).normal(size=(200, seeds, 8)).astype("float32")
    outputs, columns = (ops.convert_to_numpy(net(values)) for values in (x, each(np.eye(8, dtype="float32"), seeds)))
    linear = np.einsum("bsi,iso->bso", x, columns)
    deviation = np.abs(outputs - linear).max(axis=(0, 2)) / np.abs(outputs).max(axis=(0, 2))
    return Finding("holds" if deviation.max() < 1e-5 else "does not hold here", f"{pm(deviation, '.1e')} (float32)")


@claim(
    "The sharp kink of ReLU is enough to make a network non-linear.",
    "Two half moons, two hidden layers of 16 units: accuracy on new points with and without ReLU between the layers.",
)
def kink_is_enough(seeds):
    x, y = (
        np.stack(parts, axis=1)
        for parts in zip(*(make_moons(600, noise=0.15, random_state=seed) for seed in range(seeds)), strict=True)
    )
    data = x[:300].astype("float32"), y[:300], x[300:].astype("float32"), y[300:]
    linear, relu = (
        tuned((2, 16, 16, 2), data, (0.01, 0.03), epochs=30, activation=activation).accuracy
        for activation in (None, "relu")
    )
    holds = surely_less(linear, relu) and relu.mean() > 0.95
    return Finding("holds" if holds else "does not hold here", f"ReLU {percent(relu)}, none {percent(linear)}.")


@claim(
    "With an activation function, a wide enough network approximates any function.",
    "One hidden layer of 2, 8, 32 tanh units, first weights and biases spread over ±4, learns sin(2πx) on [-1, 1] from "
    "200 points without noise (400 steps of Adam, best of 2 rates): root of the mean squared error.",
)
def universal(seeds):
    x = np.linspace(-1, 1, 200)[:, None].astype("float32")
    x, y = (np.concatenate([each(part, seeds)] * 20) for part in (x, np.sin(2 * np.pi * x[:, 0])))  # a long epoch
    wide = keras.initializers.RandomUniform(-4, 4)
    errors = [
        tuned(
            (1, units, 1),
            (x, y, x[:200], y[:200]),
            (1e-2, 3e-2),
            epochs=5,
            batch_size=50,
            activation="tanh",
            initializer=wide,
            bias_initializer=wide,
        )
        for units in (2, 8, 32)
    ]
    errors = [np.sqrt(error.loss) for error in errors]
    falls = surely_less(errors[1], errors[0]) and surely_less(errors[2], errors[1])
    return Finding("holds" if falls else "does not hold here", ", ".join(pm(error) for error in errors) + ".")


@claim(
    "A binary step cannot be trained with gradients: its derivative is zero.",
    "Digits, two hidden layers of 32 steps: gradient of the hidden kernels, and test accuracy after 15 epochs, with "
    "the derivative of the step and with that of a stand-in (`kp.activations.Step`).",
)
def step(seeds):
    data = digits(seeds, 800)
    gradients = kernel_gradients(stack(seeds, DIGITS, hard_step), *data[:2])[:-1]
    plain, stand_in = (
        tuned(DIGITS, data, RATES, epochs=15, activation=activation).accuracy
        for activation in (hard_step, kp.activations.Step())
    )
    numbers = (
        f"Largest hidden gradient {gradients.max():.2g}; {percent(plain)} (the output layer learns on fixed random "
        f"steps), with the stand-in {percent(stand_in)}."
    )
    if gradients.max() > 0:
        return Finding("does not hold here", numbers)
    if surely_less(plain, stand_in):
        return Finding("holds if", numbers, "its own derivative is used, not that of a stand-in")
    return Finding("holds", numbers)


@claim(
    "The derivative of the sigmoid is never more than 0.25, that of tanh and ReLU reach 1.",
    "Largest derivative on a grid of 100,001 points in [-20, 20].",
)
def slopes(seeds):
    x = np.linspace(-20, 20, 100_001).astype("float32")
    largest = {
        name: float(ops.max(kp.activations.describe(name).derivative(x))) for name in ("sigmoid", "tanh", "relu")
    }
    holds = largest["sigmoid"] <= 0.25 and largest["tanh"] > 0.999 and largest["relu"] == 1
    return Finding(
        "holds" if holds else "does not hold here", ", ".join(f"{name} {value:.4g}" for name, value in largest.items())
    )


@claim(
    "Outputs that are not zero-centred make the sigmoid learn slowly.",
    "Digits, three hidden layers of 32: training loss after 10 epochs with the sigmoid and with the sigmoid minus 0.5, "
    "of the same slope; best of 4 rates for each, for plain SGD and for Adam.",
)
def zero_centred(seeds):
    data = digits(seeds, 800)
    numbers, slower = [], {}
    for name, kind, rates in (
        ("SGD", keras.optimizers.SGD, (0.1, 0.3, 1.0, 3.0)),
        ("Adam", keras.optimizers.Adam, RATES),
    ):
        plain, centred = (
            tuned((64, 32, 32, 32, 10), data, rates, kind, epochs=10, activation=activation).training_loss
            for activation in ("sigmoid", lambda x: ops.sigmoid(x) - 0.5)
        )
        slower[name] = surely_less(centred, plain)
        numbers.append(f"{name}: sigmoid {pm(plain)}, centred {pm(centred)}")
    numbers = "; ".join(numbers) + "."
    if all(slower.values()):
        return Finding("holds", numbers)
    if slower["SGD"]:
        return Finding("holds if", numbers, "training is by plain SGD; Adam does not mind")
    return Finding("does not hold here", numbers)


@claim(
    "Tanh converges faster than the sigmoid.",
    "Digits, hidden layers of 32: training loss after 5 epochs, best of 4 rates of Adam for each, with one and with "
    "three hidden layers.",
)
def tanh_faster(seeds):
    data = digits(seeds, 800)
    numbers, faster = [], []
    for depth in (1, 3):
        sizes = (64, *[32] * depth, 10)
        sigmoid, tanh = (
            tuned(sizes, data, (*RATES, 0.1), epochs=5, activation=activation).training_loss
            for activation in ("sigmoid", "tanh")
        )
        faster.append(surely_less(tanh, sigmoid))
        numbers.append(f"{depth} hidden: tanh {pm(tanh)}, sigmoid {pm(sigmoid)}")
    if all(faster):
        return Finding("holds", "; ".join(numbers) + ".")
    if faster[1]:
        return Finding("holds if", "; ".join(numbers) + ".", "there are several hidden layers")
    return Finding("does not hold here", "; ".join(numbers) + ".")


@claim(
    "ReLU gives sparse activations: many are zero.",
    "Digits, two hidden layers of 32: share of exact zeros in the second, before and after 15 epochs.",
)
def relu_is_sparse(seeds):
    x, y, x_test, _ = digits(seeds, 800)
    net = stack(seeds, DIGITS)
    before = (hidden(net, x_test) == 0).mean(axis=(0, 2))
    train(net, x, y, keras.optimizers.Adam(3e-3), epochs=15)
    after = (hidden(net, x_test) == 0).mean(axis=(0, 2))
    numbers = f"{percent(before, '.0f')} before, {percent(after, '.0f')} after."
    return Finding("holds" if min(before.mean(), after.mean()) > 0.1 else "does not hold here", numbers)


def died(activation, data, rate):
    """Share of the hidden units that lost their slope on all training rows in 10 epochs; test accuracy."""
    x, y, x_test, y_test = data
    known = kp.activations.describe(activation)
    net = stack(x.shape[1], DIGITS, activation=None, after=lambda units: [keras.layers.Activation(known)])

    def dead():
        slopes = (ops.convert_to_numpy(known.derivative(hidden(net, x, layer))) for layer in (0, 2))
        return np.mean([(slope == 0).all(axis=0) for slope in slopes], axis=(0, 2))

    before = dead()
    train(net, x, y, keras.optimizers.SGD(rate), epochs=10)
    return dead() - before, scores(net, x_test, y_test)[1]


@claim(
    "ReLU units can die: they give zero for all rows and learn no more.",
    "Digits, two hidden layers of 32, 10 epochs of plain SGD at rates of 0.1, 0.3, 1: share of the hidden units that "
    "lose their slope on every training row.",
)
def dying_relu(seeds):
    data = digits(seeds, 800)
    rates = (0.1, 0.3, 1.0)
    shares = [died("relu", data, rate)[0] for rate in rates]
    numbers = ", ".join(f"{percent(share, '.0f')} at {rate:g}" for share, rate in zip(shares, rates, strict=True))
    if shares[0].mean() > 0.05:
        return Finding("holds", numbers + ".")
    if shares[-1].mean() > 0.05:
        return Finding("holds if", numbers + ".", "the learning rate is too large")
    return Finding("does not hold here", numbers + ".")


@claim(
    "Leaky ReLU avoids dead units.",
    "As above at a rate of 0.7 with a slope of 0.01 below zero: share of units that die, and test accuracy.",
)
def leaky_lives(seeds):
    data = digits(seeds, 800)
    (dead_relu, relu), (dead_leaky, leaky) = (
        died(activation, data, 0.7) for activation in ("relu", kp.activations.LeakyReLU(0.01))
    )
    numbers = (
        f"ReLU: {percent(dead_relu, '.0f')} die, accuracy {percent(relu, '.0f')}; "
        f"Leaky ReLU: {percent(dead_leaky, '.0f')} and {percent(leaky, '.0f')}."
    )
    why = "" if surely_less(relu, leaky) else "The gain in accuracy is within its error."
    holds = dead_leaky.max() <= 0 and dead_relu.mean() > 0
    return Finding("holds" if holds else "does not hold here", numbers, why)


@claim(
    "ELU has mean activations closer to zero than ReLU, and converges faster.",
    "Digits, three hidden layers of 32 by He: mean over standard deviation of the third layer before training; "
    "training loss after 5 epochs, best of 4 rates of Adam for each.",
)
def elu(seeds):
    data = digits(seeds, 800)
    sizes = (64, 32, 32, 32, 10)
    offset, loss = {}, {}
    for name in ("relu", "elu"):
        values = hidden(stack(seeds, sizes, name, "he_normal"), data[0])
        offset[name] = np.abs(values.mean(axis=(0, 2)) / values.std(axis=(0, 2)))
        loss[name] = tuned(sizes, data, RATES, epochs=5, activation=name, initializer="he_normal").training_loss
    numbers = (
        f"Mean/std: ELU {pm(offset['elu'])}, ReLU {pm(offset['relu'])}; "
        f"loss: ELU {pm(loss['elu'])}, ReLU {pm(loss['relu'])}."
    )
    closer, faster = (surely_less(pair["elu"], pair["relu"]) for pair in (offset, loss))
    if closer and not faster:
        return Finding("does not hold here", numbers, "Closer to zero, but no faster.")
    return Finding("holds" if closer and faster else "does not hold here", numbers)


@claim(
    "SELU keeps activations at mean 0 and variance 1 from layer to layer, given the right first weights.",
    "30 layers of 128 units, standard normal inputs: mean and variance in the last layer with LeCun's first weights "
    "and with He's.",
)
def selu(seeds):
    x = np.random.default_rng(0).normal(size=(500, seeds, 128)).astype("float32")
    found = {}
    for name in ("lecun_normal", "he_normal"):
        values = hidden(stack(seeds, [128] * 31 + [1], "selu", name), x)
        found[name] = values.mean(axis=(0, 2)), values.var(axis=(0, 2))
    numbers = "; ".join(
        f"{name}: mean {pm(mean)}, variance {pm(variance)}"
        for name, (mean, variance) in zip(("LeCun", "He"), found.values(), strict=True)
    )
    kept = {name: abs(mean.mean()) < 0.1 and 0.7 < variance.mean() < 1.4 for name, (mean, variance) in found.items()}
    if kept["lecun_normal"] and not kept["he_normal"]:
        return Finding("holds if", numbers + ".", "the first weights are LeCun's")
    return Finding("holds" if kept["lecun_normal"] else "does not hold here", numbers + ".")


@claim(
    "GELU and Swish improve on ReLU in deep models.",
    "Digits, 2 and 6 hidden layers of 32 with first weights fitted to the activation (`VarianceMatched`), best of 2 "
    "rates of Adam for each, 10 epochs: test accuracy.",
)
def gelu_and_swish(seeds):
    data = digits(seeds, 800)
    numbers, better = [], {}
    for depth in (2, 6):
        found = {
            name: tuned(
                (64, *[32] * depth, 10),
                data,
                (3e-3, 1e-2),
                epochs=10,
                activation=activation,
                initializer=kp.initializers.VarianceMatched(activation),
            ).accuracy
            for name, activation in (("ReLU", "relu"), ("GELU", "gelu"), ("Swish", "silu"))
        }
        better[depth] = [name for name in ("GELU", "Swish") if surely_less(found["ReLU"], found[name])]
        numbers.append(f"{depth} hidden: " + ", ".join(f"{name} {percent(value)}" for name, value in found.items()))
    numbers = "; ".join(numbers) + "."
    if len(better[6]) == 2:
        return Finding("holds", numbers)
    if len(better[6]) == 1:
        return Finding("holds if", numbers, f"it is {better[6][0]}")
    return Finding("does not hold here", numbers, "Better in the shallow one only." if better[2] else "")


@claim(
    "Softplus avoids hard zeros, Swish is not monotonic.",
    "Least value and least derivative on a grid of 100,001 points in [-20, 20].",
)
def shapes(seeds):
    x = np.linspace(-20, 20, 100_001).astype("float32")
    found = {}
    for name, kind in (("softplus", kp.activations.Softplus()), ("Swish", kp.activations.Swish())):
        values, derivative = kind(x), kind.derivative(x)
        found[name] = float(ops.min(values)), float(ops.min(derivative))
    holds = min(found["softplus"]) > 0 and max(found["Swish"]) < 0
    numbers = "; ".join(f"{name}: {low:.2g} and {slope:.2g}" for name, (low, slope) in found.items())
    return Finding("holds" if holds else "does not hold here", numbers + ".")


@claim(
    "ReLU is cheap: it needs no exponentials.",
    "Least time of 30 calls on 4096 x 256 values, over ReLU's: the function alone, and behind a dense layer of 256 "
    "inputs.",
)
def relu_is_cheap(seeds):
    x = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(4096, 256)).astype("float32"))
    kernel = ops.convert_to_tensor(np.random.default_rng(1).normal(size=(256, 256)).astype("float32"))
    names = ("relu", "sigmoid", "tanh", "softplus", "gelu")
    functions = {name: keras.activations.get(name) for name in names}
    alone = {name: seconds(lambda f=f: f(x), 31) for name, f in functions.items()}
    layer = {name: seconds(lambda f=f: f(x @ kernel), 31) for name, f in functions.items()}
    numbers = "; ".join(
        f"{name} {alone[name] / alone['relu']:.1f} and {layer[name] / layer['relu']:.1f}" for name in names[1:]
    )
    holds = all(alone["relu"] < alone[name] for name in names[1:])
    return Finding("holds" if holds else "does not hold here", numbers + ".")
