"""Annealed: what counts as a step."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasparts as kp
from kerasparts import backend

R = kp.regularizers
X, Y = np.zeros((32, 3), "float32"), np.zeros((32, 2), "float32")
RISE = keras.optimizers.schedules.PolynomialDecay(0.0, decay_steps=10, end_learning_rate=1.0)


def model_with(penalty, optimizer=None, **dense):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, use_bias=False, kernel_regularizer=penalty, **dense)])
    model.compile(optimizer or keras.optimizers.SGD(0.1), "mse")
    return model


def kernel(model):
    return ops.convert_to_numpy(model.layers[0].kernel)


def shrinkage(first, last):
    """What the penalty alone, 0.5 * w**2 at full price, leaves of a weight after steps first to last - 1."""
    return np.prod([1 - 0.1 * min(step / 10, 1.0) for step in range(first, last)])


def test_the_price_follows_the_schedule_step_by_step():
    penalty = R.Annealed(R.L2(0.5), RISE)
    model = model_with(penalty)
    start = kernel(model)
    for epoch in range(3):  # 4 steps an epoch
        model.fit(X, Y, batch_size=8, epochs=1, verbose=0)
        assert penalty.step == 4 * (epoch + 1) == model.optimizer.iterations
        np.testing.assert_allclose(kernel(model), start * shrinkage(0, 4 * (epoch + 1)), rtol=1e-5)


def test_the_price_in_keras_cannot_change():
    with pytest.raises((TypeError, ValueError)):
        keras.regularizers.L2(RISE)


def test_evaluation_and_looking_do_not_count():
    penalty = R.Annealed(R.L2(0.5), RISE)
    model = model_with(penalty)
    model.fit(X, Y, batch_size=8, epochs=1, validation_data=(X, Y), verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    R.penalty_by_layer(model)
    backend.model_value_and_gradients(model)(X, Y)
    assert penalty.step == 4


def test_evaluation_is_at_the_price_of_the_step():
    model = model_with(R.Annealed(R.L2(0.5), RISE))
    model.fit(X, Y, batch_size=8, epochs=1, verbose=0)
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(0.4 * 0.5 * (kernel(model) ** 2).sum(), rel=1e-5)


def test_save_and_load_goes_on_at_the_step(tmp_path):
    model = model_with(R.Annealed(R.L2(0.5), RISE))
    start = kernel(model)
    model.fit(X, Y, batch_size=8, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].kernel_regularizer.step == 4
    loaded.fit(X, Y, batch_size=8, epochs=2, verbose=0)
    np.testing.assert_allclose(kernel(loaded), start * shrinkage(0, 12), rtol=1e-5)


OPTIMIZERS = {
    "clipping and decay": lambda: keras.optimizers.SGD(0.1, clipnorm=1e-3, weight_decay=0.1),
    "loss scale": lambda: keras.optimizers.SGD(0.1, loss_scale_factor=1000.0),
    "dynamic loss scale": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)),
    "ours": lambda: kp.optimizers.AdamW(0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_step_is_exact_under_every_optimizer(name):
    penalty = R.Annealed(R.L2(0.5), RISE)
    model_with(penalty, OPTIMIZERS[name]()).fit(X, Y, batch_size=8, epochs=5, verbose=0)
    assert penalty.step == 20


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_step_is_exact_in_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    penalty = R.Annealed(R.L2(0.5), RISE)
    model_with(penalty).fit(X, Y, batch_size=8, epochs=5, verbose=0)
    assert penalty.step == 20


def test_accumulated_batches_are_one_step():
    penalty = R.Annealed(R.L2(0.5), RISE)
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
    model_with(penalty, optimizer).fit(X, Y, batch_size=8, epochs=2, verbose=0)
    assert penalty.step == 4


def test_layers_that_share_the_penalty_do_not_count_twice():
    penalty = R.Annealed(R.L2(0.5), RISE)
    model = keras.Sequential(
        [keras.Input((3,)), *[layers.Dense(3, kernel_regularizer=penalty) for _ in range(3)], layers.Dense(2)]
    )
    model.compile("adam", "mse")
    model.fit(X, Y, batch_size=8, epochs=2, verbose=0)
    assert penalty.step == 8


def test_a_late_step_is_exact():
    penalty = R.Annealed(R.L2(0.5), RISE)
    model = model_with(penalty)
    penalty._count.assign([3_000_001.0, 1.0])
    model.fit(X, Y, batch_size=8, epochs=1, verbose=0)
    assert penalty.step == 3_000_005


def test_it_can_be_a_term_of_a_sum_and_hold_one(tmp_path):
    penalty = R.L2(0.25) + 2.0 * R.Annealed(R.L1(0.0) + R.L2(0.25), RISE)
    model = model_with(penalty)
    start = kernel(model)
    model.fit(X, Y, batch_size=8, epochs=1, verbose=0)
    expected = np.prod([1 - 0.1 * (0.5 + step / 10) for step in range(4)])
    np.testing.assert_allclose(kernel(model), start * expected, rtol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].kernel_regularizer.regularizers[1].step == 4


def test_regularize_gives_each_layer_its_own_counter():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.Dense(2)])
    model.compile("sgd", "mse")
    R.regularize(model, R.Annealed(R.L2SP(0.5), RISE))
    model.fit(X, Y, batch_size=8, epochs=1, verbose=0)
    assert [layer.kernel_regularizer.step for layer in model.layers] == [4, 4]


def test_an_optimizer_that_has_trained_without_the_counter_must_be_new():
    model = model_with(None)
    model.fit(X, Y, verbose=0)
    with pytest.raises(ValueError, match="new optimizer"):
        R.regularize(model, R.Annealed(R.L2(0.5), RISE))
    assert model.losses == []
    model.compile(keras.optimizers.SGD(0.1), "mse")
    R.regularize(model, R.Annealed(R.L2(0.5), RISE)).fit(X, Y, batch_size=8, verbose=0)
    assert model.layers[0].kernel_regularizer.step == 4
    with pytest.raises(ValueError, match="new optimizer"):
        R.regularize(model, R.L1(0.1), replace=True)
    R.regularize(model, R.L1(0.1)).fit(X, Y, verbose=0)


@keras.saving.register_keras_serializable("tests")
def warm_up(step):
    return ops.minimum(step / 10.0, 1.0)


def test_a_registered_function_is_a_schedule(tmp_path):
    model = model_with(R.Annealed(R.L2(0.5), warm_up))
    start = kernel(model)
    model.fit(X, Y, batch_size=8, epochs=2, verbose=0)
    np.testing.assert_allclose(kernel(model), start * shrinkage(0, 8), rtol=1e-5)
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").layers[0].kernel_regularizer.schedule is warm_up


def test_one_object_in_several_layers_is_saved_and_goes_on(tmp_path):
    shared = kp.regularizers.Annealed(kp.regularizers.L2(0.1), keras.optimizers.schedules.ExponentialDecay(1.0, 2, 0.5))
    layers = [keras.layers.Dense(3, kernel_regularizer=shared) for _ in range(3)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile(kp.optimizers.AdamW(0.01), "mse")
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    model.fit(x, x, batch_size=4, epochs=2, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert [layer.kernel_regularizer.step for layer in loaded.layers] == [4, 4, 4]
    for one in (model, loaded):
        one.fit(x, x, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(model.layers, loaded.layers, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(one.kernel), keras.ops.convert_to_numpy(other.kernel))
