"""Overfitting: L2, L1, weight decay, early stopping."""

import functools

import numpy as np
from early_stopping import replay
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_diabetes

import kerasparts as kp
from notes import descent, nets
from notes.claim import Finding, claim, pm, surely_less

LAMBDAS = (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0, 10.0)


def diabetes(count, training=200, test=240):
    """`x, y, x_test, y_test`: ten measures of patients and the progress of their disease, all standardized."""
    x, y = load_diabetes(return_X_y=True)
    x, y = x / x.std(axis=0), (y - y.mean()) / y.std()
    rows = [np.random.default_rng(seed).permutation(len(x))[: training + test] for seed in range(count)]
    x, y = (np.stack([of[chosen] for chosen in rows], axis=1).astype("float32") for of in (x, y))
    return x[:training], y[:training], x[training:], y[training:]


def error(model, x, y):
    """Mean squared error of each network."""
    return nets.losses(model.predict_on_batch(x), y).mean(axis=0)


class Priced(keras.regularizers.Regularizer):
    """L1 or L2 with a lambda for each network."""

    def __init__(self, power, lambdas):
        self.power, self.lambdas = power, np.asarray(lambdas, "float32")

    def __call__(self, w):
        lambdas = np.reshape(self.lambdas, (-1, *[1] * (len(w.shape) - 1)))
        return keras.ops.sum(lambdas * keras.ops.abs(w) ** self.power)


@functools.cache
def sweep(power, seeds, epochs=60):
    """Networks of 64 units on 200 patients, for each lambda and seed: the model, its data, training and test error."""
    data = [np.tile(one, (1, len(LAMBDAS), *[1] * (one.ndim - 2))) for one in diabetes(seeds)]
    x, y, x_test, y_test = data
    keras.utils.set_random_seed(1)
    price = Priced(power, np.repeat(LAMBDAS, seeds))
    model = nets.stack(x.shape[1], [10, 64, 1], "relu", "he_normal", kernel_regularizer=price)
    nets.train(model, x, y, keras.optimizers.Adam(0.003), epochs)
    shape = (len(LAMBDAS), seeds)
    return model, data, error(model, x, y).reshape(shape), error(model, x_test, y_test).reshape(shape)


def traded(power, seeds):
    _, _, train, test = sweep(power, seeds)
    best = test.mean(axis=1).argmin()
    numbers = "training / test error: " + "; ".join(
        f"lambda {LAMBDAS[place]:g}: {pm(train[place])} / {pm(test[place])}" for place in (0, 3, best, -1)
    )
    better, underfits = surely_less(test[best], test[0]), surely_less(test[best], test[-1])
    pays = surely_less(train[0], train[best]) and surely_less(train[best], train[-1])
    return Finding("holds" if better and underfits and pays else "does not hold here", numbers)


@claim(
    "L2 reduces overfitting; with a small lambda it does nothing, with a large one the net underfits.",
    "Nets of 64 units on 200 patients (diabetes), 60 epochs, 9 lambdas: squared error, in variances of the "
    "target, on training and on 240 test patients.",
)
def l2_tradeoff(seeds):
    return traded(2, seeds)


@claim(
    "L1 reduces overfitting.",
    "The same nets with L1, as Keras has it.",
)
def l1_tradeoff(seeds):
    return traded(1, seeds)


@claim(
    "Start with a lambda of 1e-4 or 1e-5.",
    "The same nets with L2: test error with 0, 1e-5, 1e-4 and the best lambda.",
)
def first_lambda(seeds):
    test = sweep(2, seeds)[3]
    best = test.mean(axis=1).argmin()
    numbers = "; ".join(f"{LAMBDAS[place]:g}: {pm(test[place], '.3f')}" for place in (0, 1, 2, best))
    if surely_less(test[best], test[2]) and LAMBDAS[best] >= 1e-3:
        why = "that is a start from which to go up: few rows want a lambda a hundred times as large and more"
        return Finding("does not hold here", numbers, why)
    return Finding("holds", numbers)


@claim(
    "A regularizer finds wider minima.",
    "The same nets with L2: how much the training error rises when all kernels are moved at random by 20% of "
    "their size, without L2 and with the best lambda.",
)
def wider_minima(seeds):
    model, (x, y, *_), train, test = sweep(2, seeds)
    best = test.mean(axis=1).argmin()
    kernels = [layer.kernel for layer in model.layers]
    before = [keras.ops.convert_to_numpy(kernel) for kernel in kernels]
    rises, random = [], np.random.default_rng(0)
    for _ in range(10):
        for kernel, w in zip(kernels, before, strict=True):
            size = np.sqrt((w**2).mean(axis=(1, 2), keepdims=True))
            kernel.assign((w + 0.2 * size * random.normal(size=w.shape)).astype("float32"))
        rises.append(error(model, x, y).reshape(train.shape) - train)
    for kernel, w in zip(kernels, before, strict=True):
        kernel.assign(w)
    rise = np.mean(rises, axis=0)
    numbers = f"error rises by {pm(rise[0])} without L2, by {pm(rise[best])} with lambda {LAMBDAS[best]:g}"
    return Finding("holds" if surely_less(rise[best], rise[0]) else "does not hold here", numbers)


@claim(
    "Do not regularize biases.",
    "Diabetes with the targets 5 standard deviations up, L2 of 0.1 on the kernels, or on biases too: test error "
    "in variances.",
)
def biases(seeds):
    x, y, x_test, y_test = diabetes(seeds)
    found = []
    for kwargs in ({}, {"bias_regularizer": keras.regularizers.L2(0.1)}):
        keras.utils.set_random_seed(1)
        penalty = keras.regularizers.L2(0.1)
        model = nets.stack(seeds, [10, 32, 1], "relu", "he_normal", kernel_regularizer=penalty, **kwargs)
        if kwargs:
            model.layers[-1].bias_regularizer = keras.regularizers.L2(0.1)
        nets.train(model, x, y + 5, keras.optimizers.Adam(0.03), 60)
        found.append(error(model, x_test, y_test + 5))
    kernels, both = found
    numbers = f"kernels alone {pm(kernels)}, biases too {pm(both)}"
    return Finding("holds" if surely_less(kernels, both) else "does not hold here", numbers)


