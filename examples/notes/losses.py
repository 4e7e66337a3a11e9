"""Losses for regression."""

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

from notes.claim import Finding, claim, pm, seconds, surely_less
from notes.nets import stack, train

SLOPE = 2.0
LOSSES = {
    "MSE": keras.losses.MeanSquaredError,
    "MAE": keras.losses.MeanAbsoluteError,
    "Huber": keras.losses.Huber,
    "log-cosh": keras.losses.LogCosh,
}
ops = keras.ops


def normal(random, shape):
    return random.normal(size=shape)


def laplace(random, shape):
    return random.laplace(scale=0.5**0.5, size=shape)  # of variance 1 too


def points(nets, noise=normal, outliers=0.0, rows=200):
    """Points about the line 2 x + 1, with noise of size 0.5; a share of them is 30 too high, at large x more often."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, size=(rows, nets, 1))
    y = SLOPE * x[..., 0] + 1 + 0.5 * noise(random, (rows, nets))
    likely = random.gumbel(size=(rows, nets)) + np.log(x[..., 0] + 1.1)
    y += 30 * (np.argsort(np.argsort(-likely, axis=0), axis=0) < outliers * rows)
    return x.astype("float32"), y


def slopes(loss, x, y, steps=400):
    """The slope at which one linear unit for each set of points ends, by Adam with a rate that falls to zero."""
    net = stack(x.shape[1], (1, 1))
    times = steps // 10  # one long epoch
    rate = keras.optimizers.schedules.CosineDecay(0.3, steps)
    x, y = np.concatenate([x] * times), np.concatenate([y] * times)
    train(net, x, y, keras.optimizers.Adam(rate), epochs=1, batch_size=len(x) // steps, loss=loss)
    return net.get_weights()[0][:, 0, 0].astype("float64")


def slope_errors(loss, seeds, outliers):
    return np.abs(slopes(loss, *points(seeds, outliers=outliers)) - SLOPE)


@claim(
    "MSE is highly sensitive to outliers; MAE is robust.",
    "200 points about a line of slope 2, noise 0.5, a linear unit; one point in ten is 30 too high: error of the "
    "slope, without and with these.",
)
def outliers(seeds):
    found = {name: [slope_errors(LOSSES[name](), seeds, share) for share in (0.0, 0.1)] for name in ("MSE", "MAE")}
    numbers = "; ".join(f"{name} {pm(clean)} without, {pm(spoilt)} with" for name, (clean, spoilt) in found.items())
    holds = found["MSE"][1].mean() > 10 * found["MSE"][0].mean() and found["MAE"][1].mean() < 3 * found["MAE"][0].mean()
    return Finding("holds" if holds else "does not hold here", numbers + ".")


@claim(
    "Huber and log-cosh are robust like MAE.",
    "The same, with Huber (delta 1) and log-cosh.",
)
def huber_is_robust(seeds):
    mae, *others = (slope_errors(LOSSES[name](), seeds, 0.1) for name in ("MAE", "Huber", "log-cosh"))
    holds = all(other.mean() < 2 * mae.mean() for other in others)
    numbers = f"MAE {pm(mae)}, Huber {pm(others[0])}, log-cosh {pm(others[1])}."
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Huber needs careful tuning of delta.",
    "The same, with the outliers, delta = 0.01, 0.1, 1, 10, 100: error of the slope.",
)
def delta(seeds):
    found = {value: slope_errors(keras.losses.Huber(value), seeds, 0.1) for value in (0.01, 0.1, 1.0, 10.0, 100.0)}
    numbers = ", ".join(pm(value) for value in found.values()) + "."
    means = [value.mean() for value in found.values()]
    good = sum(mean < 2 * min(means) for mean in means)
    if good <= 2:
        return Finding("holds", numbers)
    if means[-1] > 10 * min(means):
        return Finding("holds if", numbers, "delta might be as large as the outliers; any smaller one will do")
    return Finding("does not hold here", numbers)


@claim(
    "MSE assumes that targets scatter normally.",
    "The line without outliers, noise of variance 0.25 that is normal or Laplace's: root mean square of the slope's "
    "error over 20 sets of points for each seed.",
)
def normal_targets(seeds):
    found = {}
    for noise in (normal, laplace):
        x, y = points(20 * seeds, noise)
        for name in ("MSE", "MAE"):
            error = (slopes(LOSSES[name](), x, y) - SLOPE).reshape(seeds, 20)
            found[noise.__name__, name] = np.sqrt(np.square(error).mean(axis=1))
    numbers = "; ".join(
        f"{name}: MSE {pm(found[kind, 'MSE'])}, MAE {pm(found[kind, 'MAE'])}"
        for name, kind in (("normal", "normal"), ("Laplace", "laplace"))
    )
    best = [
        surely_less(found["normal", "MSE"], found["normal", "MAE"]),
        surely_less(found["laplace", "MAE"], found["laplace", "MSE"]),
    ]
    why = "MSE is the best choice for normal noise, MAE for Laplace's; either finds the line." if all(best) else ""
    return Finding("holds" if all(best) else "does not hold here", numbers + ".", why)


@claim(
    "MSE fits the mean, MAE the median.",
    "A bias alone is fitted to 200 draws of an exponential distribution (mean 1, median 0.69): distance from the mean "
    "and from the median of the draws.",
)
def mean_and_median(seeds):
    y = np.random.default_rng(0).exponential(size=(200, seeds))
    x = np.zeros((200, seeds, 1), "float32")
    found = {}
    for name in ("MSE", "MAE"):
        net = stack(seeds, (1, 1))
        rate = keras.optimizers.schedules.CosineDecay(0.1, 1000)
        train(
            net, *(np.concatenate([part] * 50) for part in (x, y)), keras.optimizers.Adam(rate), 1, 10, LOSSES[name]()
        )
        found[name] = net.get_weights()[1][:, 0]
    mean, median = y.mean(axis=0), np.median(y, axis=0)
    off = np.abs(found["MSE"] - mean), np.abs(found["MAE"] - median)
    holds = surely_less(off[0], np.abs(found["MSE"] - median)) and surely_less(off[1], np.abs(found["MAE"] - mean))
    numbers = f"MSE {pm(off[0])} from the mean, MAE {pm(off[1])} from the median."
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "The kink of MAE at zero makes optimizing harder.",
    "The line without noise, 400 steps of plain SGD, rate 0.1 or falling from it to zero: last error of the slope.",
)
def kink(seeds):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, size=(40_000, seeds, 1)).astype("float32")
    y = SLOPE * x[..., 0].astype("float64") + 1
    found = {}
    for name in ("MSE", "MAE"):
        for decay in (False, True):
            net = stack(seeds, (1, 1))
            rate = keras.optimizers.schedules.CosineDecay(0.1, 400) if decay else 0.1
            train(net, x, y, keras.optimizers.SGD(rate), epochs=1, batch_size=100, loss=LOSSES[name]())
            found[name, decay] = np.abs(net.get_weights()[0][:, 0, 0].astype("float64") - SLOPE)
    numbers = "; ".join(
        f"{name} {pm(found[name, False], '.1e')} constant, {pm(found[name, True], '.1e')} falling"
        for name in ("MSE", "MAE")
    )
    if not surely_less(found["MSE", False], found["MAE", False]):
        return Finding("does not hold here", numbers + ".")
    mended = found["MAE", True].mean() < 0.1 * found["MAE", False].mean()
    return Finding("holds if" if mended else "holds", numbers + ".", "the rate does not fall" if mended else "")


@claim(
    "Huber is MSE for small errors and MAE for large ones; log-cosh nearly so.",
    "Loss of errors of 0.03 and of 1,000 over e²/2 and over |e|, delta 1.",
)
def huber_shape(seeds):
    found = {}
    for name in ("Huber", "log-cosh"):
        small, large = (float(LOSSES[name]()([[0.0]], [[error]])) for error in (0.03, 1e3))
        found[name] = small / (0.03**2 / 2), large / 1e3
    numbers = "; ".join(f"{name} {small:.4f} and {large:.4f}" for name, (small, large) in found.items()) + "."
    holds = all(abs(ratio - 1) < 0.01 for pair in found.values() for ratio in pair)
    return Finding(
        "holds" if holds else "does not hold here", numbers, "Half of MSE: Keras' MSE has no 1/2." if holds else ""
    )


@claim(
    "Log-cosh costs more time than MSE or MAE.",
    "Least time of 20 calls on a million errors, over that of MSE.",
)
def log_cosh_is_dear(seeds):
    random = np.random.default_rng(0)
    y, predicted = (ops.convert_to_tensor(random.normal(size=(1000, 1000)).astype("float32")) for _ in range(2))
    times = {name: seconds(lambda loss=loss: loss()(y, predicted), 21) for name, loss in LOSSES.items()}
    ratios = {name: value / times["MSE"] for name, value in times.items()}
    numbers = ", ".join(f"{name} {ratios[name]:.1f}" for name in ("MAE", "Huber", "log-cosh")) + "."
    holds = ratios["log-cosh"] > max(1.0, ratios["MAE"])
    return Finding("holds" if holds else "does not hold here", numbers)
