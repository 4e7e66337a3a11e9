"""Sums of penalties."""

import keras
import numpy as np
import pytest

import kerasparts as kp

R = kp.regularizers


def test_a_sum_of_sums_is_flat():
    total = 2.0 * (R.L1(0.1) + 0.5 * R.GroupLasso(0.2)) + (keras.regularizers.L2(0.3) + R.L2(0.4))
    assert [type(term).__name__ for term in total.regularizers] == ["L1", "GroupLasso", "L2", "L2"]
    assert total.factors == [2.0, 1.0, 1.0, 1.0]


def test_a_flat_sum_costs_what_the_nested_one_would():
    w = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    parts = [R.L1(0.1), R.GroupLasso(0.2), R.SpectralNorm(0.3)]
    a, b, c = (float(part(w)) for part in parts)
    total = 3.0 * (parts[0] + 0.5 * (parts[1] + parts[2] * 2.0))
    assert float(total(w)) == pytest.approx(3 * (a + 0.5 * (b + 2 * c)), rel=1e-6)


def test_a_negative_price_is_refused():
    with pytest.raises(ValueError, match="factors"):
        -1.0 * R.L1(0.1)
    with pytest.raises(ValueError, match="factors"):
        (R.L1(0.1) + R.L2(0.1)) * "2"
