"""Many small networks in one model, with an axis for the network: all are trained at once, each by itself.

Inputs are `(rows, nets, features)`, outputs `(rows, nets, units)`. What an optimizer does to a weight depends on that
weight alone, so that the networks do not know of each other (but for `clipnorm`, and `BatchNormalization` without
`apart`).
"""

from dataclasses import dataclass

import numpy as np
import side_by_side
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import with_rates
from sklearn.datasets import load_digits

from kerasparts import backend


def dense(nets, units, activation=None, initializer="glorot_uniform", **kwargs):
    """`Dense` for each network, whose first weights are drawn by itself."""
    initializer = keras.initializers.get(initializer)
    return side_by_side.dense(nets, units, activation, initializer.clone, **kwargs)


def apart(layer, nets, units):
    """The layers that let a layer see the units of all networks as so many features, each for itself."""
    return [keras.layers.Reshape((nets * units,)), layer, keras.layers.Reshape((nets, units))]


def stack(
    nets, sizes, activation="relu", initializer="glorot_uniform", after=lambda units: [], of_outputs=None, **kwargs
):
    """Perceptrons of the widths `sizes`, from the features to the outputs, which are linear.

    Args:
        nets: how many.
        activation, initializer: of the hidden layers; the outputs are Glorot's.
        after: function of a layer's units that gives the layers that follow each hidden layer.
        of_outputs: dict of arguments of the last layer.
        kwargs: of the hidden layers, such as `kernel_regularizer`.
    """
    features, *hidden, outputs = sizes
    layers = [keras.Input((nets, features))]
    for units in hidden:
        layers += [dense(nets, units, activation, initializer, **kwargs), *after(units)]
    return keras.Sequential([*layers, dense(nets, outputs, **(of_outputs or {}))])


def each(x, nets):
    """The same rows for each network."""
    return np.repeat(np.asarray(x)[:, None], nets, axis=1)


def losses(outputs, y):
    """Loss of each row and network: cross-entropy from logits where `y` are classes, else squared error."""
    outputs = keras.ops.convert_to_numpy(outputs).astype("float64")
    if np.issubdtype(y.dtype, np.floating):
        return np.square(outputs[..., 0] - y)
    chosen = np.take_along_axis(outputs, y[..., None].astype("int64"), axis=-1)[..., 0]
    return np.logaddexp.reduce(outputs, axis=-1) - chosen


def scores(model, x, y):
    """Mean loss and accuracy of each network; `x` is `(rows, nets, features)`, `y` is `(rows, nets)`."""
    outputs = keras.ops.convert_to_numpy(model(x, training=False))
    return losses(outputs, y).mean(axis=0), (outputs.argmax(axis=-1) == y).mean(axis=0)


class Curves(keras.callbacks.Callback):
    """`losses`: the mean loss of each network on some rows, a row for the start and each epoch, a column for each."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y
        self.losses = []

    def on_train_begin(self, logs=None):
        self.on_epoch_end(0)

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(losses(self.model(self.x, training=False), self.y).mean(axis=0))


def train(model, x, y, optimizer, epochs, batch_size=32, loss=None, callbacks=()):
    """Fits the networks, each to the mean of its own loss; returns the model."""
    nets = x.shape[1]
    if np.issubdtype(y.dtype, np.floating):
        loss, y = loss or keras.losses.MeanSquaredError(), y[..., None]
    model.compile(
        optimizer,
        loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        loss_weights=[nets],
        jit_compile=jit_compile,
    )
    model.optimizer.build(model.trainable_variables)
    model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0, callbacks=list(callbacks))
    return model


@dataclass(frozen=True)
class Tuned:
    """Of the best rate, with an entry for each seed: loss of the training rows, loss and accuracy of the test rows."""

    rate: float
    training_loss: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    model: keras.Model
    chosen: slice  # the networks of the rate among all of the model


def tuned(sizes, data, rates, kind=keras.optimizers.Adam, epochs=10, batch_size=32, **of_stack):
    """Trains a network for each rate and seed, all at once; the rate with the lowest mean training loss is the best.

    Args:
        sizes, of_stack: of `stack`.
        data: `x, y, x_test, y_test`, the networks of `x` being the seeds.
        kind: class of the optimizer.
    """
    seeds = data[0].shape[1]
    x, y, x_test, y_test = (np.concatenate([part] * len(rates), axis=1) for part in data)
    model = stack(seeds * len(rates), sizes, **of_stack)
    train(model, x, y, with_rates(kind, np.repeat(rates, seeds)), epochs, batch_size)
    training = np.nan_to_num(scores(model, x, y)[0], nan=np.inf)
    best = int(training.reshape(len(rates), seeds).mean(axis=-1).argmin())
    chosen = slice(best * seeds, (best + 1) * seeds)
    loss, accuracy = scores(model, x_test, y_test)
    return Tuned(rates[best], training[chosen], loss[chosen], accuracy[chosen], model, chosen)


def kernel_gradients(model, x, y, training=False):
    """Norm of the gradient of each kernel, a row for each layer from the first to the last, a column for each net."""
    nets = x.shape[1]
    if not model.compiled:
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), loss_weights=[nets])
    _, gradients = backend.model_value_and_gradients(model, training=training)(x, y)
    kernels = [g for v, g in zip(model.trainable_variables, gradients, strict=True) if v.name == "kernel"]
    kernels = [keras.ops.convert_to_numpy(kernel).astype("float64") for kernel in kernels]
    return np.array([np.linalg.norm(kernel.reshape(nets, -1), axis=1) for kernel in kernels])


def digits(nets, training, test=500, start=0):
    """`x, y, x_test, y_test` of scikit-learn's scans; each network has drawn its own rows."""
    x, y = load_digits(return_X_y=True)
    rows = [np.random.default_rng(start + net).permutation(len(x))[: training + test] for net in range(nets)]
    x = np.stack([x[chosen] / 16 for chosen in rows], axis=1).astype("float32")
    y = np.stack([y[chosen] for chosen in rows], axis=1)
    return x[:training], y[:training], x[training:], y[training:]
