"""Pictures of what is seen in a training, or in many: callbacks, experiments, and the figures themselves."""

import functools

import keras
import numpy as np
from sklearn.datasets import load_digits

import kerasparts as kp
from kerasparts import model_selection as ms
from pictures.functions import OURS, THEIRS, panels

QUIET = {"verbose": 0, "epochs": 60, "batch_size": 10}


@functools.cache
def digits():
    """Few of them, so that a net learns them by heart."""
    x, y = load_digits(return_X_y=True)
    return (x[:300] / 16).astype("float32"), y[:300], (x[300:700] / 16).astype("float32"), y[300:700]


def classifier(units=32, rate=0.01):
    keras.utils.set_random_seed(0)
    layers = keras.layers.Dense(units, "relu"), keras.layers.Dense(units, "relu"), keras.layers.Dense(10)
    model = keras.Sequential([keras.Input((64,)), *layers])
    loss = kp.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(kp.optimizers.Adam(rate), loss, jit_compile=False)
    return model


@functools.cache
def training():
    """One `fit` with all that watches: `{callback: itself}`, and its history."""
    x, y, x_dev, y_dev = digits()
    kinds = kp.callbacks.BiasVarianceDiagnostics, kp.callbacks.TrainingDiagnostics
    watching = {kind.__name__: kind(verbose=0) for kind in kinds}
    watching["ReduceLROnPlateau"] = kp.callbacks.ReduceLROnPlateau(factor=0.3, patience=3)
    watching["EarlyStopping"] = kp.callbacks.EarlyStopping(patience=10)
    history = classifier().fit(
        x, y, validation_data=(x_dev, y_dev), epochs=40, verbose=0, callbacks=[*watching.values()]
    )
    return watching, history.history


@functools.cache
def search():
    x, y, *_ = digits()
    return kp.callbacks.LearningRateFinder().find(classifier(), x, y)


def wave(rows, seed):
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (rows, 1)).astype("float32")
    return x, (np.sin(4 * x) + 0.3 * random.normal(size=x.shape)).astype("float32")


def regressor(units=8):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units, "tanh"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.03), "mse")
    return model


@functools.cache
def result(name):
    """Of a function of `model_selection`, on a noisy wave."""
    x, y = wave(60, 0)
    x_test, y_test = wave(100, 1)
    test = {"x_test": x_test, "y_test": y_test, "replicas": 12, **QUIET}
    if name == "cross_validate":
        return ms.cross_validate(regressor, x, y, cv=5, **QUIET)
    if name == "learning_curve":
        return ms.learning_curve(regressor, x, y, sizes=(0.2, 0.5, 1.0), **QUIET)
    if name == "validation_curve":
        return ms.validation_curve(regressor, x, y, [1, 4, 16], **QUIET)
    if name == "bias_variance_decomposition":
        return ms.bias_variance_decomposition(regressor, x, y, **test)
    return ms.bias_variance_tradeoff(regressor, [1, 3, 9], x, y, **test)


FIGURES = {  # of which each draws: a result
    "plot_gradient_flow": lambda: training()[0]["TrainingDiagnostics"].signals,
    "plot_training_curves": lambda: training()[0]["BiasVarianceDiagnostics"].diagnosis,
    "plot_learning_rate_finder": search,
    "plot_activation": lambda: kp.activations.Swish(),
    "plot_cross_validation": lambda: result("cross_validate"),
    "plot_learning_curve": lambda: result("learning_curve"),
    "plot_validation_curve": lambda: result("validation_curve"),
    "plot_bias_variance": lambda: result("bias_variance_decomposition"),
    "plot_bias_variance_tradeoff": lambda: result("bias_variance_tradeoff"),
}
EXPERIMENTS = {
    "cross_validate": "plot_cross_validation",
    "learning_curve": "plot_learning_curve",
    "validation_curve": "plot_validation_curve",
    "bias_variance_decomposition": "plot_bias_variance",
    "bias_variance_tradeoff": "plot_bias_variance_tradeoff",
}
CALLBACKS = {
    "LearningRateFinder": "plot_learning_rate_finder",
    "BiasVarianceDiagnostics": "plot_training_curves",
    "TrainingDiagnostics": "plot_gradient_flow",
}


def figure(name):
    if name == "plot_activations":
        axes = kp.plots.plot_activations()
    elif name == "plot_schedule":
        cycle = kp.optimizers.schedules.OneCycle(0.1, length=100)
        axes = kp.plots.plot_schedule({"OneCycle": cycle, "half": kp.optimizers.schedules.Scaled(cycle, 0.5)}, 100)
    else:
        axes = getattr(kp.plots, name)(FIGURES[name]())
    return np.ravel(axes)[0].figure


def experiment(name):
    return figure(EXPERIMENTS[name]) if name in EXPERIMENTS else None


def callback(name):
    if name in CALLBACKS:
        return figure(CALLBACKS[name])
    return {"EarlyStopping": stopped, "ReduceLROnPlateau": reduced}.get(name, lambda: None)()


def stopped():
    """The curve, with the epoch whose weights came back."""
    _, history = training()
    values = history["val_loss"]
    epochs, best = np.arange(1, len(values) + 1), int(np.nanargmin(values)) + 1
    drawn, ax = panels(1, 6.4, 3.5)
    ax.plot(epochs, history["loss"], color="0.6", label="loss")
    ax.plot(epochs, values, color=OURS, label="val_loss")
    ax.axvline(best, color=THEIRS, label=f"its weights come back: epoch {best}")
    ax.axvline(epochs[-1], color=THEIRS, linestyle=":", label=f"stop after {epochs[-1]}, 10 without a better one")
    ax.set(xlabel="epoch", ylabel="loss", yscale="log")
    ax.legend(frameon=False)
    return drawn


def reduced():
    _, history = training()
    drawn, (left, right) = panels(2)
    epochs = np.arange(1, len(history["val_loss"]) + 1)
    left.semilogy(epochs, history["val_loss"], color=OURS)
    left.set(xlabel="epoch", ylabel="val_loss")
    right.step(epochs, history["learning_rate"], where="mid", color=THEIRS)
    right.set(xlabel="epoch", ylabel="learning rate", yscale="log")
    return drawn
