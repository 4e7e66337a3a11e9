"""Bias and variance."""

import functools

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp
from notes import nets
from notes.claim import Finding, claim, percent, pm, surely_less
from notes.regularization import Priced

NOISE, ROWS, REPLICAS = 0.3, 30, 20
GRID = np.linspace(-0.9, 0.9, 91)  # at the ends of the data a series goes astray


def curve(x):
    return np.sin(2 * np.pi * x) + x


def sample(groups, seeds):
    """Noisy points of the curve: for each group the same training sets, 20 a seed."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, size=(ROWS, seeds * REPLICAS))
    y = curve(x) + NOISE * random.normal(size=x.shape)
    return np.tile(x, (1, groups))[..., None].astype("float32"), np.tile(y, (1, groups)).astype("float32")


def fitted(groups, seeds, width=30, lambdas=None, steps=200, at=()):
    """Predictions on the grid, after the steps in `at` and the last: (moments, groups, seeds, replicas, points)."""
    x, y = sample(groups, seeds)
    spread = keras.initializers.RandomNormal(stddev=3.0)
    keras.utils.set_random_seed(1)
    count, kwargs = x.shape[1], {}
    if lambdas is not None:
        kwargs["kernel_regularizer"] = Priced(2, np.repeat(lambdas, seeds * REPLICAS))
    layers = [
        nets.dense(count, width, "tanh", spread, bias_initializer=spread),
        nets.dense(count, 1, **kwargs),
    ]
    model, found = keras.Sequential([keras.Input((count, 1)), *layers]), []

    def predict(epoch, logs=None):
        if 10 * (epoch + 1) in (*at, steps):
            outputs = keras.ops.convert_to_numpy(model(nets.each(GRID[:, None].astype("float32"), count)))
            found.append(np.reshape(np.transpose(outputs[..., 0]), (groups, seeds, REPLICAS, len(GRID))))

    watch = keras.callbacks.LambdaCallback(on_epoch_end=predict)
    ten = np.tile(x, (10, 1, 1)), np.tile(y, (10, 1))[..., None]  # an epoch is ten steps, each with all rows
    model.compile(keras.optimizers.Adam(0.03), "mse", loss_weights=[count], jit_compile=jit_compile)
    model.fit(*ten, epochs=steps // 10, batch_size=ROWS, shuffle=False, verbose=0, callbacks=[watch])
    return np.array(found, "float64")


def bias_and_variance(predictions):
    """Squared bias and variance on average over the grid, of predictions (..., replicas, points)."""
    variance = predictions.var(axis=-2, ddof=1).mean(axis=-1)
    bias = np.square(predictions.mean(axis=-2) - curve(GRID)).mean(axis=-1)
    return bias - variance / REPLICAS, variance  # a mean of few varies too, which is not bias


@claim(
    "The expected squared error is bias squared plus variance.",
    "20 nets of 30 units, each on its own 30 noisy points of a curve: error on new noisy points, and the parts "
    "that `kp.diagnostics.decompose_bias_variance` finds, knowing the noise (0.09).",
)
def decomposition(seeds):
    predictions = fitted(1, seeds, steps=100)[0, 0]
    parts = []
    for seed, of in enumerate(predictions):
        y = curve(GRID) + NOISE * np.random.default_rng(seed).normal(size=(200, len(GRID)))
        error = np.square(y[:, None] - of).mean()
        found = kp.diagnostics.decompose_bias_variance(list(of), curve(GRID), noise=0.0)
        parts.append((error, found.bias.value, found.variance.value))
    error, bias, variance = np.transpose(parts)
    missing = error - bias - variance
    numbers = f"error {pm(error)}, bias² {pm(bias)}, variance {pm(variance)}: {pm(missing, '.3f')} are missing"
    if np.abs(missing).mean() < 0.01:
        return Finding("holds", numbers)
    if np.abs(missing - NOISE**2).mean() < 0.01:
        return Finding("holds if", numbers, "there is no noise: the noise of the targets is the third part")
    return Finding("does not hold here", numbers)


@claim(
    "Regularization lowers variance at the cost of bias.",
    "The same curve, nets of 30 units, 200 steps, L2 on the output weights: bias² and variance, by lambda.",
)
def regularization_trades(seeds):
    lambdas = (0.0, 0.01, 0.1)
    bias, variance = bias_and_variance(fitted(3, seeds, lambdas=lambdas)[0])
    numbers = "; ".join(f"{one:g}: {pm(b)}, {pm(v)}" for one, b, v in zip(lambdas, bias, variance, strict=True))
    holds = surely_less(variance[2], variance[0]) and surely_less(bias[0], bias[2])
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "Longer training lowers bias.",
    "The same nets without L2 after 10, 40 and 200 steps of all rows: bias² and variance.",
)
def longer_training(seeds):
    bias, variance = bias_and_variance(fitted(1, seeds, at=(10, 40))[:, 0])
    numbers = "; ".join(f"{one}: {pm(b)}, {pm(v)}" for one, b, v in zip((10, 40, 200), bias, variance, strict=True))
    return Finding("holds" if surely_less(bias[2], bias[0]) else "does not hold here", numbers)


@functools.cache
def by_width(seeds):
    return {width: bias_and_variance(fitted(1, seeds, width)[0, 0]) for width in (2, 8, 100)}


@claim(
    "A more complex model has less bias and more variance.",
    "The same curve: nets of 2, 8 and 100 units, and series of 2, 6 and 10 cosines by least squares: bias² and "
    "variance.",
)
def capacity(seeds):
    learned = by_width(seeds)
    x, y = sample(1, seeds)
    series = {}
    for width in (2, 6, 10):
        waves = np.arange(width) * np.pi / 2
        predictions = [
            np.cos((GRID[:, None] + 1) * waves) @ np.linalg.lstsq(np.cos((a + 1) * waves), b, rcond=None)[0]
            for a, b in zip(np.swapaxes(x, 0, 1).astype("float64"), y.T.astype("float64"), strict=True)
        ]
        series[width] = bias_and_variance(np.reshape(predictions, (seeds, REPLICAS, -1)))
    numbers = "; ".join(
        f"{name} " + ", ".join(f"{width}: {pm(b)} + {pm(v)}" for width, (b, v) in of.items())
        for name, of in (("cosines", series), ("units", learned))
    )

    def trades(of, small, large):
        return surely_less(of[large][0], of[small][0]) and surely_less(of[small][1], of[large][1])

    if not trades(series, 2, 10):
        return Finding("does not hold here", numbers)
    if not trades(learned, 8, 100):
        return Finding(
            "holds if", numbers, "capacity is the length of a series: more learned units do not raise variance"
        )
    return Finding("holds", numbers)


@claim(
    "A large hidden layer overfits: a small one generalizes better.",
    "The same nets: error of 2, 8 and 100 units on the curve, bias² and variance together.",
)
def small_layers(seeds):
    errors = {width: b + v for width, (b, v) in by_width(seeds).items()}
    numbers = ", ".join(f"{width}: {pm(of)}" for width, of in errors.items())
    holds = surely_less(errors[8], errors[100])
    return Finding("holds" if holds else "does not hold here", numbers)


@claim(
    "More data lower the variance.",
    "Nets of 64 units on 50, 100, 200, 400 and 800 digits, the same number of steps: accuracy on 500 others, and "
    "on the training rows.",
)
def more_data(seeds):
    sizes = (50, 100, 200, 400, 800)
    x, y, x_test, y_test = nets.digits(seeds, 800)
    x_all = np.concatenate([np.tile(x[:size], (800 // size, 1, 1)) for size in sizes], axis=1)
    y_all = np.concatenate([np.tile(y[:size], (800 // size, 1)) for size in sizes], axis=1)
    keras.utils.set_random_seed(1)
    model = nets.stack(len(sizes) * seeds, [64, 64, 10], "relu", "he_normal")
    nets.train(model, x_all, y_all, keras.optimizers.Adam(0.003), 10)
    test = nets.scores(model, np.tile(x_test, (1, len(sizes), 1)), np.tile(y_test, (1, len(sizes))))[1]
    gap = nets.scores(model, x_all, y_all)[1] - test
    test, gap = test.reshape(len(sizes), seeds), gap.reshape(len(sizes), seeds)
    numbers = ", ".join(f"{size}: {percent(of)}" for size, of in zip(sizes, test, strict=True))
    numbers += f"; ahead in training by {percent(gap[0])} and {percent(gap[-1])}"
    holds = surely_less(test[0], test[-1]) and surely_less(gap[-1], gap[0])
    return Finding("holds" if holds else "does not hold here", numbers)
