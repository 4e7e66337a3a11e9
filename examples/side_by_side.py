"""Many networks of one shape as one model, with an axis for the network, so that all of them are compiled once.

Inputs are `(rows, networks, features)`, outputs `(rows, networks, outputs)`. The loss is the sum of theirs, so that
each network learns as it would alone, by any optimizer that takes each weight by itself.
"""

import numpy as np
from quiet import keras

ops = keras.ops


def dense(networks, outputs, activation=None, initializers=keras.initializers.GlorotUniform, places=None, **kwargs):
    """A dense layer of each network.

    Args:
        places: int. Applies each network's layer to so many places of an input `(rows, networks, places, features)`.
        initializers: function that makes a new initializer; or a list with one such function for each network.
    """
    makers = initializers if isinstance(initializers, list) else [initializers] * networks

    def draw(shape, dtype=None):
        return ops.stack([make()(shape[1:], dtype=dtype) for make in makers])

    kwargs = {"bias_axes": "no", "kernel_initializer": draw, **kwargs}
    if places is None:
        return keras.layers.EinsumDense("bni,nio->bno", (networks, outputs), activation, **kwargs)
    return keras.layers.EinsumDense("bnpi,nio->bnpo", (networks, places, outputs), activation, **kwargs)


def with_rates(optimizer, rates, **kwargs):
    """An optimizer with a learning rate for each network, whose weights are those along the first axis.

    Args:
        optimizer: class of it.
        rates: list of floats.
    """

    class WithRates(optimizer):
        def update_step(self, gradient, variable, learning_rate):
            each = np.repeat(np.array(rates, "float32"), variable.shape[0] // len(rates))
            each = ops.convert_to_tensor(each.reshape([-1] + [1] * (len(variable.shape) - 1)))
            super().update_step(gradient, variable, learning_rate * each)

    return WithRates(1.0, **kwargs)


def crossentropy(labels, logits):
    """The sum of the networks' losses of logits and labels `(rows, networks)`."""
    each = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    return ops.sum(ops.mean(each, axis=0))


def answers(model, x, training=False):
    """The logits in float64."""
    return ops.convert_to_numpy(model(x, training=training)).astype("float64")


def losses(logits, labels):
    """The mean cross-entropy of each network; no number where it has diverged."""
    chosen = np.take_along_axis(logits, labels[..., None], axis=-1)[..., 0]
    with np.errstate(invalid="ignore"):
        return (np.logaddexp.reduce(logits, axis=-1) - chosen).mean(axis=0)


def accuracies(logits, labels):
    """The share of right answers of each network."""
    return (logits.argmax(axis=-1) == labels).mean(axis=0)


class Curves(keras.callbacks.Callback):
    """The loss of each network on these rows after each epoch, a list of arrays."""

    def __init__(self, x, labels):
        super().__init__()
        self.x, self.labels, self.losses = x, labels, []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(losses(answers(self.model, self.x), self.labels))
