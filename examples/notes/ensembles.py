"""Ensembles and transfer."""

import functools

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

from notes import nets
from notes.claim import Finding, claim, percent, pm, surely_less

MEMBERS = 8


@functools.cache
def members(seeds):
    """Log-probabilities of 8 nets on the same 150 digits, differing by their first weights, and the classes."""
    x, y, x_test, y_test = (np.repeat(one, MEMBERS, axis=1) for one in nets.digits(seeds, 150, 800))
    keras.utils.set_random_seed(1)
    model = nets.stack(seeds * MEMBERS, [64, 32, 10], "relu", "he_normal")
    nets.train(model, x, y, keras.optimizers.Adam(0.01), 30)
    outputs = keras.ops.convert_to_numpy(model.predict_on_batch(x_test)).astype("float64")
    outputs = outputs - np.logaddexp.reduce(outputs, axis=-1, keepdims=True)
    shape = (len(x_test), seeds, MEMBERS)
    return outputs.reshape(*shape, 10), y_test.reshape(shape)


def scored(outputs, y):
    """Accuracy and loss by seed."""
    loss = -np.take_along_axis(outputs, y[..., None], axis=-1)[..., 0]
    return (outputs.argmax(axis=-1) == y).mean(axis=0), loss.mean(axis=0)


@claim(
    "Ensembling improves generalization.",
    "8 nets of 32 units on the same 150 digits, from different first weights: accuracy and loss on 800 others, "
    "of one and of the mean of their probabilities.",
)
def ensembling(seeds):
    outputs, y = members(seeds)
    accuracy, loss = (of.mean(axis=1) for of in scored(outputs, y))
    together = np.logaddexp.reduce(outputs, axis=2) - np.log(MEMBERS)
    of_mean, loss_of_mean = scored(together, y[..., 0])
    numbers = f"one {percent(accuracy)}, loss {pm(loss)}; the mean {percent(of_mean)}, {pm(loss_of_mean)}"
    holds = surely_less(accuracy, of_mean) and surely_less(loss_of_mean, loss)
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Transfer learning improves generalization.",
    "The digits 5 to 9, 5 scans of each, after a net of 64 units has learned the digits 0 to 4 (900 scans) or "
    "from scratch; the first layer kept as it is, or trained on: accuracy on 700 others.",
)
def transfer(seeds):
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32")
    first, second = np.flatnonzero(y < 5), np.flatnonzero(y >= 5)
    keras.utils.set_random_seed(1)
    source = nets.stack(seeds, [64, 64, 5], "relu", "he_normal")
    nets.train(source, nets.each(x[first], seeds), nets.each(y[first], seeds), keras.optimizers.Adam(0.003), 15)
    train, test = [], []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(second)
        few = np.concatenate([order[y[order] == digit][:5] for digit in range(5, 10)])
        train.append(few)
        test.append(np.setdiff1d(order, few)[:700])
    train, test = np.array(train).T, np.array(test).T
    shares = {}
    for name in ("scratch", "kept", "trained on"):
        keras.utils.set_random_seed(2)
        model = nets.stack(seeds, [64, 64, 5], "relu", "he_normal")
        if name != "scratch":
            model.layers[0].set_weights(source.layers[0].get_weights())
        model.layers[0].trainable = name != "kept"
        nets.train(model, x[train], y[train] - 5, keras.optimizers.Adam(0.003), 80, batch_size=25)
        shares[name] = nets.scores(model, x[test], y[test] - 5)[1]
    numbers = ", ".join(f"{name} {percent(share)}" for name, share in shares.items())
    better = [name for name in ("kept", "trained on") if surely_less(shares["scratch"], shares[name])]
    if len(better) == 2:
        return Finding("holds", numbers)
    if better:
        return Finding("holds if", numbers, f"what was learned is {better[0]}")
    return Finding("does not hold here", numbers)
