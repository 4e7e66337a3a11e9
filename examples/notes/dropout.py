"""Dropout and noise."""

import functools

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp
from notes import descent, nets
from notes.claim import Finding, claim, percent, pm, surely_less

RATES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
NOISES = (0.0, 0.1, 0.2, 0.4, 0.8)


class Disturbed(keras.layers.Layer):
    """Dropout or Gaussian noise with a strength for each network: `(rows, nets, units)`."""

    def __init__(self, kind, strengths, **kwargs):
        super().__init__(**kwargs)
        self.kind, self.strengths = kind, np.reshape(strengths, (1, -1, 1)).astype("float32")
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, x, training=False):
        if not training:
            return x
        if self.kind == "noise":
            return x + self.strengths * keras.random.normal(keras.ops.shape(x), seed=self.seeds)
        kept = keras.random.uniform(keras.ops.shape(x), seed=self.seeds) >= self.strengths
        return x * keras.ops.cast(kept, x.dtype) / (1 - self.strengths)


class Trained:
    """Networks of 128 units on 150 digits, 60 epochs, by strength and seed: curves, test accuracy, weights.

    A share `wrong` of the training labels is drawn anew.
    """

    def __init__(self, kind, strengths, seeds, wrong=0.0, epochs=60):
        shape = (len(strengths), seeds)
        x, y, x_test, y_test = (
            np.tile(one, (1, len(strengths), *[1] * (one.ndim - 2))) for one in nets.digits(seeds, 150, 800)
        )
        random = np.random.default_rng(0)
        drawn = np.where(random.random((150, seeds)) < wrong, random.integers(10, size=(150, seeds)), y[:, :seeds])
        y = np.tile(drawn, (1, len(strengths)))
        keras.utils.set_random_seed(1)
        count, disturbed = x.shape[1], Disturbed(kind, np.repeat(strengths, seeds))
        hidden, last = nets.dense(count, 128, "relu", "he_normal"), nets.dense(count, 10)
        layers = [hidden, disturbed, last] if kind == "dropout" else [disturbed, hidden, last]
        model = keras.Sequential([keras.Input((count, 64)), *layers])
        curves = nets.Curves(x, y)
        nets.train(model, x, y, keras.optimizers.Adam(0.003), epochs, callbacks=[curves])
        loss, accuracy = nets.scores(model, x_test, y_test)
        self.curves = np.array(curves.losses).reshape(-1, *shape)
        self.loss, self.accuracy = loss.reshape(shape), accuracy.reshape(shape)
        self.weights = [keras.ops.convert_to_numpy(w) for w in model.trainable_variables]
        self.test = x_test, y_test

    def outputs(self, row, seeds, mask=1.0):
        """Logits of the test rows by the networks of one strength, with their hidden units times `mask`."""
        chosen = slice(row * seeds, (row + 1) * seeds)
        w, b, v, c = (one[chosen] for one in self.weights)
        hidden = np.maximum(np.einsum("bsi,sio->bso", self.test[0][:, chosen], w) + b, 0) * mask
        return np.einsum("bsi,sio->bso", hidden, v) + c, self.test[1][:, chosen]


@functools.cache
def dropped(seeds, wrong=0.0):
    return Trained("dropout", RATES, seeds, wrong)


def accuracy(scores, y):
    return (scores.argmax(axis=-1) == y).mean(axis=0)


@claim(
    "In inference, dropout scales the outputs down by the rate.",
    "100,000 ones through `keras.layers.Dropout(0.2)`: the outputs in inference, those that are kept in "
    "training, and their mean.",
)
def dropout_scaling(seeds):
    layer, ones = keras.layers.Dropout(0.2, seed=0), np.ones((100, 1000), "float32")
    inference = keras.ops.convert_to_numpy(layer(ones, training=False))
    training = keras.ops.convert_to_numpy(layer(ones, training=True))
    numbers = f"inference {inference.mean():.3g}; training: kept {training.max():.3g}, mean {training.mean():.3f}"
    if abs(inference.mean() - 0.8) < 0.01:
        return Finding("holds", numbers)
    why = "Keras scales up in training, by 1 / (1 - rate), and leaves inference alone; the mean is the same"
    return Finding("does not hold here", numbers, why)


def compared(found, strengths, some):
    """Accuracies by strength, and whether the best of some strengths is surely better than none."""
    best = max(some, key=lambda row: found.accuracy[row].mean())
    numbers = ", ".join(f"{one:g}: {percent(of)}" for one, of in zip(strengths, found.accuracy, strict=True))
    return numbers, surely_less(found.accuracy[0], found.accuracy[best])


def judged(clean, wrong):
    numbers = f"right labels: {clean[0]}; a third drawn anew: {wrong[0]}"
    if clean[1] and wrong[1]:
        return Finding("holds", numbers)
    if wrong[1]:
        return Finding("holds if", numbers, "there are wrong labels to overfit to; on right ones it gains nothing sure")
    return Finding("does not hold here", numbers)


@claim(
    "Dropout reduces overfitting.",
    "Nets of 128 units on 150 digits, 60 epochs, 7 rates of dropout: accuracy on 800 test digits; the same with "
    "a third of the training labels drawn anew.",
)
def dropout_overfitting(seeds):
    some = range(1, len(RATES))
    return judged(*(compared(dropped(seeds, wrong), RATES, some) for wrong in (0.0, 1 / 3)))


