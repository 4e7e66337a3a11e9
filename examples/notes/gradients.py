"""Vanishing and exploding gradients, and first weights."""

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp
from notes.claim import Finding, claim, percent, pm, span, surely_less
from notes.nets import apart, dense, digits, kernel_gradients, scores, stack, train, tuned

WIDTH = 64
RATES = (1e-3, 3e-3, 1e-2)  # of Adam
ops = keras.ops


class Scaled(keras.initializers.Initializer):
    """Draws of another initializer, times a factor."""

    def __init__(self, factor, initializer):
        self.factor, self.initializer = factor, keras.initializers.get(initializer)

    def __call__(self, shape, dtype=None):
        return self.factor * self.initializer.clone()(shape, dtype)

    def get_config(self):
        return {"factor": self.factor, "initializer": self.initializer}


def noise(seeds, rows=256):
    """Standard normal inputs and classes drawn at random."""
    random = np.random.default_rng(0)
    return random.normal(size=(rows, seeds, WIDTH)).astype("float32"), random.integers(0, 10, (rows, seeds))


def plain(seeds, depth, activation, initializer, **kwargs):
    return stack(seeds, [WIDTH] * (depth + 1) + [10], activation, initializer, **kwargs)


def first(net):
    """Norm of the gradient of the first kernel, before training."""
    return kernel_gradients(net, *noise(net.input_shape[1]), training=True)[0]


def flow(seeds, activation, initializer, depth=20, of=plain, **kwargs):
    """The gradient of the first kernel of a deep network over that of a network with one hidden layer."""
    shallow, deep = (first(of(seeds, layers, activation, initializer, **kwargs)) for layers in (1, depth))
    return deep / np.median(shallow)


@claim(
    "With all weight matrices 1.5 (or 0.5) times the identity, activations grow as 1.5^L (fall as 0.5^L).",
    "Linear layers of two units: output after L = 50 layers, over the formula; and the layers until float32 overflows "
    "(or is zero).",
)
def powers(seeds):
    ratios, ends = {}, {}
    for factor in (1.5, 0.5):
        layer = keras.layers.Dense(2, use_bias=False, kernel_initializer=keras.initializers.Identity(factor))
        x, depth = ops.ones((1, 2)), 0
        while np.isfinite(value := float(x[0, 0])) and value > 0:
            x, depth = ops.stop_gradient(layer(x)), depth + 1
            if depth == 50:
                ratios[factor] = float(x[0, 0]) / factor**50
        ends[factor] = depth
    holds = all(abs(ratio - 1) < 1e-4 for ratio in ratios.values())
    numbers = (
        f"{ratios[1.5]:.6f} and {ratios[0.5]:.6f} of the formula; overflow after {ends[1.5]} layers, "
        f"zero after {ends[0.5]}."
    )
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "With the sigmoid, gradients vanish exponentially with depth, at least as fast as 0.25^n.",
    "Gradient of the first of n layers of 64 units before training, over that of a single one, Glorot's first weights, "
    "n = 5, 10, 20: the factor for each layer.",
)
def sigmoid_vanishes(seeds):
    factors = [flow(seeds, "sigmoid", "glorot_uniform", depth) ** (1 / (depth - 1)) for depth in (5, 10, 20)]
    means = [factor.mean() for factor in factors]
    exponential = max(means) / min(means) < 1.5
    numbers = ", ".join(pm(factor) for factor in factors) + "."
    if exponential and max(means) <= 0.25:
        return Finding("holds", numbers)
    return Finding("does not hold here", numbers, "Exponential, but slower." if exponential and max(means) < 1 else "")


@claim(
    "Beyond a few layers a sigmoid network stops learning; ReLU allows very deep ones.",
    "Digits, 1, 3, 6, 12 hidden layers of 32, best of 2 rates of Adam, 10 epochs: test accuracy with the sigmoid "
    "(Glorot) and ReLU (He).",
)
def depth_limit(seeds):
    data, depths = digits(seeds, 800), (1, 3, 6, 12)
    found = {
        name: [
            tuned((64, *[32] * depth, 10), data, RATES[1:], epochs=10, activation=name, initializer=first).accuracy
            for depth in depths
        ]
        for name, first in (("sigmoid", "glorot_uniform"), ("relu", "he_normal"))
    }
    numbers = "; ".join(
        f"{name} " + ", ".join(percent(value, ".0f") for value in values)
        for name, values in zip(("sigmoid", "ReLU"), found.values(), strict=True)
    )
    lost = [value.mean() < 0.3 for value in found["sigmoid"]]
    kept = [value.mean() > 0.8 for value in found["relu"]]
    holds = lost[-1] and not lost[0] and all(kept)
    return Finding("holds" if holds else "does not hold here", numbers + ".")


