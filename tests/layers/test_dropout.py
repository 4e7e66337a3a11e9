"""Dropout in three modes: what is true of any draw, and what Keras' own loses."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts import backend

BACKEND = keras.backend.backend()
ROOM = [
    lambda **kwargs: kp.layers.Dropout(0.5, seed=1, **kwargs),
    lambda **kwargs: kp.layers.Dropout(0.5, "classic", seed=1, **kwargs),
    lambda **kwargs: kp.layers.Dropout(0.5, "monte_carlo", seed=1, **kwargs),
    lambda **kwargs: kp.layers.ScheduledDropout(keras.optimizers.schedules.PolynomialDecay(0.5, 9), seed=1, **kwargs),
    lambda **kwargs: kp.layers.DropPath(0.5, seed=1, **kwargs),
    lambda **kwargs: kp.layers.DropBlock(0.5, 2, seed=1, **kwargs),
]
EVERY = pytest.mark.parametrize(
    "build", ROOM, ids=["inverted", "classic", "monte_carlo", "scheduled", "drop_path", "drop_block"]
)


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def ones(*shape, dtype="float32"):
    return ops.ones(shape, dtype)


def trained(layer, x):
    return numpy(layer(x, training=True))


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", *(["float64"] if BACKEND != "jax" else [])])
@pytest.mark.parametrize("rate", [0.01, 0.3])
def test_the_share_that_is_dropped_is_the_rate_in_every_precision(rate, dtype):
    y = trained(kp.layers.Dropout(rate, seed=3, dtype=dtype), ones(400, 500, dtype=dtype))
    assert set(np.unique(y)) == {0.0, numpy(ops.convert_to_tensor(1 / (1 - rate), dtype))[()]}
    assert abs((y == 0).mean() - rate) < 5 * np.sqrt(rate * (1 - rate) / y.size)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only there Keras draws in the precision of the input")
def test_the_share_that_keras_drops_in_bfloat16_is_another():
    y = trained(keras.layers.Dropout(0.01, seed=3, dtype="bfloat16"), ones(400, 500, dtype="bfloat16"))
    assert (y == 0).mean() > 0.015


def test_classic_keeps_numbers_as_they_are_and_scales_at_inference():
    x = np.random.default_rng(0).normal(size=(50, 40)).astype("float32")
    layer = kp.layers.Dropout(0.25, "classic", seed=1)
    y = trained(layer, x)
    np.testing.assert_array_equal(y[y != 0], x[y != 0])
    assert 0.2 < (y == 0).mean() < 0.3
    np.testing.assert_allclose(numpy(layer(x)), 0.75 * x.astype("float64"), rtol=1e-6)


def test_classic_and_inverted_drop_the_same_and_differ_by_a_factor():
    classic, inverted = (
        trained(kp.layers.Dropout(0.5, mode, seed=1), ones(20, 30)) for mode in ("classic", "inverted")
    )
    np.testing.assert_array_equal(inverted, 2 * classic)


def test_monte_carlo_goes_on_dropping_in_predict_and_leaves_batch_normalization_alone():
    layer = kp.layers.Dropout(0.5, "monte_carlo", seed=1)
    model = keras.Sequential([keras.Input((30,)), layer, keras.layers.BatchNormalization()])
    before = [numpy(w) for w in model.get_weights()]
    x = np.ones((20, 30), "float32")
    first, second = (model.predict(x, verbose=0) for _ in range(2))
    assert 0.4 < (first == 0).mean() < 0.6
    assert not np.array_equal(first, second)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_noise_shape_drops_along_an_axis_together():
    y = trained(kp.layers.Dropout(0.5, noise_shape=(None, 1, None), seed=1), ones(30, 6, 5))
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], y.shape))
    assert set(np.unique(y)) == {0.0, 2.0}
    assert not np.array_equal(y[0], y[1])


def test_a_noise_shape_of_other_rank_is_refused():
    with pytest.raises(ValueError, match="noise_shape"):
        kp.layers.Dropout(0.5, noise_shape=(None, 1))(ones(2, 3, 4), training=True)


def test_what_is_dropped_is_zero_even_if_it_was_no_number():
    y = trained(kp.layers.Dropout(0.5, seed=1), np.full((20, 30), np.nan, "float32"))
    assert 0.4 < (y == 0).mean() < 0.6


@pytest.mark.skipif(BACKEND != "torch", reason="only there Keras multiplies by the mask")
def test_what_keras_drops_without_a_seed_stays_no_number():
    y = trained(keras.layers.Dropout(0.5), np.full((20, 30), np.nan, "float32"))
    assert np.isnan(y).all()


def test_a_rate_of_zero_draws_nothing():
    for layer in (kp.layers.Dropout(0.0, seed=1), kp.layers.DropPath(0.0, seed=1), kp.layers.DropBlock(0.0, 2, seed=1)):
        before = numpy(layer.seed_generator.state)
        np.testing.assert_array_equal(trained(layer, ones(2, 3, 4)), 1.0)
        np.testing.assert_array_equal(numpy(layer.seed_generator.state), before)


def test_the_gradient_is_that_of_what_was_kept():
    w = keras.Variable(np.ones((20, 30)), dtype="float32")
    layer = kp.layers.Dropout(0.5, seed=1)
    state = layer.seed_generator.state
    run = backend.value_and_gradients(lambda: ops.sum(layer(ops.convert_to_tensor(w), training=True)), [w], [state])
    value, (gradient,) = run()
    assert set(np.unique(numpy(gradient))) == {0.0, 2.0}
    assert float(value) == numpy(gradient).sum()


@EVERY
def test_takes_an_empty_batch_in_training(build):
    assert tuple(build()(np.zeros((0, 4, 3), "float32"), training=True).shape) == (0, 4, 3)


@EVERY
def test_no_number_stays_in_its_row_in_training(build):
    x = np.ones((6, 4, 3), "float32")
    x[0], x[1] = np.nan, np.inf
    assert np.isfinite(trained(build(), x)[2:]).all()


@EVERY
def test_the_mean_is_kept_over_many_draws(build):
    layer = build()
    y = np.mean([trained(layer, ones(500, 4, 3)) for _ in range(4)])
    assert abs(y - (0.5 if getattr(layer, "mode", "") == "classic" else 1.0)) < 0.1


@EVERY
def test_a_loaded_model_draws_on_where_the_saved_one_stopped(build, tmp_path):
    model = keras.Sequential([keras.Input((4, 3)), build()])
    for _ in range(3):
        model(ones(8, 4, 3), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for _ in range(2):
        np.testing.assert_array_equal(trained(loaded, ones(8, 4, 3)), trained(model, ones(8, 4, 3)))


def test_a_loaded_model_with_the_dropout_of_keras_starts_anew(tmp_path):
    model = keras.Sequential([keras.Input((4, 3)), keras.layers.Dropout(0.5, seed=1)])
    model(ones(8, 4, 3), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert not np.array_equal(trained(loaded, ones(8, 4, 3)), trained(model, ones(8, 4, 3)))


@pytest.mark.skipif(BACKEND != "tensorflow", reason="a SavedModel is read by TensorFlow")
@pytest.mark.parametrize("mode", ["classic", "monte_carlo"])
def test_what_acts_at_inference_is_exported(mode, tmp_path):
    import tensorflow as tf

    model = keras.Sequential([keras.Input((30,)), kp.layers.Dropout(0.25, mode, seed=1)])
    model.export(tmp_path / "model", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "model"))
    x = np.ones((20, 30), "float32")
    first, second = (served.serve(x).numpy() for _ in range(2))
    if mode == "classic":
        np.testing.assert_allclose(first, model.predict(x, verbose=0))
    else:
        assert 0.15 < (first == 0).mean() < 0.35
        assert not np.array_equal(first, second)
