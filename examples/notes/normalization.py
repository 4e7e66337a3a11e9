"""Scaling of inputs and batch normalization."""

import functools

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import with_rates
from sklearn.datasets import load_breast_cancer

import kerasparts as kp
from kerasparts import backend
from notes import descent, nets
from notes.claim import Finding, claim, percent, pm, surely_less

SCALINGS = {
    "min-max": kp.layers.MinMaxScaling,
    "z-score": kp.layers.StandardScaling,
    "robust": kp.layers.RobustScaling,
}
RATES = 10.0 ** np.arange(-7, 1)


def scaled(name, x, by=None):
    if name == "raw":
        return x
    layer = SCALINGS[name]()
    layer.adapt(x if by is None else by)
    return keras.ops.convert_to_numpy(layer(x))


def tumours(name, seeds, training=300):
    """`x, y, x_test, y_test` of 30 measures, scaled by the training rows."""
    x, y = load_breast_cancer(return_X_y=True)
    x = x.astype("float32")
    rows = [np.random.default_rng(seed).permutation(len(x)) for seed in range(seeds)]
    x = np.stack([scaled(name, x[of], x[of[:training]]) for of in rows], axis=1)
    y = np.stack([y[of] for of in rows], axis=1)
    return x[:training], y[:training], x[training:], y[training:]


@functools.cache
def on_tumours(name, seeds, epochs=20):
    """Training loss and test accuracy after 20 epochs of descent, by rate and seed."""
    x, y, x_test, y_test = (np.tile(one, (1, len(RATES), *[1] * (one.ndim - 2))) for one in tumours(name, seeds))
    keras.utils.set_random_seed(1)
    model = nets.stack(x.shape[1], [30, 16, 2], "relu", "he_normal")
    with np.errstate(all="ignore"):
        optimizer = with_rates(keras.optimizers.SGD, np.repeat(RATES, seeds), momentum=0.9)
        nets.train(model, x, y, optimizer, epochs)
        loss, _ = nets.scores(model, x, y)
        _, accuracy = nets.scores(model, x_test, y_test)
    loss = np.where(np.isfinite(loss), loss, 1e9).reshape(len(RATES), seeds)
    return loss, accuracy.reshape(len(RATES), seeds)


@claim(
    "Scaled inputs converge faster.",
    "Nets on 300 tumours of 30 measures, 20 epochs, momentum 0.9, the best of 8 rates each: training loss with "
    "the inputs as they are and scaled.",
)
def scaling_converges(seeds):
    losses = {}
    for name in ("raw", *SCALINGS):
        loss = on_tumours(name, seeds)[0]
        losses[name] = loss[descent.best(loss)]
    numbers = ", ".join(f"{name} {pm(loss)}" for name, loss in losses.items())
    holds = all(surely_less(losses[name], losses["raw"]) for name in SCALINGS)
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Scaled inputs generalize better.",
    "Test accuracy of the same nets, each with the rate of its best training loss.",
)
def scaling_generalizes(seeds):
    shares = {}
    for name in ("raw", *SCALINGS):
        loss, accuracy = on_tumours(name, seeds)
        shares[name] = accuracy[descent.best(loss)]
    numbers = ", ".join(f"{name} {percent(share)}" for name, share in shares.items())
    holds = all(surely_less(shares["raw"], shares[name]) for name in SCALINGS)
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Features of large scale dominate the learning.",
    "Gradient of the first kernel of such a net before training: share of its square that belongs to the 2 of 30 "
    "features of greatest scale.",
)
def scale_dominates(seeds):
    shares = {}
    for name in ("raw", "z-score"):
        x, y, *_ = tumours(name, seeds)
        largest = np.argsort(load_breast_cancer().data.std(axis=0))[-2:]
        model = nets.stack(seeds, [30, 16, 2], "relu", "he_normal")
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        _, gradients = backend.model_value_and_gradients(model, training=False)(x, y)
        squares = keras.ops.convert_to_numpy(gradients[0]).astype("float64") ** 2
        shares[name] = squares[:, largest].sum(axis=(1, 2)) / squares.sum(axis=(1, 2))
    numbers = f"raw {percent(shares['raw'])}, z-score {percent(shares['z-score'])} (2 of 30 are 6.7%)"
    holds = shares["raw"].mean() > 0.9 and shares["z-score"].mean() < 0.3
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Outliers spoil min-max scaling most, the z-score less, robust scaling not.",
    "500 normal values and one of 100: spread of the 500 after scaling, over that without the outlier.",
)
def scaling_outliers(seeds):
    left = {name: [] for name in SCALINGS}
    for seed in range(seeds):
        x = np.random.default_rng(seed).normal(size=(500, 1)).astype("float32")
        for name, of in left.items():
            spoiled = scaled(name, x, np.concatenate([x, [[100.0]]]).astype("float32"))
            of.append(spoiled.std() / scaled(name, x).std())
    numbers = ", ".join(f"{name} {percent(of, '.0f')}" for name, of in left.items())
    holds = surely_less(left["min-max"], left["z-score"]) and np.mean(left["robust"]) > 0.95
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Never fit the scaler on test data.",
    "Nets on 40 tumours, scaled (z-score) by these alone or by all 569: accuracy on the other 529.",
)
def scaling_leaks(seeds):
    x, y = load_breast_cancer(return_X_y=True)
    x, shares = x.astype("float32"), {}
    rows = [np.random.default_rng(seed).permutation(len(x)) for seed in range(seeds)]
    classes = np.stack([y[of] for of in rows], axis=1)
    for name in ("training rows", "all rows"):
        by = [of[:40] if name == "training rows" else of for of in rows]
        inputs = np.stack([scaled("z-score", x[of], x[some]) for of, some in zip(rows, by, strict=True)], axis=1)
        keras.utils.set_random_seed(1)
        model = nets.stack(seeds, [30, 16, 2], "relu", "he_normal")
        nets.train(model, inputs[:40], classes[:40], keras.optimizers.Adam(0.01), 40)
        shares[name] = nets.scores(model, inputs[40:], classes[40:])[1]
    ours, leaked = shares.values()
    numbers = f"scaled by training rows {percent(ours)}, by all {percent(leaked)}"
    if surely_less(ours, leaked):
        return Finding("holds", f"{numbers}: the leak flatters")
    return Finding("does not hold here", numbers, "right as a rule, but no leak of this kind is seen in the result")