@claim(
    "Tanh suffers from vanishing gradients: it is flat for large inputs.",
    "Gradient of the first of 20 layers over that of a single one, as above, with Glorot's first weights, with these "
    "times 0.5, and times 3, which drives the units into the flat parts.",
)
def tanh_vanishes(seeds):
    found = {factor: flow(seeds, "tanh", Scaled(factor, "glorot_normal")) for factor in (1.0, 0.5, 3.0)}
    numbers = "; ".join(f"times {factor:g}: {span(value)}" for factor, value in found.items()) + "."
    vanishes = {factor: np.median(value) < 0.01 for factor, value in found.items()}
    if vanishes[1.0] and vanishes[3.0]:
        return Finding("holds", numbers)
    if vanishes[0.5] and np.median(found[3.0]) > 1:
        return Finding("holds if", numbers, "weights are small; large ones, which make it flat, make gradients explode")
    return Finding("does not hold here", numbers)


@claim(
    "ReLU avoids vanishing gradients.",
    "The same with He's first weights and with Keras' default.",
)
def relu_keeps(seeds):
    he, default = (flow(seeds, "relu", name) for name in ("he_normal", "glorot_uniform"))
    kept = [np.median(value) > 0.1 for value in (he, default)]
    numbers = f"He {span(he)}; default {span(default)}."
    if kept[0] and not kept[1]:
        return Finding("holds if", numbers, "the first weights are He's")
    return Finding("holds" if all(kept) else "does not hold here", numbers)


@claim(
    "ReLU can cause exploding gradients.",
    "The same with He's first weights times 1, 1.25, 1.5.",
)
def relu_explodes(seeds):
    found = [flow(seeds, "relu", Scaled(factor, "he_normal")) for factor in (1.0, 1.25, 1.5)]
    numbers = "; ".join(span(value) for value in found) + "."
    explodes = [np.median(value) > 10 for value in found]
    if explodes[-1] and not explodes[0]:
        return Finding("holds if", numbers, "the first weights are larger than He's")
    return Finding("holds" if explodes[0] else "does not hold here", numbers)


@claim(
    "Exploding gradients end in overflow and NaN; the trouble lies mostly in too large first weights.",
    "Digits, 10 hidden layers of 64 with He's first weights times 1, 1.5, 2; 5 epochs of plain SGD at 0.01: share of "
    "the networks that end with a loss that is not finite, or worse than guessing.",
)
def overflow(seeds):
    factors = (1.0, 1.5, 2.0)
    lost = [~(trained_loss(seeds, factor) < np.log(10)) for factor in factors]
    numbers = ", ".join(f"{share.mean():.0%} at {factor:g}" for share, factor in zip(lost, factors, strict=True))
    holds = lost[0].mean() < 0.2 and lost[-1].mean() > 0.8
    return Finding("holds" if holds else "does not hold here", numbers + ".")


@claim(
    "Gradient clipping is a remedy for exploding gradients.",
    "As above at twice He's first weights, each component of the gradient clipped to ±1: share of networks lost.",
)
def clipping(seeds):
    without, clipped = (~(trained_loss(seeds, 2.0, clipvalue=value) < np.log(10)) for value in (None, 1.0))
    numbers = f"Lost {without.mean():.0%} without, {clipped.mean():.0%} with."
    holds = clipped.mean() < 0.2 < without.mean()
    return Finding("holds" if holds else "does not hold here", numbers)


def trained_loss(seeds, factor, **kwargs):
    """Training loss of each network after five epochs."""
    x, y, *_ = digits(seeds, 800)
    net = plain(seeds, 10, "relu", Scaled(factor, "he_normal"))
    with np.errstate(all="ignore"):
        return scores(train(net, x, y, keras.optimizers.SGD(0.01, **kwargs), epochs=5), x, y)[0]


