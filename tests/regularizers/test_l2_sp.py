"""L2SP: where the start comes from, and that it stays."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasparts as kp

R = kp.regularizers
X, Y = np.zeros((8, 3), "float32"), np.zeros((8, 2), "float32")


def pretrained():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, use_bias=False), layers.Dense(2, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def kernels(model):
    return [ops.convert_to_numpy(v) for v in model.trainable_weights]


def test_the_start_is_the_weights_at_the_call():
    model = pretrained()
    R.regularize(model, R.L2SP(0.5))
    assert R.penalty_by_layer(model) == {"dense": 0.0, "dense_1": 0.0} or list(R.penalty_by_layer(model).values()) == [
        0,
        0,
    ]
    for v in model.trainable_weights:
        v.assign(v + 1.0)
    assert sum(R.penalty_by_layer(model).values()) == pytest.approx(0.25 * 20)


def test_training_is_pulled_back_to_the_start_where_l2_pulls_to_zero():
    """The inputs are zero, so that the penalty alone moves the weights."""
    model = pretrained()
    start = kernels(model)
    R.regularize(model, R.L2SP(1.0))
    for v in model.trainable_weights:
        v.assign(v + 1.0)
    model.fit(X, Y, epochs=3, verbose=0)
    for now, w in zip(kernels(model), start, strict=True):
        np.testing.assert_allclose(now, w + 0.9**3, rtol=1e-5, atol=1e-6)


def test_a_fit_may_follow_at_once():
    """On JAX it would fail if the start were the memory of the weights and no copy."""
    model = R.regularize(pretrained(), R.L2SP(1.0))
    start = kernels(model)
    model.fit(X, Y, epochs=2, verbose=0)
    for now, w in zip(kernels(model), start, strict=True):
        np.testing.assert_allclose(now, w, rtol=1e-6)


@pytest.mark.parametrize("penalty", [R.L2SP(1.0), R.L1(0.0) + R.L2SP(1.0)], ids=["alone", "in a sum"])
def test_the_start_survives_save_and_load(penalty, tmp_path):
    model = pretrained()
    start = kernels(model)
    R.regularize(model, penalty)
    for v in model.trainable_weights:
        v.assign(v + 1.0)
    model.fit(X, Y, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert R.penalty_by_layer(loaded) == R.penalty_by_layer(model)
    loaded.fit(X, Y, epochs=2, verbose=0)
    for now, w in zip(kernels(loaded), start, strict=True):
        np.testing.assert_allclose(now, w + 0.9**3, rtol=1e-5, atol=1e-6)


def test_the_start_is_an_array_in_the_file_and_no_text():
    model = keras.Sequential([keras.Input((100,)), layers.Dense(100)])
    R.regularize(model, R.L2SP(1.0))
    assert len(model.to_json()) < 5_000
    assert [w.shape for w in model.non_trainable_weights] == [(100, 100)]


def test_weight_files_hold_the_start_too(tmp_path):
    model, other = R.regularize(pretrained(), R.L2SP(1.0)), R.regularize(pretrained(), R.L2SP(1.0))
    model.save_weights(tmp_path / "a.weights.h5")
    other.load_weights(tmp_path / "a.weights.h5")
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_without_a_start_the_first_fit_says_what_to_do():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_regularizer=R.L2SP(1.0))])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="has no start"):
        model.fit(X, Y, verbose=0)


def test_a_clone_of_a_model_has_no_start():
    clone = keras.models.clone_model(R.regularize(pretrained(), R.L2SP(1.0)))
    with pytest.raises(ValueError, match="has no start"):
        _ = clone.losses


def test_a_second_call_takes_the_new_weights_and_replaces_the_old_start():
    model = R.regularize(pretrained(), R.L2SP(1.0))
    for v in model.trainable_weights:
        v.assign(v + 1.0)
    R.regularize(model, R.L2SP(1.0), replace=True)
    assert sum(R.penalty_by_layer(model).values()) == 0.0
    assert len(model.weights) == 4


def test_the_start_of_another_shape_is_refused():
    penalty = R.L2SP(1.0)
    penalty.start_at(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match="start"):
        penalty(np.ones((3, 2)))


def test_a_layer_with_one_regularizer_for_several_kernels_is_refused():
    inputs = keras.Input((3, 2))
    model = keras.Model(inputs, layers.MultiHeadAttention(2, 2)(inputs, inputs))
    with pytest.raises(ValueError, match="L2SP needs a start for each weight"):
        R.regularize(model, R.L1(0.1) + R.L2SP(1.0))
    assert model.losses == []
    assert len(R.regularize(model, R.L2SP(1.0, start=0.0)).losses) == 4


def test_half_precision_weights_start_at_no_distance():
    model = keras.Sequential([keras.Input((300,)), layers.Dense(50, dtype="bfloat16")])
    R.regularize(model, R.L2SP(1.0))
    assert sum(R.penalty_by_layer(model).values()) == 0.0
