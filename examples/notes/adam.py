"""Adam and its kin."""

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp
from notes import descent
from notes.claim import Finding, claim, percent, pm, surely_less

RACERS = {
    "SGD": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "Nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "AdaGrad": ("Adagrad", {}),
    "RMSprop": ("RMSprop", {}),
    "Adam": ("Adam", {}),
}


@claim(
    "Without correction, moving averages begin too near zero, so that Adam's first steps need correcting.",
    "Adam's first step under a steady gradient, over the learning rate, with the correction and without; and the "
    "longest.",
)
def bias_correction(seeds):
    corrected, plain = (
        descent.steps_of(kp.optimizers.Adam(1.0, bias_correction=correct), np.ones(200)) for correct in (True, False)
    )
    numbers = (
        f"with: {corrected[0]:.2f}, longest {corrected.max():.2f}; without: {plain[0]:.2f}, longest {plain.max():.2f} "
        f"in step {plain.argmax() + 1}"
    )
    if abs(corrected[0] - 1) > 0.01 or abs(plain[0] - 1) < 0.1:
        return Finding("does not hold here", numbers)
    if plain[0] > 1:
        why = "corrected means shortened: without it they are too long, for the mean square is further off"
        return Finding("holds if", numbers, why)
    return Finding("holds", numbers)


@claim(
    "Adam converges fast.",
    "Training loss of a net after 10 epochs on 500 digits, each optimizer with the best of 11 rates.",
)
def adam_fast(seeds):
    of = {name: descent.digits(kind, seeds, **kwargs) for name, (kind, kwargs) in RACERS.items()}
    numbers = ", ".join(f"{name} {pm(one.last)}" for name, one in of.items())
    slower = [name for name in ("SGD", "momentum", "AdaGrad", "RMSprop") if surely_less(of["Adam"].last, of[name].last)]
    if len(slower) == 4:
        return Finding("holds", numbers)
    if slower:
        return Finding("holds if", numbers, f"compared with {', '.join(slower)}")
    return Finding("does not hold here", numbers)


@claim(
    "Adam needs little tuning: its default rate works well in many cases.",
    "Digits as in the row above, in 10 epochs of 16 steps: test accuracy at Keras' default rate (Adam 0.001, SGD "
    "0.01) and with the best rate; and how many of 11 rates, over 5 decades, come within 2 points of the best.",
)
def adam_defaults(seeds):
    parts, gaps, shares = [], {}, {}
    for name, kwargs, default in (("Adam", {}, 1e-3), ("SGD", {}, 1e-2)):
        found = descent.digits(name, seeds, **kwargs)
        accuracy = found.accuracy.mean(axis=1)
        at = found.accuracy[np.argmin(np.abs(found.rates - default))]
        gaps[name], shares[name] = accuracy.max() - at.mean(), (accuracy > accuracy.max() - 0.02).sum()
        parts.append(f"{name}: default {percent(at)}, best {accuracy.max():.1%}, {shares[name]} of 11 rates")
    if gaps["Adam"] < 0.02:
        return Finding("holds", "; ".join(parts))
    if gaps["Adam"] < gaps["SGD"]:
        return Finding(
            "holds if", "; ".join(parts), "compared with SGD; a short training wants a higher rate than the default"
        )
    return Finding("does not hold here", "; ".join(parts))


@claim(
    "Adam can generalize worse; SGD with momentum is taken where generalization matters.",
    "Test accuracy of the nets of the rows above, each with the rate of its best training loss.",
)
def adam_generalizes(seeds):
    adam, sgd = descent.digits("Adam", seeds), descent.digits("SGD", seeds, momentum=0.9)
    adam, sgd = adam.accuracy[adam.best], sgd.accuracy[sgd.best]
    holds = surely_less(adam, sgd)
    return Finding("holds" if holds else "does not hold here", f"Adam {percent(adam)}, momentum {percent(sgd)}")


@claim(
    "Nadam blends Nesterov's momentum into Adam: it is more responsive.",
    "Training loss on the same digits, each with the best of 11 rates.",
)
def nadam(seeds):
    plain, ahead = descent.digits("Adam", seeds), descent.digits("Nadam", seeds)
    numbers = f"Adam {pm(plain.last)}, Nadam {pm(ahead.last)}"
    return Finding("holds" if surely_less(ahead.last, plain.last) else "does not hold here", numbers)


