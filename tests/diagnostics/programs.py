"""Training programs with a known state: healthy ones, and ones with a fault that a practitioner would name.

They were written before the rules were tried on them. Where a rule gets one wrong, the rule is mended, not the program.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import layers
from sklearn import datasets

Arrays = tuple  # (x, y, x_val, y_val), and sample weights of the training rows where there are any


@dataclass(frozen=True)
class Program:
    """A model, its data, and what is wrong with the two.

    Attributes:
        name: of the program, unique.
        task: what it is for, and why it is healthy or what its fault is.
        build: gives a compiled model.
        data: gives `(x, y, x_val, y_val)`, with the sample weights of the training rows behind where there are any.
        shows: tells by Keras' logs of the last epoch that the program is as healthy or as faulty as it says.
        faults: its causes, the first one must be named; none for a healthy program.
        allowed: what follows from them and may be named as well.
        fit: arguments of `fit`.
        callbacks: makes the callbacks of the program itself.
    """

    name: str
    task: str
    build: Callable[[], keras.Model]
    data: Callable[[], Arrays]
    shows: Callable[[dict], bool]
    faults: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    fit: dict = field(default_factory=dict)
    callbacks: Callable[[], list] = list

    def __str__(self):
        return self.name

    def run(self, callbacks=()):
        """Trains the program from its seed, and gives the history."""
        keras.utils.set_random_seed(1)
        model = self.build()
        x, y, x_val, y_val, *weight = self.data()
        return model.fit(
            x,
            y,
            sample_weight=weight[0] if weight else None,
            validation_data=(x_val, y_val),
            validation_batch_size=256,
            verbose=0,
            callbacks=[*self.callbacks(), *callbacks],
            **{"epochs": 10, "batch_size": 32, **self.fit},
        )


# Data. Features have a mean of 0 and a deviation of 1 where nothing else is said.


def split(x, y, train=0.75, seed=0):
    order = np.random.default_rng(seed).permutation(len(x))
    count = int(train * len(x)) if train < 1 else train
    one, two = order[:count], order[count:]
    return x[one].astype("float32"), y[one], x[two].astype("float32"), y[two]


def standard(x):
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8)


def digits(scale=1 / 16, shape=(64,), train=0.75, one_hot=False, keep=range(10)):
    x, y = datasets.load_digits(return_X_y=True)
    rows = np.isin(y, keep)
    x, y = x[rows], np.searchsorted(list(keep), y[rows])
    return split((x * scale).reshape(-1, *shape), np.eye(10)[y] if one_hot else y, train)


def cancer(scaled=True, label=lambda y: y):
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return split(standard(x) if scaled else x, label(y))


def wine(scaled=True):
    x, y = datasets.load_wine(return_X_y=True)
    return split(standard(x) if scaled else x, y)


def moons(rows=800, noise=0.15):
    return split(*datasets.make_moons(rows, noise=noise, random_state=0))


def circles():
    return split(*datasets.make_circles(800, noise=0.08, factor=0.4, random_state=0))


def exclusive_or():
    x = np.random.default_rng(0).uniform(-1, 1, (1000, 2))
    return split(x, (x[:, 0] * x[:, 1] > 0).astype("float32"))


def blobs(rows=400):
    x, y = datasets.make_blobs(rows, centers=3, n_features=4, cluster_std=1.0, random_state=3)
    return split(standard(x), y)


def normal_classes(rows=2000, features=20, flipped=0.0, rare=0.5, apart=2.0, train=0.75, seed=0):
    """Two normal clouds, `apart` deviations from each other along one direction, a share of the labels flipped."""
    random = np.random.default_rng(seed)
    y = (random.random(rows) < rare).astype("int64")
    direction = random.normal(size=features)
    x = random.normal(size=(rows, features)) + apart * y[:, None] * direction / np.linalg.norm(direction)
    return split(standard(x), np.where(random.random(rows) < flipped, 1 - y, y), train)


def friedman(rows=1200, noise=1.0, mean=0.0, deviation=1.0, outliers=0.0):
    x, y = datasets.make_friedman1(rows, n_features=8, noise=noise, random_state=0)
    y = deviation * standard(y) + mean
    random = np.random.default_rng(0)
    wild = random.random(rows) < outliers
    return split(standard(x), np.where(wild, y + random.normal(0, 15, rows), y)[:, None].astype("float32"))


def noisy_sine(rows=1500):
    """Half of the variance of the target is noise."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (rows, 3))
    signal = np.sin(3 * x[:, 0]) + x[:, 1]
    y = signal + random.normal(0, signal.std(), rows)
    return split(x / 0.58, standard(y)[:, None].astype("float32"))


