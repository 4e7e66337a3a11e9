"""L1L2 against Keras."""

import keras
import numpy as np
from keras import ops

import kerasparts as kp


def test_agrees_with_keras_in_float32():
    w = np.random.default_rng(0).normal(size=(20, 30)).astype("float32")
    ours, theirs = kp.regularizers.L1L2(0.01, 0.02)(w), keras.regularizers.L1L2(0.01, 0.02)(w)
    np.testing.assert_allclose(float(ours), float(theirs), rtol=1e-6)


def test_a_float16_kernel_costs_infinity_in_keras_and_its_price_here():
    w = ops.ones((300, 300), "float16")
    assert np.isinf(float(keras.regularizers.L1L2(l1=1.0)(w)))
    assert float(kp.regularizers.L1L2(l1=1.0)(w)) == 90_000.0


def test_keras_takes_no_sum_of_regularizers():
    try:
        keras.regularizers.L1(0.1) + keras.regularizers.L2(0.1)
    except TypeError:
        return
    raise AssertionError("Keras sums regularizers now: say so in the docstring")


def test_l1_and_l2_are_the_two_terms():
    w = np.random.default_rng(0).normal(size=(20, 30)).astype("float32")
    both = float(kp.regularizers.L1(0.1)(w)) + float(kp.regularizers.L2(0.2)(w))
    np.testing.assert_allclose(float(kp.regularizers.L1L2(0.1, 0.2)(w)), both, rtol=1e-6)


def test_squares_that_overflow_do_not_touch_l1():
    w = np.full((2,), 1e25, "float32")
    assert float(kp.regularizers.L1(1.0)(w)) == np.float32(2e25)


def test_the_subgradient_of_l1_makes_no_weight_exactly_zero():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, kernel_regularizer=kp.regularizers.L1(1.0))])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    model.fit(np.zeros((64, 4)), np.zeros((64, 3)), epochs=100, verbose=0)
    kernel = model.get_weights()[0]
    assert np.abs(kernel).max() < 0.02
    assert (kernel != 0).all()
