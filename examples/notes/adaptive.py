"""AdaGrad, RMSprop, Adadelta."""

import functools

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp
from notes import descent, nets
from notes.claim import Finding, claim, percent, pm, surely_less

KINDS = {
    "SGD": (keras.optimizers.SGD, {}),
    "AdaGrad": (keras.optimizers.Adagrad, {"initial_accumulator_value": 0.0}),
    "RMSprop": (keras.optimizers.RMSprop, {}),
    "Adam": (keras.optimizers.Adam, {}),
}


@functools.cache
def on_features(is_sparse, seeds, steps=300, rows=8, features=40):
    """Squared error of a line of 40 features after 300 batches of 8 rows, with the best of 11 rates, by optimizer.

    The features are there, as a 1, in from half of the rows to one of 500, or all of them are normal, with the same
    squares on average.
    """
    share = np.geomspace(0.5, 0.002, features) if is_sparse else np.full(features, 0.1)
    random = np.random.default_rng(0)
    truth = random.normal(size=(seeds, features))

    def draw(rows):
        if is_sparse:
            return (random.random((seeds, rows, features)) < share).astype("float64")
        return share**0.5 * random.normal(size=(seeds, rows, features))

    batches, fresh = [draw(rows) for _ in range(steps)], draw(2000)

    def gradient(w, step):
        x = batches[step]
        return np.einsum("srf,ksr->ksf", x, np.einsum("srf,ksf->ksr", x, w - truth)) / rows

    found = {}
    for name, (kind, kwargs) in KINDS.items():
        w = descent.grid(kind, gradient, np.zeros((seeds, features)), steps, descent.RATES, **kwargs)[-1]
        w = np.where(np.abs(w) < 1e6, w, 1e6)
        errors = (np.einsum("srf,ksf->ksr", fresh, w - truth) ** 2).mean(axis=-1)
        found[name] = errors[descent.best(errors)] / (np.einsum("srf,sf->sr", fresh, truth) ** 2).mean(axis=-1)
    return found


def compared(of):
    return ", ".join(f"{name} {pm(100 * error)}%" for name, error in of.items())


@claim(
    "AdaGrad suits sparse data.",
    "A line of 40 features, each there in from 1/2 to 1/500 of the rows, 300 batches of 8: squared error left; "
    "the same with dense features; best of 11 rates each.",
)
def adagrad_sparse(seeds):
    sparse, dense = on_features(True, seeds), on_features(False, seeds)
    numbers = f"sparse: {compared(sparse)}; dense: {compared(dense)}"
    if not surely_less(sparse["AdaGrad"], sparse["SGD"]):
        return Finding("does not hold here", numbers)
    return Finding("holds", numbers)


@claim(
    "RMSprop may not perform well on sparse gradients, unlike AdaGrad.",
    "The sparse task of the row above.",
)
def rmsprop_sparse(seeds):
    of = on_features(True, seeds)
    holds = surely_less(of["AdaGrad"], of["RMSprop"])
    return Finding("holds" if holds else "does not hold here", compared(of))


@claim(
    "Adam handles sparse gradients well.",
    "The same task: is Adam's error within twice that of the best of the four?",
)
def adam_sparse(seeds):
    of = on_features(True, seeds)
    best = min(of.values(), key=np.mean)
    holds = of["Adam"].mean() < 2 * best.mean()
    return Finding("holds" if holds else "does not hold here", compared(of))


@claim(
    "AdaGrad's learning rate shrinks indefinitely: training stops too early.",
    "Length of the 400th step over the first under a steady gradient; and of the way down a slope of steepness "
    "0.01, what is left after 400 steps at rate 0.1.",
)
def adagrad_shrinks(seeds):
    names = ("AdaGrad", "RMSprop")
    makers = (lambda: kp.optimizers.Adagrad(0.1), lambda: kp.optimizers.RMSprop(0.1))
    ratios = [(steps := descent.steps_of(make(), np.ones(400)))[-1] / steps[0] for make in makers]
    left = [abs(descent.path(make(), lambda w, _: 0.01 * w, [10.0], 400)[-1, 0]) / 10 for make in makers]
    numbers = ", ".join(
        f"{name}: step {ratio:.3f} of the first, {one:.0%} left"
        for name, ratio, one in zip(names, ratios, left, strict=True)
    )
    shrinks = abs(ratios[0] * 400**0.5 - 1) < 0.05 < ratios[1]
    return Finding("holds" if shrinks and left[0] > 10 * left[1] else "does not hold here", numbers)


