"""Fits that are awkward on purpose: functions that give `(model, arguments of fit)`, by name in `PROGRAMS`."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp

BACKEND = keras.backend.backend()
ROWS = 32
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(ROWS, 3)).astype("float32")
Y = (X[:, :1] - X[:, 1:2] ** 2).astype("float32")
LABELS = np.arange(ROWS) % 3
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
TAGS = (RANDOM.random((ROWS, 3)) < 0.4).astype("float32")
WORDS = np.where(np.arange(6) < RANDOM.integers(2, 7, size=(ROWS, 1)), RANDOM.integers(1, 20, size=(ROWS, 6)), 0)
IMAGES = RANDOM.normal(size=(ROWS, 8, 8, 1)).astype("float32")
SERIES = RANDOM.normal(size=(ROWS, 5, 3)).astype("float32")
PIXELS = RANDOM.integers(0, 3, size=(ROWS, 8, 8))
WEIGHTS = np.linspace(0, 2, ROWS).astype("float32")

PROGRAMS = {}


def program(build):
    PROGRAMS[build.__name__] = build
    return build


def compiled(model, loss="mse", optimizer=None, **kwargs):
    model.compile(optimizer or keras.optimizers.Adam(0.01), loss, **kwargs)
    return model


def network(*layers, shape=(3,), dtype=None):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *layers])


def regression(**kwargs):
    """With everything that a careless gauge would disturb: shuffled rows, dropout, batch statistics, metrics."""
    layers = [keras.layers.Dense(4, "relu"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)]
    return compiled(network(*layers, keras.layers.Dense(1)), metrics=["mae"], **kwargs)


def classifier(loss="sparse_categorical_crossentropy", activation="softmax", **kwargs):
    model = network(keras.layers.Dense(4, "tanh"), keras.layers.Dropout(0.5), keras.layers.Dense(3, activation))
    return compiled(model, loss, metrics=["accuracy"], **kwargs)


def arrays(x=X, y=Y, **kwargs):
    return {"x": x, "y": y, "validation_data": (x, y), "batch_size": 8, **kwargs}


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        rows = slice(8 * index, 8 * index + 8)
        return X[rows], Y[rows]


def endless():
    while True:
        for start in range(0, ROWS, 8):
            yield X[start : start + 8], Y[start : start + 8]


# Inputs and outputs


@program
def dict_inputs():
    inputs = {"a": keras.Input((3,), name="a"), "b": keras.Input((3,), name="b")}
    joined = keras.layers.Concatenate()([inputs["a"], keras.layers.Dense(2, "relu")(inputs["b"])])
    model = keras.Model(inputs, keras.layers.Dense(1)(joined))
    return compiled(model), arrays({"a": X, "b": X + 1})


@program
def list_inputs():
    inputs = [keras.Input((3,)), keras.Input((3,))]
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Add()(inputs)))
    return compiled(model), arrays([X, 2 * X])


@program
def two_outputs_with_a_dict_of_losses():
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, "relu")(inputs)
    outputs = {
        "value": keras.layers.Dense(1, name="value")(hidden),
        "kind": keras.layers.Dense(3, "softmax", name="kind")(hidden),
    }
    losses = {"kind": "sparse_categorical_crossentropy", "value": "mse"}
    return compiled(keras.Model(inputs, outputs), losses), arrays(y={"value": Y, "kind": LABELS})


@program
def two_outputs_one_without_a_loss():
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, "relu", name="hidden")(inputs)
    outputs = {"hidden": hidden, "value": keras.layers.Dense(1, name="value")(hidden)}
    return compiled(keras.Model(inputs, outputs), {"value": "mse"}), arrays(y={"value": Y})


@program
def multi_label():
    return classifier("binary_crossentropy", "sigmoid"), arrays(y=TAGS)


@program
def integer_inputs():
    return regression(), arrays((10 * X).astype("int32"))


@program
def double_precision():
    return regression(), arrays(X.astype("float64"), Y.astype("float64"))


@program
def constant_targets():
    return regression(), arrays(y=np.ones_like(Y))


@program
def segmentation_with_sparse_labels():
    layers = [
        keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
        keras.layers.Conv2D(3, 1, activation="softmax"),
        keras.layers.Reshape((64, 3)),  # Torch has no gradient of this loss on images
    ]
    model = network(*layers, shape=(8, 8, 1))
    return compiled(model, "sparse_categorical_crossentropy"), arrays(IMAGES, PIXELS.reshape(ROWS, 64))


@program
def image_autoencoder():
    layers = [
        keras.layers.Conv2D(2, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2DTranspose(1, 3, strides=2, padding="same"),
    ]
    return compiled(network(*layers, shape=(8, 8, 1))), arrays(IMAGES, IMAGES)


@program
def series_to_series():
    layers = [keras.layers.LSTM(4, return_sequences=True), keras.layers.TimeDistributed(keras.layers.Dense(1))]
    return compiled(network(*layers, shape=(5, 3))), arrays(SERIES, SERIES[..., :1])


# Data


@program
def no_validation_data():
    return regression(), {"x": X, "y": Y, "batch_size": 8}


@program
def validation_split():
    return regression(), {"x": X, "y": Y, "validation_split": 0.25, "batch_size": 8}


@program
def sample_weights():
    return regression(), {**arrays(), "sample_weight": WEIGHTS, "validation_data": (X, Y, WEIGHTS)}


@program
def class_weight():
    return classifier(), arrays(y=LABELS, class_weight={0: 1.0, 1: 2.0, 2: 0.5})


@program
def py_dataset():
    return regression(), {"x": Batches(), "validation_data": Batches()}


@program
def endless_generator():
    return regression(), {
        "x": endless(),
        "shuffle": False,
        "steps_per_epoch": 4,
        "validation_data": endless(),
        "validation_steps": 2,
    }


@program
def repeated_tf_dataset():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    return regression(), {"x": data.repeat(), "shuffle": False, "steps_per_epoch": 4, "validation_data": data}


@program
def tf_dataset_of_dicts():
    import tensorflow as tf

    model = dict_inputs()[0]
    data = tf.data.Dataset.from_tensor_slices(({"a": X, "b": X}, Y)).batch(8)
    return model, {"x": data, "shuffle": False}


@program
def torch_data_loader():
    if BACKEND != "torch":
        pytest.skip("Keras takes these on Torch alone")
    import torch

    tensors = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    return regression(), {"x": torch.utils.data.DataLoader(tensors, batch_size=8), "shuffle": False}


@program
def batch_larger_than_the_data():
    return regression(), arrays(batch_size=1000)


@program
def two_rows():
    return compiled(network(keras.layers.Dense(1))), arrays(X[:2], Y[:2], batch_size=2)


@program
def one_row():
    return compiled(network(keras.layers.Dense(1))), arrays(X[:1], Y[:1])


@program
def pandas_table():
    pandas = pytest.importorskip("pandas")
    return regression(), {"x": pandas.DataFrame(X), "y": pandas.DataFrame(Y), "batch_size": 8}


# Models


class ListOfLayers(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [keras.layers.Dense(4, "relu") for _ in range(2)]
        self.heads = {"one": keras.layers.Dense(1)}

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.heads["one"](x)


class Residual(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = keras.layers.Dense(3, "tanh")
        self.gain = self.add_weight(shape=(3,), initializer="ones")

    def call(self, x):
        return x + self.gain * self.inner(x)


class OwnStep(keras.Model):
    def train_step(self, *arguments):
        return super().train_step(*arguments)


class OldLoss(keras.Model):
    """Without `training`, as before Keras 3.3."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        return ops.mean(ops.abs(y - y_pred))


