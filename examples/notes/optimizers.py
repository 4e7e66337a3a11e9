"""Momentum, learning rates, schedules, L-BFGS."""

import functools

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from side_by_side import with_rates
from sklearn.datasets import load_breast_cancer

import kerasparts as kp
from notes import descent
from notes.claim import Finding, claim, percent, pm, surely_less

STEPS, GOAL = 500, 1e-6
METHODS = {"plain": {}, "momentum": {"momentum": 0.9}, "Nesterov": {"momentum": 0.9, "nesterov": True}}


def starts(seeds):
    return np.random.default_rng(0).normal(size=(seeds, 2))


@functools.cache
def in_ravine(method, seeds, steepness):
    """Paths down `x**2 / 2 + steepness * y**2 / 2`, losses relative to the first, and the best of 12 rates."""
    rates = 0.02 * 1.3 ** np.arange(-6, 6) * 100 / steepness
    curvature = np.array([1.0, steepness])
    points = descent.grid(
        keras.optimizers.SGD, lambda w, _: curvature * w, starts(seeds), STEPS, rates, **METHODS[method]
    )
    losses = (curvature * points**2).sum(axis=-1)
    losses = np.where(np.isfinite(losses), losses, 1e30) / losses[0]
    steps = np.where((losses < GOAL).any(axis=0), (losses < GOAL).argmax(axis=0), STEPS + 1)
    return points, rates, steps, descent.best(steps)


def best_steps(method, seeds, steepness=100.0):
    _, _, steps, best = in_ravine(method, seeds, steepness)
    return steps[best]


@claim(
    "Momentum speeds up convergence in ravines.",
    "Steps until the loss is a millionth, on a parabola 100 times as steep across as along; momentum 0 and 0.9, "
    "each with the best of 12 rates; and on a round one.",
)
def momentum_in_ravine(seeds):
    plain, momentum = best_steps("plain", seeds), best_steps("momentum", seeds)
    round_plain, round_momentum = best_steps("plain", seeds, 1.0), best_steps("momentum", seeds, 1.0)
    numbers = (
        f"{pm(plain, '.0f')} steps without, {pm(momentum, '.0f')} with; round: {pm(round_plain, '.0f')} without, "
        f"{pm(round_momentum, '.0f')} with"
    )
    if not surely_less(momentum, plain):
        return Finding("does not hold here", numbers)
    if surely_less(round_plain, round_momentum):
        return Finding("holds if", numbers, "the valley is long and narrow; in a round one momentum only overshoots")
    return Finding("holds", numbers)


@claim(
    "Momentum reduces oscillation in narrow valleys.",
    "Share of the first 50 steps that cross the floor of that ravine, at its steepest rate that plain descent "
    "bears (0.0196) and at a quarter of it.",
)
def momentum_oscillation(seeds):
    curvature, rates = np.array([1.0, 100.0]), [0.0196, 0.0049]

    def crossings(method):
        points = descent.grid(
            keras.optimizers.SGD, lambda w, _: curvature * w, starts(seeds), 50, rates, **METHODS[method]
        )
        across = points[..., 1]
        return (np.sign(across[1:]) * np.sign(across[:-1]) < 0).mean(axis=0)

    (plain, plain_slow), (momentum, momentum_slow) = crossings("plain"), crossings("momentum")
    numbers = (
        f"high rate: {percent(plain, '.0f')} without, {percent(momentum, '.0f')} with; a quarter: "
        f"{percent(plain_slow, '.0f')} without, {percent(momentum_slow, '.0f')} with"
    )
    if not surely_less(momentum, plain):
        return Finding("does not hold here", numbers)
    if surely_less(plain_slow, momentum_slow):
        return Finding(
            "holds if", numbers, "the rate is so high that plain descent zigzags; at a low one momentum swings"
        )
    return Finding("holds", numbers)


@claim(
    "Nesterov momentum is more responsive than momentum.",
    "The same ravine, steps to a millionth; and training loss of a net of 32 units on 500 digits after 10 "
    "epochs; momentum 0.9, each with its best rate.",
)
def nesterov(seeds):
    heavy, ahead = best_steps("momentum", seeds), best_steps("Nesterov", seeds)
    losses = [descent.digits("SGD", seeds, **METHODS[method]).last for method in ("momentum", "Nesterov")]
    numbers = (
        f"ravine: {pm(heavy, '.0f')} steps, with Nesterov {pm(ahead, '.0f')}; digits: loss {pm(losses[0])}, with "
        f"Nesterov {pm(losses[1])}"
    )
    in_valley, on_digits = surely_less(ahead, heavy), surely_less(losses[1], losses[0])
    if in_valley and on_digits:
        return Finding("holds", numbers)
    if in_valley or on_digits:
        where = "ravine: not on digits" if in_valley else "net on digits: not in the ravine"
        return Finding("holds if", numbers, f"the task is the {where}")
    return Finding("does not hold here", numbers)


