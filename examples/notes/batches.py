"""Batch, stochastic and mini-batch descent."""

import functools

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import with_rates
from sklearn.datasets import load_digits

from notes import descent
from notes.claim import Finding, claim, percent, pm, surely_less

SIZES = {4: 8, 32: 20, 500: 150}  # batch size: epochs; the last is all rows
RATES = 10 ** np.arange(-2, 0.6, 0.5)


@functools.cache
def sweep(seeds):
    """Nets on 500 digits by plain descent, by batch size, with 6 rates each."""
    return {
        size: descent.Digits(functools.partial(with_rates, keras.optimizers.SGD), seeds, RATES, epochs, batch_size=size)
        for size, epochs in SIZES.items()
    }


def epochs_to(found, goal=0.3):
    """Epochs until the training loss is at the goal, with the rate that gets there first; `inf` if none does."""
    reached = found.curves < goal
    epochs = np.where(reached.any(axis=0), reached.argmax(axis=0), np.inf)
    return epochs[np.argmin(np.where(np.isfinite(epochs), epochs, 1e9).mean(axis=1))]


@claim(
    "The gradient of a batch is noisy where the batch is small, and stable where it is all rows.",
    "Softmax regression of 1,797 digits at random weights: distance of a batch's gradient from that of all rows, "
    "over its length; and the distance of the mean over the batches of an epoch.",
)
def batch_noise(seeds):
    x, y = load_digits(return_X_y=True)
    x, y, sizes = x[:1792] / 16, np.eye(10)[y[:1792]], (1, 16, 256)
    noise, bias = [], []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        logits = x @ random.normal(size=(64, 10))
        q = np.exp(logits - logits.max(axis=1, keepdims=True))
        each = np.einsum("rf,rc->rfc", x, q / q.sum(axis=1, keepdims=True) - y).reshape(len(x), -1)
        each, whole = each[random.permutation(len(x))], each.mean(axis=0)
        means = [each.reshape(-1, size, 640).mean(axis=1) for size in sizes]
        noise.append([np.linalg.norm(m - whole, axis=1).mean() / np.linalg.norm(whole) for m in means])
        bias.append(max(np.linalg.norm(m.mean(axis=0) - whole) / np.linalg.norm(whole) for m in means))
    numbers = ", ".join(f"{size}: {pm(of)}" for size, of in zip(sizes, np.transpose(noise), strict=True))
    one, _, many = np.mean(noise, axis=0)
    holds = 10 < one / many < 26 and max(bias) < 1e-9  # the root of 256 is 16
    return Finding(
        "holds" if holds else "does not hold here", f"batches of {numbers}; mean of an epoch: {max(bias):.0e}"
    )


def landscape(w):
    """Slope of `(w**2 - 1)**2 + 0.3 w`: a deep valley near -1, a shallow one near 1."""
    return 4 * w * (w**2 - 1) + 0.3


@claim(
    "The noise of stochastic descent helps it out of shallow minima.",
    "A curve with a shallow valley, where all begin, and a deep one; each row tilts it at random. 1,500 steps at "
    "rate 0.05, 100 runs a seed: share that ends in the deep one, by batch size.",
)
def escape(seeds):
    sizes, runs = (1, 8, 64), 100
    random = np.random.default_rng(0)
    scale = 3 / np.sqrt(np.repeat(sizes, seeds * runs))[:, None]  # the mean of as many tilts of deviation 3
    points = descent.path(
        keras.optimizers.SGD(0.05),
        lambda w, _: landscape(np.clip(w, -2, 2)) + scale * random.normal(size=w.shape),
        np.ones((len(scale), 1)),
        1500,
    )
    deep = (points[-1, :, 0] < 0).reshape(len(sizes), seeds, runs).mean(axis=-1)
    numbers = ", ".join(f"{size}: {percent(of, '.0f')}" for size, of in zip(sizes, deep, strict=True))
    if deep[0].mean() > 0.5 > 0.1 > deep[2].mean():
        return Finding("holds", f"batches of {numbers}")
    return Finding("does not hold here", f"batches of {numbers}")


@claim(
    "Momentum rolls through local minima.",
    "The same curve, exact gradient, rate 0.01, 500 steps from 100 starts a seed between 1.2 and 2.2, on the "
    "shallow valley's outer side: share that ends in the deep one.",
)
def momentum_escapes(seeds):
    starts = np.random.default_rng(0).uniform(1.2, 2.2, size=(seeds * 100, 1))

    def deep(momentum):
        sgd = keras.optimizers.SGD(0.01, momentum=momentum)
        return (
            (descent.path(sgd, lambda w, _: landscape(w), starts, 500)[-1, :, 0] < 0).reshape(seeds, 100).mean(axis=1)
        )

    plain, rolling = deep(0.0), deep(0.9)
    numbers = f"{percent(plain, '.0f')} without, {percent(rolling, '.0f')} with momentum 0.9"
    if plain.mean() > 0.05 or rolling.mean() < 0.05:
        return Finding("does not hold here", numbers)
    if rolling.mean() < 0.95:
        return Finding("holds if", numbers, "it arrives with enough speed, and does not roll on and back")
    return Finding("holds", numbers)


@claim(
    "Mini-batches are the compromise: fewer epochs than all rows at once, fewer steps than single rows.",
    "A net on 500 digits by plain descent: epochs and steps until the training loss is 0.3, by batch size, each "
    "with the best of 6 rates.",
)
def compromise(seeds):
    epochs = {size: epochs_to(found) for size, found in sweep(seeds).items()}
    steps = {size: of * -(-500 // size) for size, of in epochs.items()}
    numbers = "; ".join(f"{size} rows: {pm(epochs[size])} epochs, {pm(steps[size], '.3g')} steps" for size in SIZES)
    if surely_less(epochs[32], epochs[500]) and surely_less(steps[32], steps[4]):
        return Finding("holds", numbers)
    return Finding("does not hold here", numbers)


@claim(
    "Large batches need a higher learning rate.",
    "The same nets: the rate that gets to the training loss of 0.3 in the fewest epochs, by batch size.",
)
def rate_by_batch(seeds):
    rates = []
    for found in sweep(seeds).values():
        reached = found.curves < 0.3
        epochs = np.where(reached.any(axis=0), reached.argmax(axis=0), 1e9).mean(axis=1)
        rates.append(RATES[np.argmin(epochs)])
    numbers = ", ".join(f"{size} rows: {rate:.2g}" for size, rate in zip(SIZES, rates, strict=True))
    if rates[-1] <= rates[0]:
        return Finding("does not hold here", numbers)
    if rates[-1] / rates[0] < 500 / 4 / 3:
        return Finding("holds", f"{numbers}; 125 times the rows, {rates[-1] / rates[0]:.0f} times the rate")
    return Finding("holds", numbers)


@claim(
    "Small batches regularize.",
    "The same nets at the end of training, each batch size with the rate of its best test accuracy: accuracy on "
    "500 test digits, and training loss.",
)
def batches_regularize(seeds):
    best = {size: (found, found.accuracy.mean(axis=1).argmax()) for size, found in sweep(seeds).items()}
    accuracy = {size: found.accuracy[row] for size, (found, row) in best.items()}
    numbers = ", ".join(
        f"{size} rows: {percent(accuracy[size])} (loss {pm(found.curves[-1][row])})"
        for size, (found, row) in best.items()
    )
    return Finding("holds" if surely_less(accuracy[500], accuracy[4]) else "does not hold here", numbers)