@claim(
    "RMSprop changes the learning rate in proportion to the gradient: faster for a large gradient.",
    "One weight under steady gradients of 0.01, 1 and 100, rate 0.1: the 100th step over the gradient, which is "
    "the learning rate that the weight has in effect.",
)
def rmsprop_sign(seeds):
    gradients = [0.01, 1.0, 100.0]
    steps = [descent.steps_of(kp.optimizers.RMSprop(0.1), np.full(100, one))[-1] for one in gradients]
    rates = np.divide(steps, gradients)
    numbers = ", ".join(
        f"gradient {g:g}: rate {rate:.2g}, step {step:.2g}"
        for g, rate, step in zip(gradients, rates, steps, strict=True)
    )
    if rates[2] > rates[1] > rates[0]:
        return Finding("holds", numbers)
    why = "the sign is wrong: the rate falls as the gradient grows, and the step is the same for all"
    return Finding("does not hold here", numbers, why)


@claim(
    "RMSprop's learning rate is high early in training and falls to a minimum, so that the end is stable.",
    "A net on 500 digits, rate 0.003: rate in effect (step over gradient, median of the weights of the first "
    "layer) in the first and in the 20th epoch.",
)
def rmsprop_anneals(seeds):
    x, y, *_ = nets.digits(seeds, 500)
    model = nets.stack(seeds, [64, 32, 10], "relu", "he_normal")
    found = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch in (0, 19):
                optimizer = self.model.optimizer
                state = next(v for v in optimizer._velocities if len(v.shape) == 3)
                v = keras.ops.convert_to_numpy(state).astype("float64").reshape(seeds, -1)
                found.append(np.median(0.003 / (np.sqrt(v) + 1e-7), axis=1))

    nets.train(model, x, y, keras.optimizers.RMSprop(0.003), 20, callbacks=[Watch()])
    first, last = found
    numbers = f"first epoch {pm(first)}, 20th {pm(last)}"
    if surely_less(last, first):
        return Finding("holds", numbers)
    return Finding("does not hold here", numbers, "gradients shrink in training, so that the rate grows")


@claim(
    "RMSprop works in non-stationary settings, where AdaGrad's rate is used up.",
    "A minimum in 10 weights that jumps every 25 steps, noisy gradients, 500 steps: distance in the last half, "
    "with the best of 11 rates.",
)
def rmsprop_moving(seeds):
    random = np.random.default_rng(0)
    places, noise = random.normal(size=(20, seeds, 10)), random.normal(size=(500, seeds, 10))

    def gradient(w, step):
        return w - places[step // 25] + noise[step]

    truth = np.repeat(places, 25, axis=0)[250:, None]
    errors = {}
    for name in ("AdaGrad", "RMSprop", "SGD"):
        kind, kwargs = KINDS[name]
        points = descent.grid(kind, gradient, np.zeros((seeds, 10)), 500, descent.RATES, **kwargs)
        distance = np.nan_to_num(((points[251:] - truth) ** 2).mean(axis=(0, -1)), nan=1e9)
        errors[name] = distance[descent.best(distance)]
    numbers = "mean squared distance: " + ", ".join(f"{name} {pm(one)}" for name, one in errors.items())
    holds = surely_less(errors["RMSprop"], errors["AdaGrad"])
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "RMSprop helps where gradients vanish or explode.",
    "One weight on a parabola of steepness 1e-6, 1 and 1e6, from 1, rate 0.01 for all: what is left after 300 steps.",
)
def rmsprop_scale(seeds):
    scales = np.array([1e-6, 1.0, 1e6])
    makers = {
        "SGD": lambda: keras.optimizers.SGD(0.01),
        "RMSprop": lambda: kp.optimizers.RMSprop(0.01, epsilon=1e-12),
    }
    with np.errstate(all="ignore"):
        left = {
            name: np.abs(descent.path(make(), lambda w, _: scales * w, np.ones(3), 300)[-1])
            for name, make in makers.items()
        }
    numbers = "; ".join(
        f"{name}: " + ", ".join(f"{one:.2g}" if np.isfinite(one) else "diverged" for one in of)
        for name, of in left.items()
    )
    with np.errstate(invalid="ignore"):
        sgd_fails = left["SGD"][0] > 0.9 and not left["SGD"][2] < 0.9
    holds = max(left["RMSprop"]) < 0.05 and sgd_fails
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Adadelta needs no choice of a learning rate.",
    "Test accuracy of a net after 10 epochs on 500 digits, by rate: the paper's 1, Keras' default 0.001, the "
    "best of 11.",
)
def adadelta(seeds):
    found = descent.digits("Adadelta", seeds)
    at = {rate: found.accuracy[np.argmin(np.abs(found.rates - rate))] for rate in (1.0, 0.001)}
    best = found.accuracy[found.best]
    numbers = f"rate 1: {percent(at[1.0])}; 0.001: {percent(at[0.001])}; best ({found.rate:.2g}): {percent(best)}"
    if at[1.0].mean() < best.mean() - 0.02:
        return Finding(
            "does not hold here", numbers, "its steps begin with the root of epsilon, 0.001, and grow slowly"
        )
    if at[0.001].mean() < best.mean() - 0.02:
        return Finding("holds if", numbers, "the rate is the paper's 1 and not Keras' default")
    return Finding("holds", numbers)