@claim(
    "Where gradients vanish, the first layers hardly change.",
    "Digits, 5 hidden layers of 64 sigmoids, 5 epochs: change of the first kernel over that of the last hidden one, "
    "each relative to its start, with plain SGD at 0.3 and Adam at 0.003.",
)
def first_layers_learn_slowly(seeds):
    x, y, *_ = digits(seeds, 800)
    ratios = {}
    for name, optimizer in (("SGD", keras.optimizers.SGD(0.3)), ("Adam", keras.optimizers.Adam(0.003))):
        net = plain(seeds, 5, "sigmoid", "glorot_uniform")
        before = net.get_weights()
        train(net, x, y, optimizer, epochs=5)
        moved = [
            np.linalg.norm((new - old).reshape(seeds, -1), axis=1) / np.linalg.norm(old.reshape(seeds, -1), axis=1)
            for new, old in zip(net.get_weights()[::2], before[::2], strict=True)
        ]
        ratios[name] = moved[0] / moved[4]
    slow = {name: np.median(ratio) < 0.1 for name, ratio in ratios.items()}
    numbers = "; ".join(f"{name} {span(ratio)}" for name, ratio in ratios.items()) + "."
    if slow["SGD"] and not slow["Adam"]:
        return Finding("holds if", numbers, "steps are proportional to gradients, as in SGD; Adam's are not")
    return Finding("holds" if all(slow.values()) else "does not hold here", numbers)


def normalized(seeds, depth, activation, initializer):
    def after(units):
        return [*apart(keras.layers.BatchNormalization(), seeds, units), keras.layers.Activation(activation)]

    return plain(seeds, depth, None, initializer, after=after)


def residual(seeds, depth, activation, initializer):
    """A shortcut around each layer but the first."""
    layers = [dense(seeds, WIDTH, activation, initializer) for _ in range(depth)]
    rest = [kp.layers.Residual([layer]) for layer in layers[1:]]
    return keras.Sequential([keras.Input((seeds, WIDTH)), layers[0], *rest, dense(seeds, 10)])


def remedy(seeds, of):
    """For three activations with Glorot's first weights: gradients without and with the remedy, and what they say."""
    found = {
        name: [flow(seeds, activation, "glorot_uniform", of=kind) for kind in (plain, of)]
        for name, activation in (("sigmoid", "sigmoid"), ("tanh", "tanh"), ("ReLU", "relu"))
    }
    numbers = "; ".join(
        f"{name} {span(without)} without, {span(with_it)} with" for name, (without, with_it) in found.items()
    )
    medians = {name: [np.median(value) for value in pair] for name, pair in found.items()}
    if all(0.1 < with_it < 10 for _, with_it in medians.values()):
        return Finding("holds", numbers + ".")
    vanishing = {name: pair for name, pair in medians.items() if pair[0] < 0.1}
    if all(abs(np.log(with_it)) < abs(np.log(without)) for without, with_it in vanishing.values()):
        grown = [name for name, (_, with_it) in medians.items() if with_it > 10]
        why = "gradients vanish without it" + (f"; those of {' and '.join(grown)} then grow" if grown else "")
        return Finding("holds if", numbers + ".", why)
    return Finding("does not hold here", numbers + ".")


@claim(
    "Batch normalization keeps gradients from vanishing and exploding.",
    "Gradient of the first of 20 layers over that of a single one before training, Glorot's first weights, without and "
    "with batch normalization before each activation.",
)
def batch_normalization_flow(seeds):
    return remedy(seeds, normalized)


@claim(
    "Residual connections let gradients pass through many layers.",
    "The same with a shortcut around each layer but the first.",
)
def shortcuts(seeds):
    return remedy(seeds, residual)