@claim(
    "AMSGrad guarantees a step size that never grows.",
    "`kp.optimizers.Adam(amsgrad=True)`, no momentum, under 150 random gradients: the largest growth of step "
    "over gradient from one step to the next, with bias correction and without.",
)
def amsgrad_rate(seeds):
    gradients = np.random.default_rng(0).normal(size=(150, seeds))

    def growth(**kwargs):
        optimizer = kp.optimizers.Adam(0.1, 0.0, **kwargs)
        points = descent.path(optimizer, lambda _, step: gradients[step], np.zeros(seeds), 150)
        rates = -np.diff(points, axis=0) / gradients
        large = np.abs(gradients) > 0.1  # of smaller ones, the rounding of the weight would be seen
        return np.array([(r[keep][1:] / r[keep][:-1]).max() for r, keep in zip(rates.T, large.T, strict=True)])

    adam, corrected, plain = growth(), growth(amsgrad=True), growth(amsgrad=True, bias_correction=False)
    numbers = f"Adam: {pm(adam)} times; AMSGrad, corrected: {pm(corrected)}; without correction: {pm(plain, '.4f')}"
    if corrected.max() < 1.001:
        return Finding("holds", numbers)
    if plain.max() < 1.001:
        return Finding(
            "holds if", numbers, "there is no bias correction, which the paper leaves out and Keras and Torch do not"
        )
    return Finding("does not hold here", numbers)


@claim(
    "AMSGrad mends Adam where it does not converge.",
    "A weight in [-1, 1] with gradients 3, -1, -1, 3, ... (so that -1 is best), 250 steps of 0.5 over the root "
    "of the step, beta_1 = 0: where it ends, with beta_2 = 0.1 and 0.999.",
)
def amsgrad_converges(seeds):
    def end(**kwargs):
        optimizer, w = kp.optimizers.Adam(0.1, 0.0, **kwargs), keras.Variable([0.5], dtype="float32", name="w")
        for step in range(250):
            optimizer.learning_rate = 0.5 / (step + 1) ** 0.5
            optimizer.apply([keras.ops.convert_to_tensor([3.0 if step % 3 == 0 else -1.0])], [w])
            w.assign(keras.ops.clip(w.value, -1.0, 1.0))
        return float(keras.ops.convert_to_numpy(w)[0])

    adam, mended, usual = end(beta_2=0.1), end(beta_2=0.1, amsgrad=True), end(beta_2=0.999)
    numbers = f"Adam {adam:.2f}, AMSGrad {mended:.2f}; with beta_2 = 0.999 Adam {usual:.2f}"
    if not (adam > 0 > mended):
        return Finding("does not hold here", numbers)
    if usual < 0:
        return Finding(
            "holds if",
            numbers,
            "Adam's memory is shorter than the rhythm of the gradients; with the default it is long enough",
        )
    return Finding("holds", numbers)


@claim(
    "Adam takes more memory than SGD.",
    "Numbers that each optimizer keeps for a weight, counted on a layer of 10,000.",
)
def memory(seeds):
    makers = {
        "SGD": lambda: kp.optimizers.SGD(0.1),
        "momentum": lambda: kp.optimizers.SGD(0.1, 0.9),
        "RMSprop": lambda: kp.optimizers.RMSprop(),
        "Adam": lambda: kp.optimizers.Adam(),
        "AMSGrad": lambda: kp.optimizers.Adam(amsgrad=True),
        "L-BFGS": lambda: kp.optimizers.LBFGS(),
    }
    kept = {}
    for name, make in makers.items():
        optimizer, w = make(), keras.Variable(np.zeros((100, 100), "float32"), name="w")
        optimizer.build([w])
        kept[name] = round(sum(int(np.prod(v.shape)) for v in optimizer.variables) / 10_000)
    numbers = ", ".join(f"{name} {one}" for name, one in kept.items())
    holds = kept["SGD"] < kept["momentum"] < kept["Adam"] < kept["L-BFGS"]
    return Finding("holds" if holds else "does not hold here", numbers)