@claim(
    "Momentum is `v = 0.9 v + rate * g`, or, as another of the notes has it, `v = 0.9 v + 0.1 g` times the rate.",
    "200 steps of `kp.optimizers.SGD` in both forms under the same random gradients around 1, at the same rate, "
    "and with ten times the rate for the average.",
)
def momentum_forms(seeds):
    gradients = 1 + np.random.default_rng(0).normal(size=(200, seeds))

    def far(rate, form):
        sgd = kp.optimizers.SGD(rate, 0.9, momentum_form=form)
        return -descent.path(sgd, lambda _, step: gradients[step], np.zeros(seeds), 200)[-1]

    ball, same, tenfold = far(0.01, "heavy_ball"), far(0.01, "average"), far(0.1, "average")
    ratio, apart = ball / same, np.abs(tenfold / ball - 1).max()
    numbers = f"the first goes {ratio.mean():.3g} times as far; with ten times the rate they differ by {apart:.0e}"
    if np.abs(ratio - 1).max() < 0.01:
        return Finding("holds", numbers)
    if apart < 1e-3:
        return Finding("holds if", numbers, "the average gets 1 / (1 - 0.9) times the rate: then they are one method")
    return Finding("does not hold here", numbers)


@claim(
    "High momentum needs a lower learning rate, for momentum amplifies the step.",
    "Best of 11 rates for a net on 500 digits, by momentum; and the highest rate that does not diverge on a "
    "parabola of steepness 1.",
)
def momentum_and_rate(seeds):
    momenta = (0.0, 0.5, 0.9, 0.99)
    rates = [descent.digits("SGD", seeds, **({"momentum": m} if m else {})).rate for m in momenta]
    tried = np.arange(0.1, 4.3, 0.1)
    bounds = []
    for m in momenta:
        points = descent.grid(keras.optimizers.SGD, lambda w, _: w, [[1.0]], 400, tried, momentum=m)
        size = np.abs(points[..., 0, 0])
        stable = np.isfinite(size[-1]) & (size[-50:].max(axis=0) < 1.001 * size[:50].max(axis=0))
        bounds.append(tried[stable].max())
    numbers = (
        f"momentum {', '.join(map(str, momenta))}: best rates {', '.join(f'{rate:.2g}' for rate in rates)}; highest on "
        f"the parabola {', '.join(f'{bound:.1f}' for bound in bounds)}"
    )
    if rates[-1] >= rates[0]:
        return Finding("does not hold here", numbers)
    if bounds[-1] > bounds[0]:
        why = "the gradient is noisy or the slope long; by itself momentum bears higher rates, to 2 (1 + momentum)"
        return Finding("holds if", numbers, why)
    return Finding("holds", numbers)


@claim(
    "Too high a learning rate overshoots the minimum, too low a one is slow.",
    "100 steps of plain descent on a parabola of steepness 1: what is left of the distance, by rate.",
)
def learning_rate(seeds):
    rates = [0.001, 0.1, 1.0, 1.9, 2.1]
    points = descent.grid(keras.optimizers.SGD, lambda w, _: w, starts(seeds), 100, rates)
    left = np.linalg.norm(points[-1], axis=-1) / np.linalg.norm(points[0], axis=-1)
    slow, fair, ideal, swinging, diverged = left.mean(axis=1)
    numbers = ", ".join(f"rate {rate}: {one:.2g}" for rate, one in zip(rates, left.mean(axis=1), strict=True))
    holds = ideal < fair < slow < 1 < diverged and swinging < 1
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "An exponential average with beta remembers about 1 / (1 - beta) values, and its weights add up to nearly 1.",
    "A single gradient of 1, then zeros, through `kp.optimizers.SGD` with momentum as an average: the weight of "
    "the value of k steps ago; beta 0.5, 0.9, 0.99.",
)
def average_window(seeds):
    shares, sums = [], []
    for beta in (0.5, 0.9, 0.99):
        steps = 800 if beta == 0.99 else 100
        sgd = kp.optimizers.SGD(1.0, beta, momentum_form="average")
        weights = descent.steps_of(sgd, np.eye(1, steps)[0])
        window = round(1 / (1 - beta))
        shares.append([weights[:window].sum(), weights[: 3 * window].sum()])
        sums.append(weights.sum())
    within, thrice = np.transpose(shares)
    numbers = (
        f"weight of the last 1 / (1 - beta) values: {', '.join(f'{one:.0%}' for one in within)}; of thrice as many: "
        f"{', '.join(f'{one:.0%}' for one in thrice)}; of all: {min(sums):.4f} to {max(sums):.4f}"
    )
    holds = within.min() > 0.6 and np.abs(np.array(sums) - 1).max() < 1e-3
    return Finding("holds" if holds else "does not hold here", numbers)