def normalized(count):
    """What follows a hidden layer: batch normalization of each network's units by themselves, then ReLU."""

    def after(units):
        return [*nets.apart(keras.layers.BatchNormalization(momentum=0.9), count, units), keras.layers.ReLU()]

    return {"activation": None, "after": after}


WIDE = 10 ** np.arange(-2, 2.1, 0.5)


@functools.cache
def with_and_without(seeds):
    """Nets of two layers of 32 on 500 digits by plain descent, without and with batch normalization, 9 rates each."""
    sgd = functools.partial(with_rates, keras.optimizers.SGD)
    kwargs = {"epochs": 10, "hidden": (32, 32)}
    return (
        descent.Digits(sgd, seeds, WIDE, **kwargs),
        descent.Digits(sgd, seeds, WIDE, **kwargs, **normalized(len(WIDE) * seeds)),
    )


@claim(
    "Batch normalization allows higher learning rates.",
    "Nets of two hidden layers of 32 on 500 digits, 10 epochs of batches of 32, 9 rates of plain descent: the "
    "highest with a mean test accuracy over 80%.",
)
def bn_rates(seeds):
    highest = [one.rates[one.accuracy.mean(axis=1) > 0.8].max(initial=0) for one in with_and_without(seeds)]
    numbers = f"{highest[0]:.2g} without, {highest[1]:.2g} with"
    return Finding("holds" if highest[1] > highest[0] else "does not hold here", numbers)


@claim(
    "Batch normalization trains faster.",
    "The same nets: training loss after 3 epochs, the best rate for each.",
)
def bn_faster(seeds):
    losses = [(curve := one.curves[3])[descent.best(curve)] for one in with_and_without(seeds)]
    numbers = f"{pm(losses[0])} without, {pm(losses[1])} with"
    return Finding("holds" if surely_less(losses[1], losses[0]) else "does not hold here", numbers)


@claim(
    "Batch normalization regularizes.",
    "The same nets: test accuracy after 10 epochs, the best rate by training loss for each; and training loss.",
)
def bn_regularizes(seeds):
    without, with_it = (one.accuracy[one.best] for one in with_and_without(seeds))
    losses = [pm(one.last) for one in with_and_without(seeds)]
    numbers = f"{percent(without)} (loss {losses[0]}) without, {percent(with_it)} ({losses[1]}) with"
    return Finding("holds" if surely_less(without, with_it) else "does not hold here", numbers)


