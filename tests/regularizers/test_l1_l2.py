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
