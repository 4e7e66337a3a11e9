"""Sequential: pure fits, by `fit`."""

import dataclasses

import keras
import numpy as np
import pytest

import kerasparts
from kerasparts import backend
from kerasparts.model_selection.engines import Sequential
from kerasparts.model_selection.engines.prepare import prepared_model
from kerasparts.model_selection.engines.run import run_fits
from tests.model_selection import small


class FirstStep(keras.callbacks.Callback):
    """Notes how many steps the optimizer has made before the first."""

    seen: list = []  # noqa: RUF012  # of all fits

    def on_train_begin(self, logs=None):
        self.seen.append(int(self.model.optimizer.iterations))


@pytest.fixture(scope="module")
def repeated():
    """The outcomes of two tasks and of the first again, and the steps that the optimizers came with."""
    FirstStep.seen.clear()
    first, second = small.tasks(2)
    plan = small.plan(callbacks=lambda: [FirstStep()], batch_size=16)  # the last batch is smaller
    return list(Sequential().run(plan, [first, second, dataclasses.replace(first, name="again")])), FirstStep.seen


def test_the_same_task_gives_the_same_bits(repeated):
    (first, second, again), _ = repeated
    assert first.history == again.history
    assert first.scores == again.scores
    np.testing.assert_array_equal(first.predictions, again.predictions)
    for a, b in zip(first.weights, again.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.predictions, second.predictions)


def test_the_optimizer_starts_at_its_first_step(repeated):
    assert repeated[1] == [0, 0, 0]


def test_it_is_what_fit_gives_by_hand(repeated):
    (outcome, *_), _ = repeated
    task = small.tasks(1)[0]
    keras.utils.set_random_seed(task.seed)
    model = small.build_model()
    model.layers[0].adapt(small.X[task.rows])
    losses = []
    for epoch in range(2):
        order = np.random.default_rng([task.seed, epoch]).permutation(task.rows)
        losses += model.fit(small.X[order], small.Y[order], batch_size=16, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(outcome.history["loss"], losses, rtol=1e-6)
    np.testing.assert_array_equal(outcome.predictions, model.predict(small.X[30:], verbose=0))
    loss, accuracy = model.evaluate(small.X[30:], small.Y[30:], verbose=0)
    assert outcome.scores == pytest.approx({"loss": loss, "accuracy": accuracy}, rel=1e-5)
    for ours, theirs in zip(outcome.weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def draws():
    keras_draws = [keras.random.uniform((2,)), keras.initializers.GlorotUniform()((2, 2))]
    return np.random.random(), [keras.ops.convert_to_numpy(x).tolist() for x in keras_draws]  # noqa: NPY002


def test_an_experiment_leaves_the_random_numbers_as_they_were():
    keras.utils.set_random_seed(3)
    draws()
    expected = draws()
    keras.utils.set_random_seed(3)
    draws()
    run_fits(small.plan(), small.tasks(1), "sequential", verbose=0)
    assert draws() == expected


@pytest.fixture
def prepared():
    def prepare(build_model, **changes):
        with backend.kept_random_numbers():
            return prepared_model(small.plan(build_model=build_model), small.tasks(1, **changes)[0])

    return prepare


def compiled(*layers):
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


def test_a_model_that_comes_a_second_time_is_refused(prepared):
    model = compiled()

    def compiled_anew():
        model.compile("adam", "mse")
        return model

    prepared(compiled_anew)
    with pytest.raises(ValueError, match=r"`build_model` must be a function that builds a new model .* at every call"):
        prepared(compiled_anew)


@pytest.mark.parametrize("make", [lambda: keras.layers.Dense(3), lambda: keras.layers.Dropout(0.5)])
def test_a_layer_that_a_fit_would_hand_to_the_next_is_refused(prepared, make):
    layer = make()
    prepared(lambda: compiled(layer))
    with pytest.raises(ValueError, match=f"trained {layer.name}"):
        prepared(lambda: compiled(layer))


def test_a_frozen_layer_may_be_shared(prepared):
    layer = keras.layers.Dense(3, trainable=False)
    assert prepared(lambda: compiled(layer)) is not prepared(lambda: compiled(layer))


@pytest.mark.parametrize("has_input", [True, False])
def test_scalers_are_adapted_to_the_training_rows_only(prepared, has_input):
    def build_model():
        scalers = [keras.layers.Normalization(), kerasparts.layers.RobustScaling()]
        model = keras.Sequential([keras.Input((3,))] * has_input + [*scalers, keras.layers.Dense(2)])
        model.compile("sgd", "mse")
        return model

    rows = np.array([0, 3, 3, 7, 9, 20])
    normalization, robust, _ = prepared(build_model, rows=rows).layers
    x = small.X[rows]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    np.testing.assert_allclose(np.ravel(keras.ops.convert_to_numpy(normalization.mean)), x.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(np.ravel(keras.ops.convert_to_numpy(normalization.variance)), x.var(axis=0), rtol=1e-4)
    lower, median, upper = np.quantile(z, [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_allclose(np.ravel(keras.ops.convert_to_numpy(robust.median)), median, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.ravel(keras.ops.convert_to_numpy(robust.iqr)), upper - lower, rtol=1e-4)


def test_a_scaler_behind_another_layer_is_adapted_to_what_comes_out_of_it(prepared):
    model = prepared(lambda: compiled(keras.layers.Dense(5, "relu"), keras.layers.Normalization()), rows=np.arange(7))
    kernel, bias = model.layers[0].get_weights()
    hidden = np.maximum(small.X[:7] @ kernel + bias, 0)
    mean = keras.ops.convert_to_numpy(model.layers[1].mean)
    np.testing.assert_allclose(np.ravel(mean), hidden.mean(axis=0), rtol=1e-4, atol=1e-6)


def test_an_error_says_which_fit_it_was_in():
    def fails():
        raise LookupError("no such model")

    with pytest.raises(LookupError, match="no such model") as caught:
        run_fits(small.plan(build_model=fails), small.tasks(1), "sequential", verbose=0)
    assert caught.value.__notes__ == ["This was the fit 'fit-0'."]
