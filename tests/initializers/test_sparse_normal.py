"""SparseNormal: how many weights, where, and how large."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp

SparseNormal = kp.initializers.SparseNormal


def draw(initializer, shape):
    return ops.convert_to_numpy(initializer(shape)).astype("float64")


@pytest.mark.parametrize("shape", [(784, 300), (3, 3, 64, 30), (5, 20, 7), (15, 4), (3, 5), (1, 1, 3, 5)])
def test_each_unit_has_exactly_its_number_of_connections(shape):
    kernel = draw(SparseNormal(connections=15, seed=1), shape).reshape(-1, shape[-1])
    np.testing.assert_array_equal(np.count_nonzero(kernel, axis=0), min(15, len(kernel)))


def test_connections_are_chosen_evenly_and_by_each_unit_for_itself():
    kernel = draw(SparseNormal(connections=20, seed=1), (100, 5000)) != 0
    # Each input is chosen by 1,000 units on average, with a standard deviation of sqrt(5000 * 0.2 * 0.8) = 28.
    assert np.abs(kernel.sum(1) - 1000).max() < 5 * 28
    # Two units share 4 of their 20 connections on average.
    shared = (kernel[:, ::2] & kernel[:, 1::2]).sum(0)
    assert shared.mean() == pytest.approx(4.0, abs=0.25)


@pytest.mark.parametrize(("activation", "second_moment"), [("linear", 1.0), ("relu", 0.5)])
@pytest.mark.parametrize("shape", [(400, 2000), (3, 3, 40, 2000)])
def test_weights_are_normal_with_the_gain_of_the_activation(activation, second_moment, shape):
    kernel = draw(SparseNormal(connections=15, activation=activation, seed=1), shape)
    weights = kernel[kernel != 0]
    variance = 1 / second_moment / 15
    # 30,000 draws: five relative standard errors of sqrt(2 / n) for the variance, sqrt(24 / n) for the kurtosis.
    assert weights.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / weights.size))
    assert abs(weights.mean()) < 5 * np.sqrt(variance / weights.size)
    kurtosis = np.mean((weights / weights.std()) ** 4)
    assert kurtosis == pytest.approx(3.0, abs=5 * np.sqrt(24 / weights.size))


def test_a_given_standard_deviation_is_used_as_it_is():
    kernel = draw(SparseNormal(connections=10, stddev=2.0, seed=1), (200, 2000))
    assert kernel[kernel != 0].std() == pytest.approx(2.0, rel=0.03)


def test_units_of_few_inputs_keep_the_power_too():
    kernel = draw(SparseNormal(connections=15, activation="linear", seed=1), (3, 20000))
    assert np.square(kernel).sum(0).mean() == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
def test_the_signal_keeps_its_power_through_ten_layers(activation):
    function, initializer = keras.activations.get(activation), SparseNormal(activation=activation, seed=3)
    z = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(256, 512)).astype("float32"))
    for _ in range(10):
        z = ops.matmul(function(z), initializer((512, 512)))
    assert 1 / 3 < float(ops.mean(ops.square(z))) < 3


def test_the_size_of_a_weight_does_not_depend_on_the_width_of_the_layer():
    narrow, wide = (draw(SparseNormal(seed=1), (width, 500)) for width in (50, 2000))
    assert np.abs(wide).sum(0).mean() == pytest.approx(np.abs(narrow).sum(0).mean(), rel=0.05)
