"""What L1 and L2 do to the weights."""

import functools

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp
from kerasparts import backend
from notes import descent, nets
from notes.claim import Finding, claim, percent, pm, surely_less


@claim(
    "The gradient of L1 is the same for all weights, that of L2 is proportional to the weight.",
    "Gradients of Keras' penalties of 0.1 by automatic differentiation, at weights of 0.01, 0.1, 1 and -10.",
)
def penalty_gradients(seeds):
    weights = np.array([[0.01], [0.1], [1.0], [-10.0]], "float32")
    found = {}
    for name, penalty in (("L1", keras.regularizers.L1(0.1)), ("L2", keras.regularizers.L2(0.1))):
        layer = keras.layers.Dense(1, use_bias=False, kernel_regularizer=penalty)
        model = keras.Sequential([keras.Input((4,)), layer])
        layer.kernel.assign(weights)
        model.compile(loss="mse")
        _, (gradient,) = backend.model_value_and_gradients(model, training=False)(np.zeros((2, 4)), np.zeros((2, 1)))
        found[name] = keras.ops.convert_to_numpy(gradient)[:, 0]
    numbers = "; ".join(f"{name}: {', '.join(f'{one:.3g}' for one in of)}" for name, of in found.items())
    right = {"L1": 0.1 * np.sign(weights[:, 0]), "L2": 0.2 * weights[:, 0]}
    holds = all(np.allclose(found[name], right[name], rtol=1e-5) for name in found)
    return Finding("holds" if holds else "does not hold here", numbers)


@functools.cache
def penalized(way, seeds, strength=1e-3):
    """Kernels of nets on 500 digits, a row a network, and their test accuracies."""
    x, y, x_test, y_test = nets.digits(seeds, 500)
    keras.utils.set_random_seed(1)
    optimizer, kwargs = kp.optimizers.SGD(0.3, momentum=0.9, momentum_form="average"), {}
    if way == "proximal L1":
        optimizer = kp.optimizers.Proximal(optimizer, strength)
    else:
        kwargs = {"kernel_regularizer": getattr(keras.regularizers, way)(strength)}
    model = nets.stack(seeds, [64, 32, 10], "relu", "he_normal", **kwargs)
    nets.train(model, x, y, optimizer, 40)
    hidden = keras.ops.convert_to_numpy(model.layers[0].kernel).reshape(seeds, -1)
    return hidden, nets.scores(model, x_test, y_test)[1]


@claim(
    "L1 makes many weights exactly zero.",
    "Nets on 500 digits, lambda 0.001, 40 epochs: zeros in the first layer with `keras.regularizers.L1`, and "
    "with the same price by `kp.optimizers.Proximal`.",
)
def l1_zeros(seeds):
    (keras_l1, accuracy), (proximal, also) = (penalized(way, seeds) for way in ("L1", "proximal L1"))
    zeros, of_proximal = (keras_l1 == 0).mean(axis=1), (proximal == 0).mean(axis=1)
    numbers = (
        f"as part of the loss: {percent(zeros)} zeros ({percent((np.abs(keras_l1) < 1e-3).mean(axis=1), '.0f')} below "
        f"0.001), accuracy {percent(accuracy)}; proximal: {percent(of_proximal)}, {percent(also)}"
    )
    if zeros.mean() > 0.2:
        return Finding("holds", numbers)
    if of_proximal.mean() > 0.2:
        return Finding(
            "holds if", numbers, "the optimizer takes a proximal step; as part of the loss L1 gives no zero at all"
        )
    return Finding("does not hold here", numbers)


@claim(
    "L1 is sensitive: even small lambdas zero weights.",
    "The same nets with `Proximal`: zeros in the first layer by lambda.",
)
def l1_sensitive(seeds):
    lambdas = (1e-4, 1e-3)
    tiny, small = zeros = [(penalized("proximal L1", seeds, one)[0] == 0).mean(axis=1) for one in lambdas]
    numbers = ", ".join(f"{one:g}: {percent(of, '.0f')}" for one, of in zip(lambdas, zeros, strict=True))
    if tiny.mean() > 0.2:
        return Finding("holds", numbers)
    if small.mean() > 0.2:
        return Finding("holds if", numbers, "small means 0.001, and the step is proximal")
    return Finding("does not hold here", numbers)