@claim(
    "Dropout rates of 0.2 to 0.5 are best.",
    "The same nets with a third of the labels drawn anew: test accuracy by rate.",
)
def dropout_rates(seeds):
    found = dropped(seeds, 1 / 3)
    usual, better = compared(found, RATES, (2, 3, 4))
    best = found.accuracy.mean(axis=1).argmax()
    if not better:
        return Finding("does not hold here", usual, "No rate of these is surely better than none")
    most = max(found.accuracy[2:5], key=np.mean)
    is_beaten = not 2 <= best <= 4 and surely_less(most, found.accuracy[best])
    if is_beaten:
        return Finding("does not hold here", usual, f"the best is {RATES[best]:g}")
    return Finding("holds", usual)


@claim(
    "Training takes longer with dropout.",
    "The same nets: epochs until the training loss, measured without dropout, is 0.1.",
)
def dropout_slower(seeds):
    curves = dropped(seeds).curves
    reached = curves < 0.1
    epochs = np.where(reached.any(axis=0), reached.argmax(axis=0), len(curves))
    numbers = ", ".join(f"{RATES[row]:g}: {pm(epochs[row])}" for row in (0, 3, 4, 5))
    return Finding("holds" if surely_less(epochs[0], epochs[4]) else "does not hold here", numbers)


@claim(
    "Dropout makes units redundant: the net does not depend on any one.",
    "The same nets: test accuracy when a random half of the hidden units is taken away, trained without and with "
    "dropout of 0.5.",
)
def dropout_redundant(seeds):
    found, random = dropped(seeds), np.random.default_rng(0)
    masks = 2.0 * (random.random((20, 1, seeds, 128)) < 0.5)
    drops = {}
    for row in (0, 4):
        whole = accuracy(*found.outputs(row, seeds))
        drops[row] = whole - np.mean([accuracy(*found.outputs(row, seeds, mask)) for mask in masks], axis=0)
    numbers = f"loses {percent(drops[0])} without dropout, {percent(drops[4])} with"
    return Finding("holds" if surely_less(drops[4], drops[0]) else "does not hold here", numbers)


@claim(
    "Dropout acts like training many smaller networks and averaging them.",
    "The nets with dropout of 0.5: test accuracy of one thinned net, of the mean probabilities of 50 of them, "
    "and of the whole net.",
)
def dropout_averages(seeds):
    found, random = dropped(seeds), np.random.default_rng(0)
    probabilities, single = 0.0, []
    for _ in range(50):
        logits, y = found.outputs(4, seeds, 2.0 * (random.random((1, seeds, 128)) < 0.5))
        q = np.exp(logits - logits.max(axis=-1, keepdims=True))
        probabilities = probabilities + q / q.sum(axis=-1, keepdims=True)
        single.append(accuracy(logits, y))
    thinned, mean, whole = np.mean(single, axis=0), accuracy(probabilities, y), accuracy(*found.outputs(4, seeds))
    numbers = f"one {percent(thinned)}, mean of 50 {percent(mean)}, whole net {percent(whole)}"
    holds = surely_less(thinned, mean) and np.abs(mean - whole).mean() < 0.01
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Noise on the inputs regularizes.",
    "The same nets (pixels from 0 to 1) with 5 strengths of Gaussian noise in place of dropout: test accuracy "
    "with right labels, and with a third drawn anew.",
)
def input_noise(seeds):
    some = range(1, len(NOISES))
    return judged(*(compared(Trained("noise", NOISES, seeds, wrong), NOISES, some) for wrong in (0.0, 1 / 3)))


@claim(
    "Adding noise to the inputs is an explicit regularizer: for a line, it is L2.",
    "A line of 10 inputs, 50 rows, 400 steps with fresh noise of deviation 0.5 on 20 copies of the inputs: "
    "distance of the last weights' mean from those of L2 with lambda 0.25, and from those without either, over "
    "the length of the latter.",
)
def noise_is_l2(seeds):
    random = np.random.default_rng(0)
    x = random.normal(size=(seeds, 50, 10))
    y = x.sum(axis=2) + random.normal(size=(seeds, 50))

    def gradient(w, _):
        noisy = x[:, None] + 0.5 * random.normal(size=(seeds, 20, 50, 10))
        return np.einsum("snrf,snr->sf", noisy, np.einsum("snrf,sf->snr", noisy, w) - y[:, None]) / 1000

    points = descent.path(kp.optimizers.SGD(0.1), gradient, np.zeros((seeds, 10)), 400)
    found = points[200:].mean(axis=0)
    squares, products = np.einsum("srf,srg->sfg", x, x) / 50, np.einsum("srf,sr->sf", x, y) / 50
    ridge, plain = (np.linalg.solve(squares + l2 * np.eye(10), products[..., None])[..., 0] for l2 in (0.25, 0.0))
    size = np.linalg.norm(plain, axis=1)
    from_ridge, from_plain = (np.linalg.norm(found - other, axis=1) / size for other in (ridge, plain))
    numbers = f"{percent(from_ridge)} from L2, {percent(from_plain)} from neither"
    return Finding("holds" if from_ridge.mean() < 0.2 * from_plain.mean() else "does not hold here", numbers)