def waves(rows=900, steps=30):
    """Sine waves of three frequencies with any phase, in noise."""
    random = np.random.default_rng(0)
    y = random.integers(0, 3, rows)
    t = np.arange(steps) / steps
    phase = random.uniform(0, 2 * np.pi, rows)
    x = np.sin(2 * np.pi * (1 + 2 * y)[:, None] * t + phase[:, None]) + random.normal(0, 0.3, (rows, steps))
    return split(x[..., None], y)


def documents(rows=1000, words=300, length=40):
    """Token ids; each of two topics prefers words of its own."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, rows)
    weights = np.ones((2, words))
    weights[0, :30] = weights[1, 30:60] = 4
    chosen = [random.choice(words, length, p=weights[k] / weights[k].sum()) for k in y]
    x, y, x_val, y_val = split(np.stack(chosen), y)
    return x.astype("int32"), y, x_val.astype("int32"), y_val


def labels_of_many():
    x, y = datasets.make_multilabel_classification(1500, 20, n_classes=5, n_labels=2, random_state=0)
    return split(standard(x), y.astype("float32"))


def digits_twice():
    """The digit, and how much ink it took."""
    x, y, x_val, y_val = digits()
    ink, ink_val = x.mean(axis=1, keepdims=True), x_val.mean(axis=1, keepdims=True)
    ink_val, ink = (ink_val - ink.mean()) / ink.std(), (ink - ink.mean()) / ink.std()
    return x, {"digit": y, "ink": ink}, x_val, {"digit": y_val, "ink": ink_val}


def images_of_themselves():
    x, _, x_val, _ = digits()
    return x, x, x_val, x_val


def cancer_weighed():
    """A benign tumour that is missed costs a third of a malign one."""
    x, y, x_val, y_val = cancer()
    return x, y, x_val, y_val, np.where(y == 1, 0.5, 1.5)


def digits_shuffled():
    x, y, x_val, y_val = digits()
    random = np.random.default_rng(0)
    return x, random.permutation(y), x_val, random.permutation(y_val)


# Models.


def dense(units, activation="relu", **kwargs):
    return layers.Dense(units, activation=activation, **kwargs)


def sequence(shape, *parts, loss, optimizer=None, metrics=None, dtype="float32"):
    model = keras.Sequential([keras.Input(shape, dtype=dtype), *parts])
    model.compile(optimizer or keras.optimizers.Adam(1e-3), loss, metrics=metrics)
    return model


def of_classes(shape, *parts, classes=10, optimizer=None):
    last = dense(classes, "softmax")
    loss = "sparse_categorical_crossentropy"
    return sequence(shape, *parts, last, loss=loss, optimizer=optimizer, metrics=["accuracy"])


def of_two(shape, *parts, activation="sigmoid", optimizer=None, **kwargs):
    last = dense(1, activation, **kwargs)
    return sequence(shape, *parts, last, loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])


def of_values(shape, *parts, activation=None, optimizer=None, loss="mse"):
    return sequence(shape, *parts, dense(1, activation), loss=loss, optimizer=optimizer, metrics=["R2Score"])


def residual_net():
    """Each block begins as the identity: the last weights of its branch are zero."""
    inputs = keras.Input((64,))
    x = layers.Dense(32)(inputs)
    for _ in range(10):
        y = layers.Dense(32, "relu", kernel_initializer="he_normal")(x)
        x = layers.Add()([x, layers.Dense(32, kernel_initializer="zeros")(y)])
    model = keras.Model(inputs, layers.Dense(10, "softmax")(x))
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def normalized_net():
    blocks = []
    for _ in range(8):
        blocks += [layers.Dense(48, use_bias=False), layers.BatchNormalization(), layers.Activation("relu")]
    return of_classes((64,), *blocks, optimizer=keras.optimizers.Adam(3e-3))


def transferred():
    """The first layers have learned the digits 0 to 4 and are frozen; a new head learns 5 to 9."""
    base = keras.Sequential([keras.Input((64,)), dense(64), dense(64)])
    old = keras.Sequential([base, dense(5, "softmax")])
    old.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
    x, y, _, _ = digits(keep=range(5))
    old.fit(x, y, epochs=6, verbose=0)
    base.trainable = False
    model = keras.Sequential([keras.Input((64,)), base, dense(32), dense(5, "softmax")])
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Gated(keras.Model):
    """A subclassed model: one branch scales the other."""

    def __init__(self):
        super().__init__()
        self.value = layers.Dense(32, "relu")
        self.gate = layers.Dense(32, "sigmoid")
        self.last = layers.Dense(1)

    def call(self, x):
        return self.last(self.value(x) * self.gate(x))


def gated():
    model = Gated()
    model.compile(keras.optimizers.Adam(3e-3), "mse", metrics=["R2Score"])
    return model


def two_headed(ink=None):
    inputs = keras.Input((64,))
    x = layers.Dense(64, "relu")(inputs)
    outputs = {"digit": layers.Dense(10, "softmax", name="digit")(x), "ink": layers.Dense(1, ink, name="ink")(x)}
    model = keras.Model(inputs, outputs)
    losses = {"digit": "sparse_categorical_crossentropy", "ink": "mse"}
    model.compile(keras.optimizers.Adam(5e-3), losses, metrics={"digit": "accuracy", "ink": "R2Score"})
    return model


def scaled_inside():
    scaling = layers.Normalization()
    scaling.adapt(cancer(scaled=False)[0])
    return of_two((30,), scaling, dense(16))


def narrow_and_deep():
    return of_two((2,), *[dense(2, bias_initializer=keras.initializers.Constant(-0.1)) for _ in range(12)])


def sgd(rate, momentum=0.0):
    return keras.optimizers.SGD(rate, momentum=momentum)


def adam(rate):
    return keras.optimizers.Adam(rate)


def normal(deviation):
    return keras.initializers.RandomNormal(stddev=deviation)


def accurate(least, name="val_accuracy"):
    return lambda logs: logs[name] >= least


def inaccurate(most, name="val_accuracy"):
    return lambda logs: not logs[name] > most  # NaN as well


def fits(least, name="val_R2Score"):
    return accurate(least, name)


def misses(most, name="val_R2Score"):
    return inaccurate(most, name)


HEALTHY = (
    Program(
        "residual_net",
        "Digits by 22 layers with skip connections.",
        residual_net,
        digits,
        accurate(0.94),
        fit=dict(epochs=6),
    ),
    Program(
        "tiny_net",
        "Two moons by 6 units: few parameters are enough.",
        lambda: of_two((2,), dense(6, "tanh"), optimizer=adam(0.05)),
        moons,
        accurate(0.94),
        fit=dict(epochs=15),
    ),
    Program(
        "noisy_labels",
        "15% of the labels are flipped, and nobody can tell which: an accuracy of 0.8 is what there is.",
        lambda: of_two((10,), dense(16), optimizer=adam(2e-3)),
        lambda: normal_classes(features=10, flipped=0.15, apart=4.0),
        accurate(0.80),
        fit=dict(epochs=6),
    ),
    Program(
        "strong_dropout",
        "Dropout of half of the units, wide enough to bear it.",
        lambda: of_classes((64,), dense(128), layers.Dropout(0.5), dense(128), layers.Dropout(0.5)),
        digits,
        accurate(0.95),
        fit=dict(epochs=12),
    ),
    Program(
        "early_stopping",
        "133 wines, stopped in time, the best weights put back.",
        lambda: of_classes((13,), dense(16), classes=3, optimizer=adam(1e-2)),
        wine,
        accurate(0.93),
        fit=dict(epochs=60, batch_size=16),
        callbacks=lambda: [keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)],
    ),
    Program(
        "imbalanced",
        "12 rows of one class for each of the other, and both are learned.",
        lambda: of_two((20,), dense(32), optimizer=adam(2e-3)),
        lambda: normal_classes(2500, rare=1 / 13, apart=5.0),
        accurate(0.97),
        fit=dict(epochs=5),
    ),
    Program(
        "outliers",
        "4% of the targets are far out; the Huber loss passes over them.",
        lambda: of_values((8,), dense(64), optimizer=adam(3e-3), loss=keras.losses.Huber(0.5)),
        lambda: friedman(noise=0.5, outliers=0.04),
        lambda logs: logs["val_loss"] < 0.4,
        fit=dict(epochs=12),
    ),
    Program(
        "noisy_regression",
        "Half of the variance is noise, so R2 ends near 0.5.",
        lambda: of_values((3,), dense(32, "tanh"), optimizer=adam(5e-3)),
        noisy_sine,
        fits(0.4),
        fit=dict(epochs=10),
    ),
    Program(
        "lstm",
        "Frequencies of waves by an LSTM.",
        lambda: of_classes((30, 1), layers.LSTM(24), classes=3, optimizer=adam(1e-2)),
        waves,
        accurate(0.93),
        fit=dict(epochs=8),
    ),
    Program(
        "conv2d",
        "Digits by convolutions.",
        lambda: of_classes(
            (8, 8, 1),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Flatten(),
            optimizer=adam(2e-3),
        ),
        lambda: digits(shape=(8, 8, 1)),
        accurate(0.95),
        fit=dict(epochs=6),
    ),
    Program(
        "batch_normalized",
        "Digits by nine layers with batch normalization.",
        normalized_net,
        digits,
        accurate(0.93),
        fit=dict(epochs=10),
    ),
    Program(
        "transfer",
        "A frozen base with a new head.",
        transferred,
        lambda: digits(keep=range(5, 10)),
        accurate(0.9),
        fit=dict(epochs=10),
    ),
    Program(
        "subclassed",
        "Regression by a model with a `call` of its own.",
        gated,
        friedman,
        fits(0.85),
        fit=dict(epochs=12),
    ),
    Program(
        "two_outputs",
        "A class and a value.",
        two_headed,
        digits_twice,
        lambda logs: logs["val_digit_accuracy"] > 0.94 and logs["val_ink_R2Score"] > 0.9,
        fit=dict(epochs=10),
    ),
    Program(
        "multi_label",
        "Five labels that may come together.",
        lambda: sequence(
            (20,),
            dense(32),
            dense(5, "sigmoid"),
            loss="binary_crossentropy",
            optimizer=adam(3e-3),
            metrics=["binary_accuracy"],
        ),
        labels_of_many,
        lambda logs: logs["val_binary_accuracy"] > 0.78,
        fit=dict(epochs=8),
    ),
    Program(
        "normalization_layer",
        "Raw inputs, scaled inside the model.",
        scaled_inside,
        lambda: cancer(scaled=False),
        accurate(0.94),
        fit=dict(epochs=10, batch_size=16),
    ),
    Program(
        "token_embedding",
        "Topics of texts, by the mean of their word vectors.",
        lambda: sequence(
            (40,),
            layers.Embedding(300, 16),
            layers.GlobalAveragePooling1D(),
            dense(16),
            dense(1, "sigmoid"),
            loss="binary_crossentropy",
            optimizer=adam(5e-3),
            metrics=["accuracy"],
            dtype="int32",
        ),
        documents,
        accurate(0.93),
        fit=dict(epochs=6),
    ),
    Program(
        "autoencoder",
        "Gray values from 0 to 1 through 24 units, with the cross-entropy that is usual for them.",
        lambda: sequence(
            (64,), dense(24), dense(64, "sigmoid"), loss="binary_crossentropy", optimizer=adam(5e-3), metrics=["mse"]
        ),
        images_of_themselves,
        lambda logs: logs["val_mse"] < 0.02,
    ),
    Program(
        "momentum",
        "Digits by SGD with momentum.",
        lambda: of_classes((64,), dense(64), optimizer=sgd(0.05, 0.9)),
        digits,
        accurate(0.95),
        fit=dict(epochs=8),
    ),
    Program(
        "converged",
        "Long done: the last gradients are next to nothing.",
        lambda: of_classes((4,), dense(16), dense(16), classes=3, optimizer=adam(2e-2)),
        blobs,
        accurate(0.97),
        fit=dict(epochs=20, batch_size=16),
    ),
    Program(
        "sample_weights",
        "Rows of a class count more.",
        lambda: of_two((30,), dense(16), optimizer=adam(3e-3)),
        cancer_weighed,
        accurate(0.93),
        fit=dict(epochs=10),
    ),
)

# Not learning is in every fault; loss and units that jump or die follow from steps that are too long.
WEAK = ("high_bias",)
WILD = ("exploding_gradient", "dead_relu", "oscillating_loss", "saturated_activation", "vanishing_gradient", *WEAK)

FAULTY = (
    Program(
        "deep_sigmoid",
        "Nine layers of sigmoid: each takes three quarters of the gradient.",
        lambda: of_classes((64,), *[dense(32, "sigmoid") for _ in range(9)]),
        digits,
        inaccurate(0.5),
        faults=("vanishing_gradient",),
        allowed=(*WEAK, "wrong_hidden_activation"),
        fit=dict(epochs=6),
    ),
    Program(
        "sgd_rate_huge",
        "SGD with a rate of 5.",
        lambda: of_classes((64,), dense(64), dense(64), optimizer=sgd(5.0)),
        digits,
        inaccurate(0.5),
        faults=("lr_too_high",),
        allowed=WILD,
        fit=dict(epochs=6),
    ),
    Program(
        "adam_rate_huge",
        "Adam with a rate of 1.",
        lambda: of_classes((64,), dense(64), dense(64), optimizer=adam(1.0)),
        digits,
        inaccurate(0.5),
        faults=("lr_too_high",),
        allowed=WILD,
        fit=dict(epochs=6),
    ),
    Program(
        "adam_rate_tiny",
        "Adam with a rate of 1e-7.",
        lambda: of_classes((64,), dense(64), dense(64), optimizer=adam(1e-7)),
        digits,
        inaccurate(0.5),
        faults=("lr_too_low",),
        allowed=WEAK,
        fit=dict(epochs=6),
    ),
    Program(
        "three_steps",
        "One epoch of three batches.",
        lambda: of_classes((64,), dense(64)),
        digits,
        inaccurate(0.5),
        faults=("too_few_epochs",),
        allowed=WEAK,
        fit=dict(epochs=1, batch_size=512),
    ),
    Program(
        "softmax_of_one",
        "A softmax over a single unit is always 1.",
        lambda: of_two((30,), dense(16), activation="softmax"),
        cancer,
        inaccurate(0.7),
        faults=("wrong_output_activation",),
        allowed=WEAK,
        fit=dict(epochs=5),
    ),
    Program(
        "linear_output_of_two",
        "A linear output with a cross-entropy that takes probabilities.",
        lambda: of_two((20,), dense(16), activation=None),
        lambda: normal_classes(apart=2.0),
        lambda logs: True,  # by chance of the first weights it learns somewhat
        faults=("wrong_output_activation",),
        allowed=(*WEAK, "oscillating_loss", "lr_too_high", "dead_relu"),
        fit=dict(epochs=5),
    ),
    Program(
        "sigmoid_of_ten",
        "Sigmoids for classes that exclude each other.",
        lambda: sequence((64,), dense(64), dense(10, "sigmoid"), loss="categorical_crossentropy", metrics=["accuracy"]),
        lambda: digits(one_hot=True),
        lambda logs: True,  # the greatest output may be right all the same
        faults=("wrong_output_activation",),
        allowed=WEAK,
        fit=dict(epochs=5),
    ),
    Program(
        "relu_output",
        "A relu cannot give the negative half of standardized targets.",
        lambda: of_values((8,), dense(32), activation="relu", optimizer=adam(3e-3)),
        friedman,
        misses(0.75),
        faults=("wrong_output_activation",),
        allowed=(*WEAK, "dead_relu"),
        fit=dict(epochs=8),
    ),
    Program(
        "mse_of_digits",
        "The number of the digit as if it were a quantity.",
        lambda: sequence((64,), dense(64), dense(1, None), loss="mse", metrics=["accuracy"]),
        digits,
        inaccurate(0.6),
        faults=("wrong_loss",),
        allowed=(*WEAK, "wrong_output_activation"),
        fit=dict(epochs=8),
    ),
    Program(
        "raw_pixels",
        "Gray values of 0 to 255 with SGD.",
        lambda: of_classes((64,), dense(64), dense(64), optimizer=sgd(0.01)),
        lambda: digits(scale=255 / 16),
        inaccurate(0.6),
        faults=("unnormalized_inputs",),
        allowed=(*WILD, "lr_too_high"),
        fit=dict(epochs=6),
    ),
    Program(
        "raw_table",
        "Columns of 0.01 to 1,700 behind tanh.",
        lambda: of_classes((13,), dense(16, "tanh"), classes=3, optimizer=sgd(0.01)),
        lambda: wine(scaled=False),
        inaccurate(0.8),
        faults=("unnormalized_inputs", "saturated_activation"),
        allowed=(*WILD, "lr_too_high", "too_few_epochs"),
        fit=dict(epochs=10),
    ),
    Program(
        "targets_in_thousands",
        "Targets of 5,000 with a deviation of 1,000.",
        lambda: of_values((8,), dense(32), dense(32)),
        lambda: friedman(mean=5000.0, deviation=1000.0),
        misses(0.5),
        faults=("unnormalized_targets",),
        allowed=(*WEAK, "too_few_epochs", "lr_too_low", "exploding_gradient"),
        fit=dict(epochs=8),
    ),
    Program(
        "zero_weights",
        "All weights start at zero.",
        lambda: of_classes((64,), *[dense(32, kernel_initializer="zeros") for _ in range(2)]),
        digits,
        inaccurate(0.5),
        faults=("symmetric_init",),
        allowed=(*WEAK, "dead_relu", "vanishing_gradient"),
        fit=dict(epochs=4),
    ),
    Program(
        "weights_of_five",
        "Weights drawn with a deviation of 5.",
        lambda: of_classes((64,), *[dense(64, "tanh", kernel_initializer=normal(5.0)) for _ in range(3)]),
        digits,
        inaccurate(0.75),
        faults=("bad_init_scale",),
        allowed=(*WILD, "lr_too_low", "too_few_epochs"),
        fit=dict(epochs=6),
    ),
    Program(
        "weights_blow_up",
        "Weights drawn with a deviation of 1 in ten layers of 64: the signal grows by 6 in each.",
        lambda: of_values((8,), *[dense(64, kernel_initializer=normal(1.0)) for _ in range(10)], optimizer=sgd(0.01)),
        friedman,
        misses(0.2),
        faults=("bad_init_scale", "exploding_gradient"),
        allowed=(*WILD, "lr_too_high"),
        fit=dict(epochs=4),
    ),
    Program(
        "hidden_softmax",
        "A softmax in each hidden layer.",
        lambda: of_classes((64,), dense(64, "softmax"), dense(64, "softmax")),
        digits,
        inaccurate(0.75),
        faults=("wrong_hidden_activation",),
        allowed=(*WEAK, "vanishing_gradient", "too_few_epochs"),
        fit=dict(epochs=6),
    ),
    Program(
        "narrow_and_deep",
        "Twelve layers of two units: some layer is dead before the first step.",
        narrow_and_deep,
        moons,
        inaccurate(0.7),
        faults=("dead_relu",),
        allowed=(*WEAK, "vanishing_gradient"),
        fit=dict(epochs=6),
    ),
    Program(
        "linear_stack",
        "Three layers without an activation, for rings.",
        lambda: of_two((2,), dense(32, None), dense(32, None), optimizer=adam(1e-2)),
        circles,
        inaccurate(0.75),
        faults=("missing_nonlinearity",),
        allowed=WEAK,
        fit=dict(epochs=8),
    ),
    Program(
        "one_line",
        "Exclusive or by a single unit.",
        lambda: of_two((2,), optimizer=adam(1e-2)),
        exclusive_or,
        inaccurate(0.75),
        faults=("high_bias",),
        allowed=("missing_nonlinearity",),
        fit=dict(epochs=8),
    ),
    Program(
        "penalty_of_ten",
        "An L2 penalty of 10 on each layer.",
        lambda: of_classes((64,), *[dense(64, kernel_regularizer=keras.regularizers.L2(10.0)) for _ in range(2)]),
        digits,
        inaccurate(0.5),
        faults=("over_regularized",),
        allowed=(*WEAK, "dead_relu", "vanishing_gradient"),
        fit=dict(epochs=10),
    ),
    Program(
        "dropout_of_most",
        "Dropout of 95% of the units.",
        lambda: of_classes((64,), dense(32), layers.Dropout(0.95), dense(32), layers.Dropout(0.95)),
        digits,
        inaccurate(0.6),
        faults=("over_regularized",),
        allowed=(*WEAK, "dead_relu"),
        fit=dict(epochs=6),
    ),
    Program(
        "shuffled_labels",
        "Labels and rows were shuffled apart.",
        lambda: of_classes((64,), dense(128)),
        digits_shuffled,
        inaccurate(0.2),
        faults=("wrong_labels",),
        allowed=(*WEAK, "high_variance"),
        fit=dict(epochs=10),
    ),
    Program(
        "labels_of_one_and_two",
        "Labels of 1 and 2 for a cross-entropy of 0 and 1.",
        lambda: of_two((30,), dense(16)),
        lambda: cancer(label=lambda y: y + 1.0),
        inaccurate(0.75),
        faults=("wrong_labels",),
        allowed=(*WILD, "wrong_loss", "lr_too_high"),
        fit=dict(epochs=5),
    ),
    Program(
        "rare_class_given_up",
        "50 rows of one class for each of the other: no rare one is found.",
        lambda: of_two((20,), dense(16)),
        lambda: normal_classes(4000, rare=1 / 51, apart=1.7),
        accurate(0.96),
        faults=("class_imbalance",),
        allowed=WEAK,
        fit=dict(epochs=3),
    ),
    Program(
        "thirty_rows",
        "30 digits are not enough to tell ten classes apart.",
        lambda: of_classes((64,), dense(128), optimizer=adam(3e-3)),
        lambda: tuple(a[:500] for a in digits(train=30)),
        inaccurate(0.8),
        faults=("too_little_data", "high_variance"),
        fit=dict(epochs=25, batch_size=8),
    ),
    Program(
        "learned_by_heart",
        "A large net on 400 rows of which a quarter has a wrong label.",
        lambda: of_two((30,), dense(256), dense(256)),
        lambda: normal_classes(1200, 30, flipped=0.2, apart=3.0, train=400),
        inaccurate(0.75),
        faults=("high_variance",),
        allowed=("too_little_data",),
        fit=dict(epochs=15),
    ),
)
PROGRAMS = HEALTHY + FAULTY
