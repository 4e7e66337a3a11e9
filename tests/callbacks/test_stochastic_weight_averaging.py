"""StochasticWeightAveraging: the mean of which weights, and the statistics that belong to it."""

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.callbacks import StochasticWeightAveraging
from kerasparts.optimizers.schedules import StepDecay

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(2.0, 3.0, size=(20, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


class Weights(keras.callbacks.Callback):
    """Keeps the weights after each step and each epoch."""

    def __init__(self):
        super().__init__()
        self.steps, self.epochs = [], []

    def _now(self):
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()
        return [np.array(weight, "float64") for weight in self.model.get_weights()]

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(self._now())

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(self._now())


def network(*layers, optimizer=None):
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])
    model.compile(optimizer or keras.optimizers.SGD(0.05), "mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def fit(model, averaging, epochs=6, **kwargs):
    weights = Weights()
    model.fit(X, Y, **{"batch_size": 5, "epochs": epochs, "verbose": 0, **kwargs}, callbacks=[weights, averaging])
    return weights


def mean(many):
    return [np.mean(weights, axis=0) for weights in zip(*many, strict=True)]


def assert_close(weights, expected, **kwargs):
    for one, other in zip(weights, expected, strict=True):
        np.testing.assert_allclose(np.asarray(one, "float64"), other, **{"rtol": 1e-5, "atol": 1e-7, **kwargs})


@pytest.mark.parametrize(
    ("arguments", "averaged"),
    [
        (dict(start=0), slice(0, 6)),
        (dict(start=0.5), slice(3, 6)),
        (dict(start=1, frequency=2), slice(2, 6, 2)),
        (dict(start=5), slice(5, 6)),
    ],
    ids=str,
)
def test_the_weights_are_the_mean_of_those_after_the_epochs(arguments, averaged):
    model, averaging = network(), StochasticWeightAveraging(**arguments)
    weights = fit(model, averaging)
    assert_close(model.get_weights(), mean(weights.epochs[averaged]))
    assert averaging.count == len(weights.epochs[averaged])


def test_the_mean_over_steps():
    model, averaging = network(), StochasticWeightAveraging(start=1, frequency=3, unit="step")
    weights = fit(model, averaging, epochs=4)  # of 4 steps
    assert_close(model.get_weights(), mean(weights.steps[4:][2::3]))


def test_a_second_fit_averages_anew():
    model, averaging = network(), StochasticWeightAveraging(start=0)
    fit(model, averaging, epochs=2)
    weights = fit(model, averaging, epochs=2)
    assert_close(model.get_weights(), mean(weights.epochs))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_averaged_in_float32(dtype):
    keras.config.set_dtype_policy(dtype)
    model, averaging = network(), StochasticWeightAveraging(start=0)
    weights = fit(model, averaging)
    assert_close(averaging.get_state()["average"], mean(weights.epochs), rtol=1e-6)
    assert {average.dtype for average in averaging.get_state()["average"]} == {np.dtype("float32")}
    assert_close(model.get_weights(), mean(weights.epochs), rtol=4e-3, atol=1e-4)


def test_frozen_weights_stay_to_the_last_bit():
    frozen = keras.layers.Dense(2, trainable=False)
    model = network(frozen)
    before = frozen.get_weights()
    fit(model, StochasticWeightAveraging(start=0), epochs=3)
    for one, other in zip(before, frozen.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# Statistics of batch normalization


def test_the_statistics_are_those_of_the_averaged_weights_without_dropout():
    """As Keras' own averages do not have them."""
    first, second = keras.layers.BatchNormalization(), keras.layers.BatchNormalization()
    dense = keras.layers.Dense(4, use_bias=False)
    model = network(first, keras.layers.Dropout(0.5), dense, second)
    weights = fit(model, StochasticWeightAveraging(start=2), batch_size=len(X))
    averaged = dict(zip([v.path for v in model.weights], mean(weights.epochs[2:]), strict=True))

    x = X.astype("float64")
    normal = (x - x.mean(0)) / np.sqrt(x.var(0) + first.epsilon)
    h = (averaged[first.gamma.path] * normal + averaged[first.beta.path]) @ averaged[dense.kernel.path]
    expected = [x.mean(0), x.var(0), h.mean(0), h.var(0)]
    found = [v for layer in (first, second) for v in (layer.moving_mean, layer.moving_variance)]
    assert_close([keras.ops.convert_to_numpy(v) for v in found], expected, rtol=1e-3, atol=1e-5)
    assert np.abs(averaged[second.moving_variance.path] / h.var(0) - 1).max() > 0.1  # the mean would be off
    assert first.momentum == 0.99


def test_each_row_counts_alike_in_the_statistics():
    layer = keras.layers.BatchNormalization(momentum=0.5)
    fit(network(layer), StochasticWeightAveraging(start=0), epochs=1, batch_size=8)  # of 8, 8 and 4 rows
    order = np.random.default_rng(0).permutation(len(X))
    parts = [X[order[i : i + 8]].astype("float64") for i in (0, 8, 16)]
    variance = np.average([part.var(0) for part in parts], axis=0, weights=[8, 8, 4])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer.moving_mean), X.mean(0, "float64"), rtol=1e-5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer.moving_variance), variance, rtol=1e-4)


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X[10 * index : 10 * index + 10], Y[10 * index : 10 * index + 10]


