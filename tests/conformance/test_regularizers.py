"""What every regularizer promises."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts import backend
from tests.cases import REGULARIZERS

EVERY = pytest.mark.parametrize("case", REGULARIZERS, ids=str)
WEIGHTS = np.random.default_rng(0).normal(size=(6, 5))


def price(regularizer, weights):
    return float(ops.convert_to_numpy(regularizer(weights)))


@EVERY
def test_follows_the_formula(case):
    value = price(case.build(), WEIGHTS.astype("float32"))
    assert value == pytest.approx(case.oracle(WEIGHTS, **case.kwargs), rel=1e-6)


@EVERY
def test_gradient_follows_the_formula(case):
    w = keras.Variable(WEIGHTS.astype("float32"))
    regularizer = case.build()
    _, (gradient,) = backend.value_and_gradients(lambda: regularizer(w), [w])()
    expected = case.gradient(WEIGHTS, **case.kwargs)
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), expected, rtol=1e-5)


@EVERY
def test_costs_nothing_where_there_is_nothing(case):
    for weights in (np.zeros((3, 3)), np.zeros((0, 3))):
        assert price(case.build(), weights.astype("float32")) == 0.0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("case", [c for c in REGULARIZERS if c.part is not kp.regularizers.PenaltySum], ids=str)
def test_a_large_kernel_in_half_precision_has_its_price(case, dtype):
    size = 300_000
    value = price(case.build(), ops.cast(np.ones(size), dtype))
    assert value == pytest.approx(case.oracle(np.ones(size), **case.kwargs), rel=1e-5)


@EVERY
def test_can_be_summed_and_scaled_with_others(case):
    other = keras.regularizers.L2(0.5)
    mixed = 0.5 * case.build() + other + case.build() * 2.0
    expected = 2.5 * case.oracle(WEIGHTS, **case.kwargs) + 0.5 * (WEIGHTS**2).sum()
    assert price(mixed, WEIGHTS.astype("float32")) == pytest.approx(expected, rel=1e-5)
    twice = sum([case.build(), case.build()])
    assert price(twice, WEIGHTS) == pytest.approx(2 * case.oracle(WEIGHTS, **case.kwargs), rel=1e-5)
    saved = keras.saving.serialize_keras_object(mixed)
    again = keras.saving.deserialize_keras_object(saved)
    assert price(again, WEIGHTS.astype("float32")) == pytest.approx(expected, rel=1e-5)


@EVERY
@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_joins_the_loss_of_a_model(case, policy):
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(5, kernel_regularizer=case.build(), use_bias=False, dtype=policy),
        ]
    )
    model.compile("sgd", "mse")
    model.layers[0].kernel.assign(WEIGHTS)
    loss = model.evaluate(np.zeros((4, 6)), np.zeros((4, 5)), verbose=0)
    assert loss == pytest.approx(case.oracle(WEIGHTS, **case.kwargs), rel=1e-5)