@claim(
    "L2 regularization is weight decay.",
    "A weight with random gradients, 100 steps: L2 of 0.05 as `0.1 w` in the gradient, or `weight_decay=0.1`, "
    "with plain SGD and with Adam: largest difference over the distance gone.",
)
def l2_is_decay(seeds):
    gradients = np.random.default_rng(0).normal(size=(100, seeds))
    apart = {}
    for name, kind in (("SGD", kp.optimizers.SGD), ("Adam", kp.optimizers.Adam)):
        decayed = kind(0.01, weight_decay=0.1, weight_decay_exclude=None)
        one = descent.path(decayed, lambda w, step: gradients[step], np.ones(seeds), 100)
        other = descent.path(kind(0.01), lambda w, step: gradients[step] + 0.1 * w, np.ones(seeds), 100)
        apart[name] = np.abs(one - other).max() / np.abs(one - 1).max()
    numbers = ", ".join(f"{name} {one:.1g}" for name, one in apart.items())
    if max(apart.values()) < 1e-4:
        return Finding("holds", numbers)
    if apart["SGD"] < 1e-4:
        return Finding(
            "holds if", numbers, "the optimizer is plain SGD, and the decay is twice lambda; Adam divides L2 away"
        )
    return Finding("does not hold here", numbers)


@claim(
    "AdamW generalizes better than Adam with L2.",
    "The diabetes nets: test error, Adam with the best of 9 lambdas of L2, AdamW with the best of 4 decays (0.3 "
    "to 30).",
)
def adamw(seeds):
    with_l2 = sweep(2, seeds)[3]
    x, y, x_test, y_test = diabetes(seeds)
    decays, decayed = (0.3, 3.0, 10.0, 30.0), []
    for decay in decays:
        keras.utils.set_random_seed(1)
        model = nets.stack(seeds, [10, 64, 1], "relu", "he_normal")
        nets.train(model, x, y, kp.optimizers.AdamW(0.003, weight_decay=decay), 60)
        decayed.append(error(model, x_test, y_test))
    l2, decay = with_l2.mean(axis=1).argmin(), np.mean(decayed, axis=1).argmin()
    numbers = (
        f"Adam, L2 of {LAMBDAS[l2]:g}: {pm(with_l2[l2], '.3f')}; AdamW, {decays[decay]:g}: {pm(decayed[decay], '.3f')}"
        f"; neither: {pm(with_l2[0], '.3f')}"
    )
    return Finding("holds" if surely_less(decayed[decay], with_l2[l2]) else "does not hold here", numbers)


@functools.cache
def long_training(seeds):
    """Curves of nets of 64 units on 100 patients over 150 epochs, of training, dev and test rows, a row a network."""
    x, y, rest, of_rest = diabetes(seeds, 100, 340)
    curves = [nets.Curves(x, y), nets.Curves(rest[:100], of_rest[:100]), nets.Curves(rest[100:], of_rest[100:])]
    keras.utils.set_random_seed(1)
    model = nets.stack(seeds, [10, 64, 1], "relu", "he_normal")
    nets.train(model, x, y, keras.optimizers.Adam(0.01), 150, callbacks=curves)
    return [np.array(one.losses)[1:].T for one in curves]


@claim(
    "After a certain point the training loss falls on while the validation loss rises.",
    "Nets of 64 units on 100 patients (diabetes), 150 epochs: both losses at the lowest validation loss and at "
    "the end.",
)
def validation_rises(seeds):
    train, dev, _ = long_training(seeds)
    rows, lowest = np.arange(seeds), dev.argmin(axis=1)
    numbers = (
        f"lowest after {pm(lowest + 1, '.0f')} epochs; then training {pm(train[rows, lowest])} to {pm(train[:, -1])}, "
        f"validation {pm(dev[rows, lowest])} to {pm(dev[:, -1])}"
    )
    holds = surely_less(train[:, -1], train[rows, lowest]) and surely_less(1.1 * dev[rows, lowest], dev[:, -1])
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Early stopping prevents overfitting and saves time.",
    "The same curves: test error of what is handed back, and epochs spent, by Keras' `EarlyStopping()` as it "
    "comes, by `kp.callbacks.EarlyStopping(patience=10)`, and after all epochs.",
)
def early_stopping(seeds):
    train, dev, test = long_training(seeds)
    spent, errors = {}, {}
    for name, build in (
        ("patience 10", lambda: kp.callbacks.EarlyStopping(patience=10)),
        ("Keras", lambda: keras.callbacks.EarlyStopping()),
    ):
        found = [replay(build(), one, other) for one, other in zip(train, dev, strict=True)]
        spent[name] = np.array([epochs for epochs, _ in found])
        places = [np.flatnonzero(curve == value)[0] for curve, (_, value) in zip(dev, found, strict=True)]
        errors[name] = test[np.arange(seeds), places]
    numbers = "; ".join(f"{name}: {pm(errors[name])} in {pm(spent[name], '.0f')} epochs" for name in spent)
    numbers += f"; all 150: {pm(test[:, -1])}"
    holds = surely_less(errors["patience 10"], test[:, -1]) and spent["patience 10"].mean() < 75
    return Finding("holds" if holds else "does not hold here", numbers)