def scheduled(schedule, seeds, epochs=20):
    """`descent.Digits` with momentum, the rate of each network times `schedule(share of the training)`."""
    steps = epochs * 16

    def optimizer(rates):
        sgd = with_rates(keras.optimizers.SGD, rates, momentum=0.9)
        sgd.learning_rate = 1.0
        return sgd

    class Follow(keras.callbacks.Callback):
        step = 0

        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.learning_rate = schedule(self.step / steps)
            self.step += 1

    return descent.Digits(optimizer, seeds, 10 ** np.arange(-2, 0.1, 0.5), epochs, callbacks=[Follow()])


@claim(
    "Learning rate schedules (steps, cosine, warm restarts) improve the final performance.",
    "A net on 500 digits, momentum 0.9, 20 epochs of batches of 32, constant rate or scheduled, each with the "
    "best of 5 first rates.",
)
def schedules(seeds):
    of = {
        "constant": lambda done: 1.0,
        "steps": lambda done: 0.1 ** (int(done >= 0.5) + int(done >= 0.75)),
        "cosine": lambda done: 0.5 * (1 + np.cos(np.pi * done)),
        "restarts": lambda done: 0.5 * (1 + np.cos(np.pi * (2 * done % 1))),
    }
    found = {name: scheduled(schedule, seeds) for name, schedule in of.items()}
    numbers = "training loss (test accuracy): " + ", ".join(
        f"{name} {pm(one.last)} ({percent(one.accuracy[one.best])})" for name, one in found.items()
    )
    constant = found.pop("constant")
    in_loss = [surely_less(one.last, constant.last) for one in found.values()]
    in_accuracy = [surely_less(constant.accuracy[constant.best], one.accuracy[one.best]) for one in found.values()]
    if all(in_accuracy):
        return Finding("holds", numbers)
    if any(in_accuracy) or any(in_loss):
        better = [name for name, one, other in zip(found, in_loss, in_accuracy, strict=True) if one or other]
        what = "test accuracy" if any(in_accuracy) else "training loss, not of test accuracy,"
        return Finding("holds if", numbers, f"it is a matter of {what} and of {' and '.join(better)}")
    return Finding("does not hold here", numbers)


@claim(
    "L-BFGS converges in fewer steps for small problems.",
    "Logistic regression of 400 tumours of 30 measures, L2 0.001, all rows in each step: gradients until the "
    "loss is within 1e-4 of the least; Adam and momentum with the best of 6 rates.",
)
def lbfgs(seeds):
    x, y = load_breast_cancer(return_X_y=True)
    x, sign = (x - x.mean(axis=0)) / x.std(axis=0), 2.0 * y - 1
    steps, rates = 150, 10 ** np.arange(-1.5, 1.1, 0.5)
    rows = [np.random.default_rng(seed).permutation(len(x))[:400] for seed in range(seeds)]
    signed = np.stack([x[chosen] * sign[chosen, None] for chosen in rows])  # seeds, rows, measures
    l2 = 0.001

    def loss(w, of=slice(None)):
        return -log_expit(np.einsum("srf,...sf->...sr", signed[of], w)).mean(axis=-1) + l2 * (w**2).sum(axis=-1)

    def gradient(w, _=None, of=slice(None)):
        missed = expit(-np.einsum("srf,...sf->...sr", signed[of], w))
        return -np.einsum("srf,...sr->...sf", signed[of], missed) / 400 + 2 * l2 * w

    alone = [slice(seed, seed + 1) for seed in range(seeds)]
    options = {"jac": True, "tol": 1e-9}
    least = [
        minimize(lambda w, of=of: (loss(w[None], of)[0], gradient(w[None], of=of)[0]), np.zeros(30), **options).fun
        for of in alone
    ]

    def first_within(curves):
        reached = np.nan_to_num(curves, nan=1e9) < np.array(least) + 1e-4
        return np.where(reached.any(axis=0), reached.argmax(axis=0), steps + 1)

    counts = {}
    for name, kind, kwargs in (
        ("momentum", keras.optimizers.SGD, {"momentum": 0.9}),
        ("Adam", keras.optimizers.Adam, {}),
    ):
        of_rates = first_within(loss(descent.grid(kind, gradient, np.zeros((seeds, 30)), steps, rates, **kwargs)))
        counts[name] = of_rates[descent.best(of_rates)]
    curves = [
        loss(descent.path(kp.optimizers.LBFGS(), functools.partial(gradient, of=of), np.zeros((1, 30)), 25), of)[:, 0]
        for of in alone
    ]
    counts["L-BFGS"] = first_within(np.transpose(curves))
    numbers = ", ".join(f"{name} {pm(count, '.0f')}" for name, count in counts.items()) + " gradients"
    wins = all(surely_less(counts["L-BFGS"], counts[name]) for name in ("momentum", "Adam"))
    return Finding("holds" if wins else "does not hold here", numbers)