@claim(
    "L2 makes weights small but not zero.",
    "The same nets: root mean square of the first layer, and zeros, with `keras.regularizers.L2` of 1e-6 and of 0.01.",
)
def l2_small(seeds):
    none, some = penalized("L2", seeds, 1e-6)[0], penalized("L2", seeds, 1e-2)[0]
    before, after = (np.sqrt((w**2).mean(axis=1)) for w in (none, some))
    zeros = (some == 0).mean()
    holds = surely_less(after, before) and zeros == 0
    numbers = f"from {pm(before)} to {pm(after)}, {zeros:.0%} zeros"
    return Finding("holds" if holds else "does not hold here", numbers)


def lines(seeds, strength, l1, inputs=50, rows=100):
    """Weights of regressions of 100 rows of 50 inputs, of which the first 10 count, a column a seed."""
    random = np.random.default_rng(0)
    x = random.normal(size=(seeds, rows, inputs))
    truth = np.zeros(inputs)
    truth[:10] = 1.0
    y = x @ truth + random.normal(size=(seeds, rows))

    def gradient(w, _):
        return np.einsum("srf,sr->sf", x, np.einsum("srf,sf->sr", x, w) - y) / rows + (0 if l1 else 2 * strength * w)

    optimizer = kp.optimizers.SGD(0.1)
    if l1:
        optimizer = kp.optimizers.Proximal(optimizer, strength)
    w = descent.path(optimizer, gradient, np.zeros((seeds, inputs)), 300)[-1]
    return w, ((w - truth) ** 2).sum(axis=1)


@claim(
    "L1 selects features.",
    "A line of 50 inputs, 10 of which count, 100 noisy rows, proximal L1: inputs that get a weight; error on new "
    "rows with it, with the best of 3 lambdas of L2, and with neither.",
)
def l1_selects(seeds):
    w, with_l1 = min((lines(seeds, strength, True) for strength in (0.1, 0.2, 0.3)), key=lambda found: found[1].mean())
    kept, noise = (w[:, :10] != 0).sum(axis=1), (w[:, 10:] != 0).sum(axis=1)
    with_l2 = min((lines(seeds, strength, False)[1] for strength in (0.03, 0.1, 0.3)), key=np.mean)
    none = lines(seeds, 0.0, False)[1]
    numbers = (
        f"{pm(kept)} of the 10 that count, {pm(noise)} of the 40 that do not; error {pm(with_l1)}, L2 {pm(with_l2)}, "
        f"neither {pm(none)}"
    )
    selects = kept.mean() > 9 and noise.mean() < 20 and surely_less(with_l1, with_l2)
    return Finding("holds" if selects else "does not hold here", numbers)


@claim(
    "L2 spreads the weight over inputs that say the same, L1 takes one.",
    "A line of two inputs, the second a noisy copy (correlation 0.95) of the first, which alone counts, with "
    "weight 1: both weights with proximal L1 and with L2 of 0.3.",
)
def l2_spreads(seeds):
    random = np.random.default_rng(0)
    first = random.normal(size=(seeds, 200))
    x = np.stack([first, 0.95 * first + (1 - 0.95**2) ** 0.5 * random.normal(size=first.shape)], axis=-1)

    def gradient(w, l2):
        return np.einsum("srf,sr->sf", x, np.einsum("srf,sf->sr", x, w) - first) / 200 + 2 * l2 * w

    l1 = kp.optimizers.Proximal(kp.optimizers.SGD(0.2), 0.3)
    with_l1 = descent.path(l1, lambda w, _: gradient(w, 0.0), np.zeros((seeds, 2)), 400)[-1]
    with_l2 = descent.path(kp.optimizers.SGD(0.2), lambda w, _: gradient(w, 0.3), np.zeros((seeds, 2)), 400)[-1]
    numbers = f"L1: {pm(with_l1[:, 0])} and {pm(with_l1[:, 1])}; L2: {pm(with_l2[:, 0])} and {pm(with_l2[:, 1])}"
    holds = (with_l1[:, 1] == 0).mean() > 0.8 and with_l2[:, 1].mean() > 0.5 * with_l2[:, 0].mean()
    return Finding("holds" if holds else "does not hold here", numbers)