@claim(
    "Batch normalization makes a net less sensitive to its first weights.",
    "The same nets at rate 0.1, kernels drawn by He and then times 0.1, 1 and 10: test accuracy after 10 epochs.",
)
def bn_initialization(seeds):
    scales, worst, parts = (0.1, 1.0, 10.0), [], []
    for name, kwargs in (("without", {}), ("with", normalized(3 * seeds))):

        class Scale(keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                for layer in self.model.layers:
                    if hasattr(layer, "kernel"):
                        layer.kernel.assign(layer.kernel * np.repeat(scales, seeds)[:, None, None].astype("float32"))

        sgd = functools.partial(with_rates, keras.optimizers.SGD)
        found = descent.Digits(
            lambda rates, sgd=sgd: sgd(np.full(3 * seeds, 0.1)),
            seeds,
            scales,
            10,
            hidden=(32, 32),
            callbacks=[Scale()],
            **kwargs,
        )
        worst.append(found.accuracy.min(axis=0))
        parts.append(f"{name}: {', '.join(percent(one) for one in found.accuracy)}")
    return Finding("holds" if surely_less(*worst) else "does not hold here", "; ".join(parts))


@claim(
    "Batch normalization does not work well with very small batches.",
    "The same nets at rate 0.03, 5 epochs of batches of 2 and of 64 (momentum 0.9 of the statistics): test "
    "accuracy with it, and without.",
)
def bn_small_batches(seeds):
    sgd = functools.partial(with_rates, keras.optimizers.SGD)
    found = {}
    for size, rate, epochs in ((2, 0.03, 5), (64, 0.3, 20)):
        for name, kwargs in (("without", {}), ("with", normalized(seeds))):
            one = descent.Digits(sgd, seeds, [rate], epochs, hidden=(32, 32), batch_size=size, **kwargs)
            found[name, size] = one.accuracy[0]
    numbers = "; ".join(
        f"batches of {size}: {percent(found['without', size])} without, {percent(found['with', size])} with"
        for size in (2, 64)
    )
    holds = surely_less(found["with", 2], found["without", 2] - 0.01)
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Running statistics of a short training give bad results in inference.",
    "The net with batch normalization after one epoch of 16 steps, momentum of the statistics 0.99 (Keras' "
    "default) and 0.9: test accuracy in inference, and with the statistics of the test batch.",
)
def bn_running(seeds):
    x, y, x_test, y_test = nets.digits(seeds, 500)
    found = {}
    for momentum in (0.99, 0.9):
        keras.utils.set_random_seed(1)

        def after(units, momentum=momentum):
            return [*nets.apart(keras.layers.BatchNormalization(momentum=momentum), seeds, units), keras.layers.ReLU()]

        model = nets.stack(seeds, [64, 32, 32, 10], None, "he_normal", after)
        nets.train(model, x, y, keras.optimizers.SGD(0.3), 1)
        of_batch = keras.ops.convert_to_numpy(model(x_test, training=True))
        found[momentum] = nets.scores(model, x_test, y_test)[1], (of_batch.argmax(axis=-1) == y_test).mean(axis=0)
    numbers = "; ".join(
        f"{momentum}: {percent(running)} in inference, {percent(batch)} by the batch"
        for momentum, (running, batch) in found.items()
    )
    slow, quick = found[0.99], found[0.9]
    if not surely_less(slow[0], slow[1] - 0.02):
        return Finding("does not hold here", numbers)
    if not surely_less(quick[0], quick[1] - 0.02):
        return Finding("holds if", numbers, "the momentum of the statistics is Keras' default of 0.99")
    return Finding("holds", numbers)


@claim(
    "Batch normalization gives each unit mean 0 and variance 1 in training, and the same answer for a row "
    "whatever its batch in inference.",
    "A layer of 20 units, batches of 64 of mean 5 and deviation 3: largest deviation of mean and variance from 0 "
    "and 1; largest difference of a row's output alone and in the batch.",
)
def bn_normalizes(seeds):
    layer = keras.layers.BatchNormalization(epsilon=1e-5)
    x = (5 + 3 * np.random.default_rng(0).normal(size=(64, 20))).astype("float32")
    out = keras.ops.convert_to_numpy(layer(x, training=True)).astype("float64")
    off = max(np.abs(out.mean(axis=0)).max(), np.abs(out.var(axis=0) - 1).max())
    alone, together = (keras.ops.convert_to_numpy(layer(rows, training=False)) for rows in (x[:1], x))
    apart = np.abs(alone - together[:1]).max()
    numbers = f"{off:.0e} in training, {apart:.0e} in inference"
    return Finding("holds" if off < 1e-4 and apart < 1e-5 else "does not hold here", numbers)
