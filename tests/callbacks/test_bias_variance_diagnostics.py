"""BiasVarianceDiagnostics: what it measures, on which data, of which models, and its verdicts."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import kerasparts as kp

BACKEND = keras.backend.backend()
ROWS, CLASSES = 64, 4  # as many for training as for validation: fewer forms to compile
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(ROWS, 3)).astype("float32")
X_DEV = RANDOM.normal(size=(ROWS, 3)).astype("float32")
CLOSE = {"rtol": 1e-4, "atol": 1e-6}  # float32; the sums run over pieces instead of the whole


def target(x):
    return (x[:, :1] - x[:, 1:2] ** 2).astype("float32")


def labels(x):
    return np.arange(len(x)) % CLASSES


Y, Y_DEV = target(X), target(X_DEV)


def regression(**kwargs):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), "mse", **kwargs)
    return model


def answers(model, x):
    """In inference mode, without compiling anything."""
    return keras.tree.map_structure(ops.convert_to_numpy, model(x, training=False))


def squared(model, x, y):
    return float(np.mean((answers(model, x).astype("float64") - y) ** 2))


def fit(model, x=X, y=Y, epochs=1, callbacks=(), **kwargs):
    """Fits with a gauge before other callbacks; returns the gauge and the history."""
    arguments = {"validation_data": (X_DEV, Y_DEV), "batch_size": 16, **kwargs}
    gauge = arguments.pop("gauge", None) or kp.callbacks.BiasVarianceDiagnostics()
    history = model.fit(x, y, epochs=epochs, callbacks=[gauge, *callbacks], verbose=0, **arguments)
    return gauge, history.history


def measure(model, x, y, x_dev, y_dev, epochs=1, class_weight=None, **kwargs):
    """Fits with a gauge that has its own validation data: nothing to compile for `fit` to validate with."""
    gauge = kp.callbacks.BiasVarianceDiagnostics(validation_data=(x_dev, y_dev), **kwargs)
    arguments = {"epochs": epochs, "batch_size": 32, "class_weight": class_weight}
    return gauge, model.fit(x, y, callbacks=[gauge], verbose=0, **arguments).history


# The numbers


def test_the_data_loss_has_no_penalty_no_dropout_and_uses_moving_statistics():
    """A penalty of 1e6 in the total would leave one digit of a loss of about 1 in float32."""
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, "tanh", kernel_regularizer=keras.regularizers.L2(1e6)),
            keras.layers.BatchNormalization(momentum=0.5),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1, activity_regularizer=keras.regularizers.L2(10.0)),
        ]
    )
    model.compile(keras.optimizers.SGD(1e-9), "mse")
    _, history = fit(model, epochs=2)
    np.testing.assert_allclose(history["data_loss"][-1], squared(model, X, Y), **CLOSE)
    np.testing.assert_allclose(history["val_data_loss"][-1], squared(model, X_DEV, Y_DEV), **CLOSE)
    assert history["generalization_gap"][-1] == history["val_data_loss"][-1] - history["data_loss"][-1]
    assert min(history["loss"][-1], history["val_loss"][-1]) > 1e5


def test_every_epoch_is_measured_with_the_weights_of_its_end():
    model = regression()
    expected = []
    by_hand = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: expected.append(squared(model, X, Y)))
    gauge, history = fit(model, epochs=3, callbacks=[by_hand])
    np.testing.assert_allclose(history["data_loss"], expected, **CLOSE)
    assert gauge.diagnosis.curves.epochs == (1, 2, 3)
    assert gauge.diagnosis.curves.train == tuple(history["data_loss"])
    assert gauge.diagnosis.curves.validation == tuple(history["val_data_loss"])


def test_the_state_of_the_training_is_the_same_before_and_after_a_measurement():
    """Weights, moving statistics, seeds, metrics and optimizer, bit for bit."""
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    )
    model.compile("adam", "mse", metrics=["mae"])
    states = []

    class Look(keras.callbacks.Callback):
        def look(self, *_, **__):
            variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
            states.append([np.array(v.numpy()) for v in variables])

        on_train_begin = on_epoch_end = look

    gauge = kp.callbacks.BiasVarianceDiagnostics()
    callbacks = [Look(), gauge, Look()]
    model.fit(X, Y, validation_data=(X_DEV, Y_DEV), epochs=2, callbacks=callbacks, verbose=0)
    assert len(states) == 6
    for before, after in zip(states[::2], states[1::2], strict=True):
        for one, other in zip(before, after, strict=True):
            np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(states[0], states[-1], strict=True))


def test_a_later_callback_can_stop_on_what_is_measured():
    stopping = kp.callbacks.EarlyStopping("val_data_loss", patience=2, min_delta=1e9)
    _, history = fit(regression(), epochs=9, callbacks=[stopping])
    assert stopping.best == history["val_data_loss"][0]
    assert stopping.stopped_epoch == len(history["val_data_loss"]) == 3


def test_a_sample_is_measured_where_there_are_more_rows():
    gauge = kp.callbacks.BiasVarianceDiagnostics(sample_size=10, seed=3)
    model = regression()
    _, history = fit(model, gauge=gauge)
    error = (answers(model, X) - Y) ** 2
    chosen = np.random.default_rng(3).permutation(ROWS)[:10]
    np.testing.assert_allclose(history["data_loss"][-1], error[chosen].mean(), **CLOSE)


def test_sorted_validation_data_are_no_noisier_than_shuffled_ones():
    """The standard error of 32 pieces scatters by 1 / sqrt(2 * 31) = 13 %; unshuffled it would be 3 times too large."""
    x = np.random.default_rng(1).normal(size=(320, 3)).astype("float32")
    y = np.repeat([0.0, 3.0], 160)[:, None].astype("float32")
    model = regression()
    model.optimizer.learning_rate.assign(0.0)  # the errors stay as different as the targets
    gauge, _ = fit(model, x, y, validation_data=(x, y))
    error = (answers(model, x) - y) ** 2
    expected = error.std() / math.sqrt(320)
    curves = gauge.diagnosis.curves
    for measured in (curves.train_standard_error[0], curves.validation_standard_error[0]):
        assert expected / 1.6 < measured < expected * 1.6


def test_a_sum_over_the_batch_is_taken_by_the_row():
    """Otherwise a piece of 2 rows would be compared with one of 1."""
    model = regression()
    model.compile(keras.optimizers.SGD(1e-3), keras.losses.MeanSquaredError(reduction="sum"))
    gauge, history = fit(model)
    np.testing.assert_allclose(history["data_loss"][-1], squared(model, X, Y), **CLOSE)
    np.testing.assert_allclose(history["val_data_loss"][-1], squared(model, X_DEV, Y_DEV), **CLOSE)
    np.testing.assert_allclose(gauge.diagnosis.trivial_error, np.var(Y, dtype="float64"), **CLOSE)


# The data


class Pieces(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    @property
    def num_batches(self):
        return len(self.x) // 8

    def __getitem__(self, index):
        rows = slice(8 * index, 8 * index + 8)
        return self.x[rows], self.y[rows]


def dataset(*arrays):
    return tf.data.Dataset.from_tensor_slices(arrays).batch(16)


def loader(x, y):
    import torch

    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*map(torch.tensor, (x, y))), batch_size=16)


FORMS = {
    "arrays": lambda: dict(x=X, y=Y, validation_data=(X_DEV, Y_DEV)),
    "float64": lambda: dict(x=X.astype("float64"), y=Y.astype("float64"), validation_data=[X_DEV, Y_DEV]),
    "tensors": lambda: dict(
        x=ops.convert_to_tensor(X), y=ops.convert_to_tensor(Y), validation_data=(ops.convert_to_tensor(X_DEV), Y_DEV)
    ),
    "tf.data": lambda: dict(x=dataset(X, Y), validation_data=dataset(X_DEV, Y_DEV), shuffle=False),
    "endless tf.data": lambda: dict(
        x=dataset(X, Y).repeat(),
        steps_per_epoch=4,
        validation_data=dataset(X_DEV, Y_DEV).repeat(),
        validation_steps=4,
        shuffle=False,
    ),
    "PyDataset": lambda: dict(x=Pieces(X, Y), validation_data=Pieces(X_DEV, Y_DEV)),
    "arrays and tf.data": lambda: dict(x=X, y=Y, validation_data=dataset(X_DEV, Y_DEV)),
    "DataLoader": lambda: dict(x=loader(X, Y), validation_data=loader(X_DEV, Y_DEV), shuffle=False),
}


@pytest.fixture(scope="module")
def shared():
    return regression()


@pytest.mark.parametrize("form", FORMS)
def test_data_in_every_form_that_fit_takes(form, shared):
    if form == "DataLoader" and BACKEND != "torch":
        pytest.skip("the form of Torch")
    gauge = kp.callbacks.BiasVarianceDiagnostics()
    history = shared.fit(**FORMS[form](), callbacks=[gauge], verbose=0).history
    np.testing.assert_allclose(history["data_loss"][-1], squared(shared, X, Y), **CLOSE)
    np.testing.assert_allclose(history["val_data_loss"][-1], squared(shared, X_DEV, Y_DEV), **CLOSE)
    curves = gauge.diagnosis.curves
    assert math.isfinite(curves.train_standard_error[0] + curves.validation_standard_error[0])


def test_validation_split_takes_its_rows_from_the_training_data(shared):
    _, history = fit(shared, validation_data=None, validation_split=0.25)
    np.testing.assert_allclose(history["data_loss"][-1], squared(shared, X[:48], Y[:48]), **CLOSE)
    np.testing.assert_allclose(history["val_data_loss"][-1], squared(shared, X[48:], Y[48:]), **CLOSE)


def test_inputs_may_be_a_dict():
    inputs = {"a": keras.Input((3,), name="a"), "b": keras.Input((3,), name="b")}
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs["a"] * inputs["b"]))
    model.compile("sgd", "mse")
    x, x_dev = {"a": X, "b": 2 * X}, {"a": X_DEV, "b": 2 * X_DEV}
    _, history = fit(model, x, Y, validation_data=(x_dev, Y_DEV))
    np.testing.assert_allclose(history["data_loss"][-1], squared(model, x, Y), **CLOSE)
    _, history = fit(model, dataset(x, Y), None, validation_data=dataset(x_dev, Y_DEV), batch_size=None, shuffle=False)
    np.testing.assert_allclose(history["val_data_loss"][-1], squared(model, x_dev, Y_DEV), **CLOSE)


def batches_of(x, y):
    while True:
        yield from ((x[i : i + 16], y[i : i + 16]) for i in range(0, len(x), 16))


def test_a_generator_is_refused(shared):
    with pytest.raises(ValueError, match="`training_data` must be readable more than once, not a generator"):
        fit(shared, batches_of(X, Y), None, steps_per_epoch=4, batch_size=None, shuffle=False)
    with pytest.raises(ValueError, match="`validation_data` must be readable more than once, not a generator"):
        fit(shared, validation_data=batches_of(X_DEV, Y_DEV), validation_steps=2)


def test_with_data_of_its_own_a_generator_is_welcome(shared):
    gauge = kp.callbacks.BiasVarianceDiagnostics(
        training_data=dataset(X, Y), validation_data=dataset(X_DEV, Y_DEV), sample_size=1000
    )
    _, history = fit(
        shared,
        batches_of(X, Y),
        None,
        gauge=gauge,
        validation_data=batches_of(X_DEV, Y_DEV),
        validation_steps=1,
        steps_per_epoch=1,  # of `fit`: the data of the gauge are read whole
        batch_size=None,
        shuffle=False,
    )
    np.testing.assert_allclose(history["data_loss"][-1], squared(shared, X, Y), **CLOSE)
    np.testing.assert_allclose(history["val_data_loss"][-1], squared(shared, X_DEV, Y_DEV), **CLOSE)


def test_its_own_data_go_before_those_of_fit(shared):
    gauge = kp.callbacks.BiasVarianceDiagnostics(training_data=(X_DEV, Y_DEV), validation_data=(X, Y))
    _, history = fit(shared, gauge=gauge)
    np.testing.assert_allclose(history["data_loss"][-1], squared(shared, X_DEV, Y_DEV), **CLOSE)
    np.testing.assert_allclose(history["val_data_loss"][-1], squared(shared, X, Y), **CLOSE)


def test_no_validation_data_are_an_error(shared):
    expected = "`validation_data` must be given to fit, or to BiasVarianceDiagnostics. Received: validation_data=None"
    with pytest.raises(ValueError, match=f"^{expected}$"):
        fit(shared, validation_data=None)


def test_empty_validation_data_are_an_error(shared):
    with pytest.raises(ValueError, match="`validation_data` must be of at least one batch"):
        fit(shared, validation_data=dataset(X_DEV, Y_DEV).take(0))


def test_in_a_loop_of_ones_own_the_data_must_be_given(shared):
    gauge = kp.callbacks.BiasVarianceDiagnostics(validation_data=(X_DEV, Y_DEV))
    callbacks = keras.callbacks.CallbackList([gauge], model=shared)
    with pytest.raises(ValueError, match="`training_data` must be given where fit is not that of Keras"):
        callbacks.on_train_begin()


def test_sample_weights_count_if_both_sides_have_them(shared):
    weight, weight_dev = np.arange(ROWS) / ROWS, np.arange(ROWS) / ROWS
    _, history = fit(shared, sample_weight=weight, validation_data=(X_DEV, Y_DEV, weight_dev))
    expected = np.mean(weight * (answers(shared, X) - Y)[:, 0] ** 2)
    np.testing.assert_allclose(history["data_loss"][-1], expected, **CLOSE)
    expected = np.mean(weight_dev * (answers(shared, X_DEV) - Y_DEV)[:, 0] ** 2)
    np.testing.assert_allclose(history["val_data_loss"][-1], expected, **CLOSE)


@pytest.mark.parametrize("side", ["training", "validation"])
def test_sample_weights_on_one_side_are_left_out(shared, side):
    weights = {"sample_weight": np.arange(ROWS) / ROWS} if side == "training" else {}
    validation = (X_DEV, Y_DEV) if side == "training" else (X_DEV, Y_DEV, np.zeros(ROWS))
    _, history = fit(shared, validation_data=validation, **weights)
    np.testing.assert_allclose(history["data_loss"][-1], squared(shared, X, Y), **CLOSE)
    np.testing.assert_allclose(history["val_data_loss"][-1], squared(shared, X_DEV, Y_DEV), **CLOSE)


# The models


def layers(units, activation=None):
    return [keras.layers.Dense(4, "tanh"), keras.layers.Dropout(0.5), keras.layers.Dense(units, activation)]


def functional(units, activation=None):
    x = inputs = keras.Input((3,))
    for layer in layers(units, activation):
        x = layer(x)
    return keras.Model(inputs, x)


class Subclassed(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.parts = layers(units)

    def call(self, x, training=False):
        for part in self.parts:
            x = part(x, training=training) if isinstance(part, keras.layers.Dropout) else part(x)
        return x


def pixels(units):
    return keras.Sequential([keras.Input((3,)), keras.layers.RepeatVector(2), keras.layers.Dense(units)])


def log_softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def sparse(y, z):
    return -np.take_along_axis(log_softmax(z), np.asarray(y, int).reshape(*z.shape[:-1], 1), axis=-1).mean()


def binary(y, p):
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def halves(x):
    return (np.arange(len(x)) % 2).astype("float32")[:, None]


def scale(y):
    return np.var(y, dtype="float64")


def spread(y):
    return np.mean(np.abs(y - np.median(y)))


LOSSES = keras.losses
MODELS = {
    "Sequential without an input": (
        lambda: keras.Sequential(layers(1)),
        target,
        "mse",
        lambda y, z: ((y - z) ** 2).mean(),
        scale,
    ),
    "functional": (lambda: functional(1), target, "mse", lambda y, z: ((y - z) ** 2).mean(), scale),
    "subclassed": (lambda: Subclassed(1), target, "mse", lambda y, z: ((y - z) ** 2).mean(), scale),
    "absolute errors": (lambda: functional(1), target, "mae", lambda y, z: np.abs(y - z).mean(), spread),
    "targets without a column": (
        lambda: functional(1),
        lambda x: target(x)[:, 0],
        "mse",
        lambda y, z: ((y - z[:, 0]) ** 2).mean(),
        scale,
    ),
    "sigmoid": (lambda: functional(1, "sigmoid"), halves, "binary_crossentropy", binary, math.log(2)),
    "binary logits": (
        lambda: functional(1),
        halves,
        LOSSES.BinaryCrossentropy(from_logits=True),
        lambda y, z: binary(y, sigmoid(z)),
        math.log(2),
    ),
    "boolean targets": (
        lambda: functional(1, "sigmoid"),
        lambda x: halves(x) > 0,
        "binary_crossentropy",
        binary,
        math.log(2),
    ),
    "one-hot softmax": (
        lambda: functional(CLASSES, "softmax"),
        lambda x: np.eye(CLASSES, dtype="float32")[labels(x)],
        "categorical_crossentropy",
        lambda y, p: -(y * np.log(p)).sum(axis=-1).mean(),
        math.log(CLASSES),
    ),
    "sparse logits": (
        lambda: functional(CLASSES),
        labels,
        LOSSES.SparseCategoricalCrossentropy(from_logits=True),
        sparse,
        math.log(CLASSES),
    ),
    "a list of one loss": (
        lambda: functional(CLASSES),
        lambda x: labels(x)[:, None],
        [LOSSES.SparseCategoricalCrossentropy(from_logits=True)],
        sparse,
        math.log(CLASSES),
    ),
    "a loss of ours": (
        lambda: functional(CLASSES),
        labels,
        kp.losses.SparseCategoricalCrossentropy(from_logits=True),
        sparse,
        math.log(CLASSES),
    ),
    "labels of pixels": (
        lambda: pixels(CLASSES),
        lambda x: np.stack([labels(x), labels(x)[::-1]], axis=1),
        LOSSES.SparseCategoricalCrossentropy(from_logits=True),
        sparse,
        math.log(CLASSES),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_model_and_its_trivial_error(name):
    build, targets, loss, by_hand, trivial = MODELS[name]
    model, y, y_dev = build(), targets(X), targets(X_DEV)
    model.compile(keras.optimizers.SGD(0.05), loss)
    gauge, history = measure(model, X, y, X_DEV, y_dev)
    for key, x, true in (("data_loss", X, y), ("val_data_loss", X_DEV, y_dev)):
        expected = by_hand(true, answers(model, x).astype("float64"))
        np.testing.assert_allclose(history[key][-1], expected, **CLOSE)
    expected = trivial(y) if callable(trivial) else trivial
    np.testing.assert_allclose(gauge.diagnosis.trivial_error, expected, **CLOSE)


def test_a_model_without_an_input_shape_trains_as_without_the_gauge():
    """On TensorFlow the gauge is what builds it."""
    weights = []
    for callbacks in ([], [kp.callbacks.BiasVarianceDiagnostics()]):
        keras.utils.set_random_seed(1)
        model = Subclassed(1)
        model.compile("adam", "mse")
        model.fit(X, Y, validation_data=(X_DEV, Y_DEV), epochs=2, callbacks=callbacks, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_two_outputs_are_measured_by_their_total_loss():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)])
    model.compile(keras.optimizers.SGD(0.05), ["mse", "mae"])
    before = [p.copy() for p in answers(model, X)]
    gauge, history = measure(model, X, [Y, Y], X_DEV, [Y_DEV, Y_DEV])

    def by_hand(one, two):
        return np.mean((one - Y) ** 2) + np.mean(np.abs(two - Y))

    np.testing.assert_allclose(history["data_loss"][-1], by_hand(*answers(model, X)), **CLOSE)
    np.testing.assert_allclose(gauge.diagnosis.trivial_error, by_hand(*before), **CLOSE)  # the error before the fit


def test_two_outputs_have_no_error_rate():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)])
    model.compile("sgd", ["mse", "mae"])
    with pytest.raises(ValueError, match="`error` must be 'loss' for a model with several outputs"):
        fit(
            model,
            X,
            [Y, Y],
            validation_data=(X_DEV, [Y_DEV, Y_DEV]),
            gauge=kp.callbacks.BiasVarianceDiagnostics(error="error_rate"),
        )


def test_a_sum_beside_a_mean_is_refused():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)])
    model.compile("sgd", [keras.losses.MeanSquaredError(reduction="sum"), "mae"])
    with pytest.raises(ValueError, match="`loss` must be a sum over the batch in all outputs or in none"):
        fit(model, X, [Y, Y], validation_data=(X_DEV, [Y_DEV, Y_DEV]))


def test_where_a_constant_prediction_is_unknown_the_error_before_the_fit_is_the_scale():
    """Two outputs a row for one target that is no label: mean and log variance."""

    def likelihood(y, z):
        return ops.mean(ops.square(y - z[:, :1]) * ops.exp(-z[:, 1:]) + z[:, 1:] + 5.0, axis=-1)

    model = functional(2)
    model.compile(keras.optimizers.SGD(0.01), likelihood)
    before = float(ops.mean(likelihood(ops.convert_to_tensor(Y), ops.convert_to_tensor(answers(model, X)))))
    gauge, _ = fit(model)
    np.testing.assert_allclose(gauge.diagnosis.trivial_error, before, **CLOSE)


def test_labels_that_the_loss_ignores_do_not_count():
    y, y_dev = (np.where(np.arange(len(x)) % 3 == 0, -1, labels(x)) for x in (X, X_DEV))
    model = functional(CLASSES)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1))
    gauge, history = measure(model, X, y, X_DEV, y_dev)
    share = np.bincount(y[y >= 0], minlength=CLASSES) / (y >= 0).sum()
    np.testing.assert_allclose(gauge.diagnosis.trivial_error, -(share * np.log(share)).sum(), **CLOSE)
    assert np.isfinite(history["val_data_loss"]).all()


def test_a_trivial_error_that_is_no_scale_must_be_given(shared):
    y, y_dev = np.zeros_like(Y), np.zeros_like(Y_DEV)
    with pytest.raises(ValueError, match="`trivial_error` must be given for this loss, finite and above the target"):
        fit(shared, X, y, validation_data=(X_DEV, y_dev))
    gauge = kp.callbacks.BiasVarianceDiagnostics(trivial_error=2.0)
    fit(shared, X, y, validation_data=(X_DEV, y_dev), gauge=gauge)
    assert gauge.diagnosis.trivial_error == 2.0


@pytest.mark.parametrize(
    "arguments", [dict(run_eagerly=True), pytest.param(dict(jit_compile=True), marks=pytest.mark.slow)], ids=str
)
def test_however_the_model_is_compiled(arguments):
    if BACKEND == "torch" and "jit_compile" in arguments:
        pytest.skip("torch.compile needs a C++ compiler and minutes")
    model = regression(**arguments)
    _, history = fit(model)
    np.testing.assert_allclose(history["data_loss"][-1], squared(model, X, Y), **CLOSE)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("error", ["loss", "error_rate"])
def test_mixed_precision(policy, error):
    """Against the answers of the same half-precision model; programs round (eps 8e-3 in bfloat16) in another order."""
    keras.config.set_dtype_policy(policy)
    model = functional(CLASSES)
    model.compile(keras.optimizers.SGD(0.05), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    gauge, history = measure(model, X, labels(X), X_DEV, labels(X_DEV), error=error)
    z = answers(model, X).astype("float64")
    np.testing.assert_allclose(history["data_loss"][-1], sparse(labels(X), z), rtol=2e-2)
    np.testing.assert_allclose(gauge._trivial, math.log(CLASSES) if error == "loss" else 0.75, rtol=2e-2)


# The error rate


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "y", "loss", "answer"),
    [
        (
            lambda: functional(3),
            lambda x: labels(x) % 3,
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            "class",
        ),
        (lambda: functional(3, "softmax"), lambda x: np.eye(3)[labels(x) % 3], "categorical_crossentropy", "one-hot"),
        (lambda: functional(1, "sigmoid"), lambda x: (labels(x) == 0)[:, None], "binary_crossentropy", 0.5),
        (lambda: functional(1), lambda x: labels(x) == 0, keras.losses.BinaryCrossentropy(from_logits=True), 0.0),
        (lambda: functional(1), lambda x: labels(x) == 0, [keras.losses.BinaryCrossentropy(from_logits=True)], 0.0),
    ],
    ids=["sparse logits", "one-hot softmax", "sigmoid", "binary logits", "a list of one loss"],
)
def test_the_error_rate_is_the_share_of_wrong_answers(build, y, loss, answer):
    model, true, true_dev = build(), y(X).astype("float32"), y(X_DEV).astype("float32")
    model.compile(keras.optimizers.SGD(0.05), loss)
    gauge, history = measure(model, X, true, X_DEV, true_dev, error="error_rate")
    for key, x, wanted in (("error_rate", X, true), ("val_error_rate", X_DEV, true_dev)):
        z = answers(model, x)
        if isinstance(answer, str):
            wrong = z.argmax(axis=-1) != (wanted.argmax(axis=-1) if answer == "one-hot" else wanted)
        else:
            wrong = (z > answer)[:, 0] != wanted.reshape(-1)
        assert history[key][-1] == pytest.approx(wrong.mean())
    counts = np.bincount(true.argmax(axis=-1) if answer == "one-hot" else true.reshape(-1).astype(int))
    assert gauge.diagnosis.trivial_error == pytest.approx(1 - counts.max() / ROWS)
    assert gauge.diagnosis.error == "error_rate"


def test_class_weights_of_fit_are_left_out():
    model = functional(CLASSES)
    model.compile(keras.optimizers.SGD(0.05), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    weights = {0: 100.0, 1: 1.0, 2: 1.0, 3: 1.0}
    _, history = measure(model, X, labels(X), X_DEV, labels(X_DEV), class_weight=weights)
    np.testing.assert_allclose(history["data_loss"][-1], sparse(labels(X), answers(model, X)), **CLOSE)
    assert history["loss"][-1] > 5 * history["data_loss"][-1]


# The verdicts


def verdict(*arguments, **kwargs):
    gauge, _ = measure(*arguments, **kwargs)
    return gauge.diagnosis.verdict


@pytest.mark.slow
def test_a_large_model_that_learns_noise_by_heart_has_high_variance():
    random = np.random.default_rng(0)
    x, x_dev = random.normal(size=(96, 20)), random.normal(size=(320, 20))
    y, y_dev = random.integers(2, size=(96, 1)), random.integers(2, size=(320, 1))
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(256, "relu"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
    assert verdict(model, x, y, x_dev, y_dev, epochs=15) == "high variance"


@pytest.mark.parametrize("error", ["loss", "error_rate"])
def test_a_linear_model_of_an_exclusive_or_has_high_bias(error):
    random = np.random.default_rng(0)
    x = random.normal(size=(768, 2)).astype("float32")
    y = ((x[:, 0] > 0) ^ (x[:, 1] > 0)).astype("float32")[:, None]
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    assert verdict(model, x[:384], y[:384], x[384:], y[384:], epochs=6, error=error) == "high bias"


def test_a_model_of_the_right_form_with_enough_data_is_a_good_fit():
    random = np.random.default_rng(0)
    x = random.normal(size=(512, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    assert verdict(model, x[:256], y[:256], x[256:], y[256:], epochs=10) == "good fit"


def test_two_epochs_are_too_early(shared):
    gauge, _ = fit(shared, epochs=2)
    assert gauge.diagnosis.verdict == "too early to say"


def test_before_the_first_epoch_there_is_no_diagnosis():
    assert kp.callbacks.BiasVarianceDiagnostics().diagnosis is None


def test_a_second_fit_starts_anew(shared):
    gauge = kp.callbacks.BiasVarianceDiagnostics()
    fit(shared, epochs=3, gauge=gauge)
    first = gauge.diagnosis
    fit(shared, X, 10 * Y, epochs=2, gauge=gauge)
    assert gauge.diagnosis.curves.epochs == (1, 2)
    assert len(first.curves.epochs) == 3
    np.testing.assert_allclose(gauge.diagnosis.trivial_error, 100 * first.trivial_error, rtol=1e-5)


def test_the_verdict_is_printed_at_the_end_where_asked(shared, capsys):
    gauge = kp.callbacks.BiasVarianceDiagnostics(verbose=1)
    fit(shared, gauge=gauge)
    assert capsys.readouterr().out == f"{gauge.diagnosis}\n"


def test_given_numbers_reach_the_diagnosis(shared):
    gauge = kp.callbacks.BiasVarianceDiagnostics(
        target_error=0.5, trivial_error=4.5, tolerance=0.25, confidence=0.9, min_epochs=3
    )
    fit(shared, epochs=3, gauge=gauge)
    diagnosis = gauge.diagnosis
    assert (diagnosis.target_error, diagnosis.trivial_error, diagnosis.threshold) == (0.5, 4.5, 1.0)
    assert diagnosis.confidence == 0.9
    assert "of at least" not in diagnosis.reason


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("target_error", math.nan),
        ("error", "accuracy"),
        ("trivial_error", math.inf),
        ("trivial_error", 0.0),
        ("tolerance", 1.0),
        ("confidence", 0.5),
        ("min_epochs", 2),
        ("sample_size", 1),
        ("seed", -1),
        ("verbose", 2),
    ],
)
def test_bad_arguments_are_named(argument, value):
    with pytest.raises(ValueError, match=f"^`{argument}` must be"):
        kp.callbacks.BiasVarianceDiagnostics(**{argument: value})