@claim(
    "Zero first weights: no learning; equal ones: all units of a layer learn the same.",
    "Digits, two hidden layers of 32 tanh units, 5 epochs of Adam, kernels of zeros and of 0.1: test accuracy, and the "
    "largest difference between two units of the first layer. (Output kernels too.)",
)
def symmetry(seeds):
    x, y, x_test, y_test = digits(seeds, 800)
    accuracy, apart_by = {}, {}
    for value in (0.0, 0.1):
        net = stack(seeds, (64, 32, 32, 10), "tanh", keras.initializers.Constant(value))
        net.layers[-1].kernel.assign(np.full(net.layers[-1].kernel.shape, value))
        train(net, x, y, keras.optimizers.Adam(0.003), epochs=5)
        kernel = ops.convert_to_numpy(net.layers[0].kernel)
        accuracy[value] = scores(net, x_test, y_test)[1]
        apart_by[value] = np.abs(kernel - kernel[..., :1]).max()
    numbers = (
        f"Zeros {percent(accuracy[0.0], '.0f')}; 0.1: {percent(accuracy[0.1], '.0f')}, units differ by "
        f"{apart_by[0.1]:.1g} at most."
    )
    holds = accuracy[0.0].mean() < 0.2 and max(apart_by.values()) < 1e-3
    return Finding("holds" if holds else "does not hold here", numbers)


def mean_square(values, axis):
    return np.square(values).mean(axis=axis)


def across(seeds, activation, initializer, size=np.var):
    """Variance over the rows (or another size) in the last of 20 layers over that in the first."""
    net, (x, _) = plain(seeds, 20, activation, initializer), noise(seeds)
    first, last = (keras.Model(net.inputs[0], net.layers[index].output)(x) for index in (0, -2))
    first, last = (size(ops.convert_to_numpy(values).astype("float64"), axis=0) for values in (first, last))
    return last.mean(axis=1) / first.mean(axis=1)


@claim(
    "Glorot's first weights keep the variance of activations from layer to layer, for sigmoid and tanh.",
    "Variance over the rows in the last of 20 layers of 64 over that in the first, standard normal inputs.",
)
def glorot(seeds):
    found = {name: across(seeds, name, "glorot_normal") for name in ("tanh", "sigmoid")}
    kept = {name: 0.25 < np.median(value) < 4 for name, value in found.items()}
    numbers = "; ".join(f"{name} {span(value)}" for name, value in found.items()) + "."
    return Finding("holds" if all(kept.values()) else "does not hold here", numbers)


@claim(
    "He's first weights keep the variance of activations from layer to layer, for ReLU.",
    "Mean square in the last of 20 layers of 64 over that in the first, standard normal inputs; with Glorot's beside.",
)
def he(seeds):
    found = {first: across(seeds, "relu", first, mean_square) for first in ("he_normal", "glorot_normal")}
    numbers = f"He {span(found['he_normal'])}; Glorot {span(found['glorot_normal'])}."
    holds = 0.25 < np.median(found["he_normal"]) < 4
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "The initializer should match the activation: Glorot for sigmoid and tanh, He for ReLU.",
    "Digits, 6 hidden layers of 32, 5 epochs, best of 3 rates of Adam: training loss with each of the two.",
)
def matching(seeds):
    data, numbers, best = digits(seeds, 800), [], {}
    for name in ("sigmoid", "tanh", "ReLU"):
        found = {
            first: tuned(
                (64, *[32] * 6, 10), data, RATES, epochs=5, activation=name.lower(), initializer=f"{first}_normal"
            ).training_loss
            for first in ("glorot", "he")
        }
        numbers.append(f"{name}: Glorot {pm(found['glorot'])}, He {pm(found['he'])}")
        pair = ("he", "glorot") if name == "ReLU" else ("glorot", "he")
        best[name] = surely_less(found[pair[0]], found[pair[1]])
    numbers = "; ".join(numbers) + "."
    if any(best.values()) and not all(best.values()):
        return Finding(
            "holds if", numbers, f"the activation is {' or '.join(name for name, yes in best.items() if yes)}"
        )
    return Finding("holds" if all(best.values()) else "does not hold here", numbers)


@claim(
    "Biases should start at zero, or small.",
    "Digits, two hidden layers of 32 ReLU units, 5 epochs, best of 3 rates of Adam: training loss with first biases of "
    "0, 0.1, and standard normal ones.",
)
def first_biases(seeds):
    data = digits(seeds, 800)
    zero, small, large = (
        tuned((64, 32, 32, 10), data, RATES, epochs=5, initializer="he_normal", bias_initializer=first).training_loss
        for first in ("zeros", keras.initializers.Constant(0.1), keras.initializers.RandomNormal(stddev=1.0))
    )
    holds = surely_less(zero, large) and surely_less(small, large)
    return Finding("holds" if holds else "does not hold here", f"0: {pm(zero)}; 0.1: {pm(small)}; normal: {pm(large)}.")
