"""ScheduledDropout: the rate follows the steps of training."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp

RISE = keras.optimizers.schedules.PolynomialDecay(0.0, decay_steps=4, end_learning_rate=0.8)


@keras.saving.register_keras_serializable("tests")
def curriculum(step):
    return 0.5 * (1 - ops.exp(-step / 3))


@keras.saving.register_keras_serializable("tests")
def overshoots(step):
    return ops.where(step == 7, 1.5, ops.where(step == 5, -0.5, 0.0))


def numpy(x):
    return np.asarray(ops.convert_to_numpy(x), "float64")


def test_each_step_drops_at_its_rate_and_scales_by_it():
    layer = kp.layers.ScheduledDropout(RISE, seed=1)
    for step in range(6):
        rate = min(0.2 * step, 0.8)
        y = numpy(layer(np.ones((200, 300), "float32"), training=True))
        assert abs((y == 0).mean() - rate) <= 5 * np.sqrt(rate * (1 - rate) / y.size)
        np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


def test_inference_neither_drops_nor_counts():
    layer = kp.layers.ScheduledDropout(curriculum)
    x = np.ones((3, 4), "float32")
    np.testing.assert_array_equal(numpy(layer(x, training=False)), x)
    assert int(layer.step) == 0


def model_with(layer, **compiled):
    model = keras.Sequential([keras.Input((3,)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse", **compiled)
    return model


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_a_compiled_fit_counts_every_step_and_evaluation_none(steps_per_execution):
    if steps_per_execution > 1 and keras.backend.backend() == "torch":
        pytest.skip("Keras on Torch takes one step at a time")
    layer = kp.layers.ScheduledDropout(curriculum, seed=1)
    model = model_with(layer, steps_per_execution=steps_per_execution)
    x, y = np.ones((32, 3), "float32"), np.ones((32, 1), "float32")
    model.fit(x, y, epochs=2, batch_size=4, validation_data=(x, y), verbose=0)
    model.predict(x, verbose=0)
    assert int(numpy(layer.step)) == 16


def test_the_count_goes_on_after_load(tmp_path):
    layer = kp.layers.ScheduledDropout(curriculum, seed=1)
    model = model_with(layer)
    for _ in range(3):
        layer(np.ones((2, 3), "float32"), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras").layers[0]
    assert int(numpy(loaded.step)) == 3
    assert loaded.schedule is curriculum


def test_a_rate_outside_of_its_interval_is_refused():
    too_far = keras.optimizers.schedules.PolynomialDecay(0.0, decay_steps=1000, end_learning_rate=1.0)
    with pytest.raises(ValueError, match=r"schedule.*at step 1000.*Received: schedule=1.0"):
        kp.layers.ScheduledDropout(too_far)


def test_a_rate_that_leaves_its_interval_later_drops_all_or_nothing():
    layer = kp.layers.ScheduledDropout(overshoots)
    x = np.ones((20, 30), "float32")
    y = [numpy(layer(x, training=True)) for _ in range(9)]
    np.testing.assert_array_equal(y[5], 1.0)
    np.testing.assert_array_equal(y[7], 0.0)
    np.testing.assert_array_equal(y[8], 1.0)