class Reconstruction(keras.Model):
    """Has no targets and no compiled loss."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)

    def call(self, x):
        y = self.dense(x)
        self.add_loss(ops.mean(ops.square(x - y)))
        return y


@program
def shared_layer():
    inputs = [keras.Input((3,)), keras.Input((3,))]
    tower = keras.layers.Dense(4, "relu")
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Subtract()([tower(one) for one in inputs])))
    return compiled(model), arrays([X, -X])


@program
def models_in_models():
    innermost = network(keras.layers.Dense(4, "relu"), keras.layers.Dense(3))
    inner = keras.Sequential([keras.Input((3,)), innermost, keras.layers.Dropout(0.2)])
    inputs = keras.Input((3,))
    return compiled(keras.Model(inputs, keras.layers.Dense(1)(inner(inputs)))), arrays()


@program
def lists_and_dicts_of_layers():
    return compiled(ListOfLayers()), arrays()


@program
def composite_layer():
    return compiled(network(Residual(), keras.layers.Dense(1))), arrays()


@program
def custom_train_step():
    inputs = keras.Input((3,))
    return compiled(OwnStep(inputs, keras.layers.Dense(1)(inputs))), arrays()


@program
def custom_compute_loss():
    inputs = keras.Input((3,))
    return compiled(OldLoss(inputs, keras.layers.Dense(1)(inputs)), None), arrays()


@program
def no_targets_and_no_loss():
    return compiled(Reconstruction(), None), {"x": X}


@program
def no_trainable_weights():
    model = regression()
    model.trainable = False
    return compiled(model), arrays()


@program
def some_layers_frozen():
    model = network(keras.layers.Dense(4, "relu"), keras.layers.BatchNormalization(), keras.layers.Dense(1))
    model.layers[0].trainable = model.layers[1].trainable = False
    return compiled(model), arrays()


@program
def not_built_before_fit():
    layers = [keras.layers.Dense(4, "relu"), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    return compiled(keras.Sequential(layers)), arrays()


@program
def masks():
    layers = [
        keras.layers.Embedding(20, 4, mask_zero=True),
        keras.layers.LSTM(4, return_sequences=True),
        keras.layers.Dense(1),
    ]
    return compiled(network(*layers, shape=(6,), dtype="int32")), arrays(WORDS, WORDS[..., None] / 10)


@program
def recurrent_wrappers():
    layers = [
        keras.layers.Bidirectional(keras.layers.GRU(2, return_sequences=True)),
        keras.layers.RNN([keras.layers.LSTMCell(3), keras.layers.SimpleRNNCell(2)]),
        keras.layers.Dense(1),
    ]
    return compiled(network(*layers, shape=(5, 3))), arrays(SERIES)


@program
def attention():
    inputs = keras.Input((5, 3))
    attended = keras.layers.MultiHeadAttention(2, 4, dropout=0.1)(inputs, inputs)
    normal = keras.layers.LayerNormalization()(inputs + attended)
    return compiled(keras.Model(inputs, keras.layers.Dense(1)(normal[:, 0]))), arrays(SERIES)


@program
def activations_of_every_kind():
    layers = [
        keras.layers.Dense(4, kp.activations.Swish(beta=1.5)),
        keras.layers.Dense(4, keras.layers.LeakyReLU()),
        keras.layers.PReLU(),
        keras.layers.Dense(4, lambda z: z * ops.sigmoid(z)),
        keras.layers.Activation("gelu"),
        keras.layers.Dense(4),
        keras.layers.Softmax(),
        keras.layers.Dense(1, "linear"),
    ]
    return compiled(network(*layers)), arrays()


@program
def penalties():
    model = network(
        keras.layers.Dense(4, "relu", kernel_regularizer="l2", activity_regularizer="l1"),
        keras.layers.ActivityRegularization(l2=0.1),
        keras.layers.Dense(1),
    )
    return compiled(model), arrays()


# The way of training


@program
def loss_that_is_a_function():
    return compiled(regression(), keras.losses.mean_absolute_error), arrays()


@program
def loss_of_ours_on_logits():
    loss = kp.losses.SparseCategoricalCrossentropy(from_logits=True, class_weight=[1.0, 2.0, 1.0])
    return classifier(loss, None), arrays(y=LABELS)


@program
def half_precision():
    keras.config.set_dtype_policy("mixed_float16")
    return regression(), arrays()


@program
def bfloat16():
    keras.config.set_dtype_policy("mixed_bfloat16")
    return regression(), arrays()


@program
def learning_rate_schedule():
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 10)
    return regression(optimizer=keras.optimizers.SGD(schedule, momentum=0.9, clipnorm=1.0)), arrays()


@program
def gradient_accumulation():
    return regression(optimizer=keras.optimizers.Adam(0.01, gradient_accumulation_steps=2)), arrays()


@program
def several_steps_at_once():
    if BACKEND == "torch":
        pytest.skip("Keras takes one step at once on Torch")
    return regression(steps_per_execution=4), arrays()


@program
def compiled_by_xla():
    if BACKEND == "torch":
        pytest.skip("takes minutes on Torch")
    return regression(jit_compile=True), arrays()


@program
def eager():
    return regression(run_eagerly=True), arrays()


@program
def one_epoch():
    return regression(), arrays(epochs=1)


@program
def no_epoch():
    return regression(), arrays(epochs=0)


@program
def late_first_epoch():
    return regression(), arrays(initial_epoch=3, epochs=5)


@program
def with_early_stopping():
    stopping = kp.callbacks.EarlyStopping(patience=1, min_delta=10.0, restore_best_weights=True)
    return regression(), arrays(epochs=5, callbacks=[stopping])


# What is broken


@program
def inputs_that_are_nan():
    return regression(), arrays(np.where(X > 2, np.nan, X))


@program
def targets_that_are_nan():
    return regression(), arrays(y=np.where(Y > 1, np.nan, Y))


@program
def weights_that_are_nan():
    model = regression()
    model.layers[0].set_weights([np.full((3, 4), np.nan), np.zeros(4)])
    return model, arrays()


@program
def weights_that_overflow():
    return regression(optimizer=keras.optimizers.SGD(1e20)), arrays()