def test_a_dataset_is_read_once_more():
    layer = kp.layers.GhostBatchNormalization(virtual_batch_size=5)
    model = network(layer)
    model.fit(Batches(), epochs=2, verbose=0, callbacks=[StochasticWeightAveraging(start=0)])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer.moving_mean), X.mean(0, "float64"), rtol=1e-5)


def test_frozen_normalization_keeps_its_statistics():
    layer = keras.layers.BatchNormalization(trainable=False)
    fit(network(layer), StochasticWeightAveraging(start=0), epochs=1)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer.moving_mean), 0)


def generator():
    while True:
        yield X, Y


def test_a_generator_needs_data_for_the_statistics():
    model = network(keras.layers.BatchNormalization())
    arguments = dict(epochs=1, steps_per_epoch=2, verbose=0, shuffle=False)
    with pytest.raises(ValueError, match="`training_data` must be given where `fit` reads a generator"):
        model.fit(generator(), **arguments, callbacks=[StochasticWeightAveraging(start=0)])
    model.fit(generator(), **arguments, callbacks=[StochasticWeightAveraging(start=0, training_data=(X, Y))])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model.layers[0].moving_mean), X.mean(0, "float64"), rtol=1e-5)


# Learning rate, restart, words


def test_the_rate_is_that_of_averaging_from_the_start_on():
    rates = []
    model = network(optimizer=keras.optimizers.SGD(0.05))
    log = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(float(model.optimizer.learning_rate))
    )
    averaging = StochasticWeightAveraging(start=0.5, learning_rate=0.01)
    model.fit(X, Y, epochs=4, verbose=0, callbacks=[averaging, log])
    assert rates == pytest.approx([0.05, 0.05, 0.01, 0.01])


def test_an_optimizer_that_cannot_serve_is_refused():
    scheduled = network(optimizer=keras.optimizers.SGD(StepDecay(0.1, 5)))
    with pytest.raises(ValueError, match="`learning_rate` must be None where the optimizer has a schedule"):
        fit(scheduled, StochasticWeightAveraging(learning_rate=0.1))
    averaging = network(optimizer=kp.optimizers.ScheduleFree(kp.optimizers.SGD(0.1)))
    with pytest.raises(ValueError, match="`optimizer` must be one that does not hand out other weights"):
        fit(averaging, StochasticWeightAveraging())


def test_goes_on_after_a_restart_as_if_never_stopped():
    def trained(stops):
        keras.utils.set_random_seed(1)
        model = network(keras.layers.BatchNormalization())
        averaging = StochasticWeightAveraging(start=1, frequency=2)
        if not stops:
            fit(model, averaging, epochs=5, shuffle=False)
            return model.get_weights()
        states = []
        save = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: states.append((model.get_weights(), averaging.get_state()))
        )
        arguments = dict(batch_size=5, verbose=0, shuffle=False)
        model.fit(X, Y, epochs=4, callbacks=[averaging, save], **arguments)
        weights, state = states[-1]
        model.set_weights(weights)  # those before the average
        other = StochasticWeightAveraging(start=1, frequency=2)
        other.set_state(state)
        model.fit(X, Y, epochs=5, initial_epoch=4, callbacks=[other], **arguments)
        return model.get_weights()

    for one, other in zip(trained(False), trained(True), strict=True):
        np.testing.assert_array_equal(one, other)


def test_says_what_it_did(capsys):
    fit(network(), StochasticWeightAveraging(start=0, verbose=1), epochs=2)
    assert capsys.readouterr().out == "The weights are the mean of 2, one for each epoch.\n"
    fit(network(), StochasticWeightAveraging(start=0, frequency=2, unit="step", verbose=1), epochs=1)
    assert capsys.readouterr().out == "The weights are the mean of 2, one for every 2 steps.\n"


def test_a_start_that_was_never_reached_is_warned_about():
    with pytest.warns(UserWarning, match=r"did nothing: `start`=3 .* after epoch 2"):
        fit(network(), StochasticWeightAveraging(start=3), epochs=2)
