"""GroupLasso."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts import backend
from tests.reference import regularizers as reference

RANDOM = np.random.default_rng(0)


def gradient(penalty, weights):
    w = keras.Variable(weights.astype("float32"))
    _, (result,) = backend.value_and_gradients(lambda: penalty(w), [w])()
    return ops.convert_to_numpy(result)


@pytest.mark.parametrize("axis", [0, -1, 2])
def test_the_index_along_axis_counts_the_groups(axis):
    w = RANDOM.normal(size=(3, 4, 5, 6))
    value = float(kp.regularizers.GroupLasso(0.3, axis)(w.astype("float32")))
    assert value == pytest.approx(reference.group_lasso(w, 0.3, axis), rel=1e-6)


def test_two_axes_count_the_groups_by_pairs():
    w = RANDOM.normal(size=(3, 3, 4, 5))
    windows = w.reshape(9, 20)
    value = float(kp.regularizers.GroupLasso(0.3, (2, 3))(w.astype("float32")))
    assert value == pytest.approx(reference.group_lasso(windows, 0.3, 1), rel=1e-6)


def test_groups_of_one_weight_are_l1():
    w = RANDOM.normal(size=(3, 4)).astype("float32")
    assert float(kp.regularizers.GroupLasso(0.3, (0, 1))(w)) == pytest.approx(0.3 * np.abs(w).sum(), rel=1e-6)


def test_the_gradient_of_a_zero_group_is_zero_and_of_the_others_right():
    w = RANDOM.normal(size=(4, 3))
    w[:, 1] = 0.0
    result = gradient(kp.regularizers.GroupLasso(0.3, axis=-1), w)
    np.testing.assert_allclose(result, reference.group_lasso_gradient(w, 0.3, -1), rtol=1e-5)
    assert (result[:, 1] == 0).all()
    assert (gradient(kp.regularizers.GroupLasso(0.3), np.zeros((4, 3))) == 0).all()


def test_axes_that_the_weights_lack_are_refused():
    with pytest.raises(ValueError, match="axis"):
        kp.regularizers.GroupLasso(0.3, axis=2)(np.ones((2, 2)))


@pytest.mark.slow
def test_useless_inputs_die_together_where_l1_spares_single_weights():
    x = RANDOM.normal(size=(256, 6)).astype("float32")
    y = x[:, :3] @ RANDOM.normal(size=(3, 8)).astype("float32") + RANDOM.normal(size=(256, 8)).astype("float32")

    def useless_rows(penalty):
        keras.utils.set_random_seed(0)
        dense = keras.layers.Dense(8, kernel_regularizer=penalty)
        model = keras.Sequential([keras.Input((6,)), dense])
        model.compile(keras.optimizers.SGD(keras.optimizers.schedules.PolynomialDecay(0.2, 1600, 1e-4)), "mse")
        model.fit(np.tile(x, (20, 1)), np.tile(y, (20, 1)), epochs=10, batch_size=32, verbose=0)
        return np.abs(model.get_weights()[0])[3:].max()

    # At the same total price of the first kernel.
    assert useless_rows(kp.regularizers.GroupLasso(0.015, axis=0)) < 0.5 * useless_rows(kp.regularizers.L1(0.015))
