"""Optimizers on functions of which the gradient is known, and on digits with a grid of learning rates."""

import functools

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import with_rates

from notes import nets

RATES = 10 ** np.arange(-4, 1.1, 0.5)  # the same for all methods


def path(optimizer, gradient, start, steps):
    """The points before each step and after the last; `gradient` is a function of the point and the step's number."""
    w = keras.Variable(start, dtype="float32", name="w")
    points = [np.asarray(start, "float64")]
    for step in range(steps):
        g = np.asarray(gradient(points[-1], step), "float32")
        optimizer.apply([keras.ops.convert_to_tensor(g)], [w])
        points.append(keras.ops.convert_to_numpy(w).astype("float64"))
    return np.array(points)


def steps_of(optimizer, gradients, start=0.0):
    """What an optimizer takes off one weight in each step, if the gradients are these."""
    points = path(optimizer, lambda point, step: gradients[step], [start], len(gradients))
    return -np.diff(points[:, 0])


def grid(kind, gradient, starts, steps, rates, **kwargs):
    """Paths for each rate and start: an array of steps, rates, starts and weights."""
    starts = np.asarray(starts)
    tiled = np.tile(starts, (len(rates), 1))
    shape = (len(rates), *starts.shape)

    def of_each(points, step):
        return gradient(points.reshape(shape), step).reshape(tiled.shape)

    with np.errstate(all="ignore"):
        points = path(with_rates(kind, np.repeat(rates, len(starts)), **kwargs), of_each, tiled, steps)
    return points.reshape(steps + 1, *shape)


def best(errors):
    """The row of least mean, where a diverged one is the worst."""
    return int(np.argmin(np.where(np.isfinite(errors), errors, 1e30).mean(axis=1)))


class Digits:
    """Networks on 500 scans: training loss by epoch, test loss and accuracy, for each rate and seed.

    Args:
        optimizer: function that gives one for a list of rates, one for each network.
        of_stack: the hidden layers, as in `nets.stack`.
    """

    def __init__(
        self,
        optimizer,
        seeds,
        rates=RATES,
        epochs=10,
        training=500,
        batch_size=32,
        hidden=(32,),
        callbacks=(),
        **of_stack,
    ):
        self.rates = np.asarray(rates)
        shape = (len(self.rates), seeds)
        self.data = [np.tile(one, (1, len(rates), *[1] * (one.ndim - 2))) for one in nets.digits(seeds, training)]
        x, y, x_test, y_test = self.data
        keras.utils.set_random_seed(1)
        self.model = nets.stack(x.shape[1], [64, *hidden, 10], **{"initializer": "he_normal", **of_stack})
        curves = nets.Curves(x, y)
        with np.errstate(all="ignore"):
            optimizer, callbacks = optimizer(np.repeat(self.rates, seeds)), [curves, *callbacks]
            nets.train(self.model, x, y, optimizer, epochs, batch_size, callbacks=callbacks)
            loss, accuracy = nets.scores(self.model, x_test, y_test)
        curve = np.array(curves.losses).reshape(-1, *shape)
        self.curves = np.where(np.isfinite(curve), curve, 1e9)
        self.loss, self.accuracy = loss.reshape(shape), accuracy.reshape(shape)
        self.best = best(self.curves[-1])
        self.rate = self.rates[self.best]

    @property
    def last(self):
        """Training loss at the end, with the best rate."""
        return self.curves[-1][self.best]


@functools.cache
def digits(kind, seeds, **kwargs):
    """`Digits` with a Keras optimizer, by its name."""
    return Digits(functools.partial(with_rates, getattr(keras.optimizers, kind), **kwargs), seeds)
