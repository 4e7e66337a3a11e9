"""ParametricReLU, ParametricSwish and Maxout: what they learn, and where Keras' own differs."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp


def numpy(x):
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def fitted(layer, target, epochs=30):
    """A layer between a line in and a line out, trained on a function of one number."""
    keras.utils.set_random_seed(2)
    x = np.random.default_rng(0).uniform(-3, 3, (512, 1)).astype("float32")
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.Adam(0.05), "mse")
    loss = model.fit(x, target(x), epochs=epochs, verbose=0).history["loss"][-1]
    return layer, loss


def test_parametric_relu_finds_the_slope_and_starts_where_the_paper_does():
    assert kp.layers.ParametricReLU().negative_slope == 0.25
    layer, loss = fitted(kp.layers.ParametricReLU(), lambda x: np.where(x > 0, x, -0.5 * x))
    assert loss < 1e-3
    assert numpy(layer.slope) == pytest.approx(-0.5, abs=0.02)


def test_parametric_relu_has_a_slope_a_channel_where_keras_has_one_a_pixel():
    ours, theirs = kp.layers.ParametricReLU(), keras.layers.PReLU()
    for layer in (ours, theirs):
        layer.build((None, 8, 8, 3))
    assert tuple(ours.slope.shape) == (3,)
    assert tuple(theirs.alpha.shape) == (8, 8, 3)
    assert (numpy(theirs.alpha) == 0).all()  # dead below zero at the start


@pytest.mark.parametrize(("shared_axes", "shape"), [((1,), (4,)), ((1, 2), (1,)), ([2], (5, 1)), ((), (5, 4))])
def test_parametric_relu_shares_the_axes_that_it_is_told(shared_axes, shape):
    layer = kp.layers.ParametricReLU(shared_axes=shared_axes)
    layer.build((None, 5, 4))
    assert tuple(layer.slope.shape) == shape


@pytest.mark.slow
def test_parametric_swish_finds_the_bend():
    layer, loss = fitted(kp.layers.ParametricSwish(), lambda x: x / (1 + np.exp(-4 * x)), epochs=60)
    assert loss < 1e-3
    assert numpy(layer.bend) == pytest.approx(4.0, abs=0.3)


def test_weight_decay_leaves_the_learned_shapes_alone():
    x = np.ones((4, 6), "float32")
    layers = [kp.layers.ParametricReLU(), kp.layers.ParametricSwish()]
    model = keras.Sequential([keras.Input((6,)), *layers])
    optimizer = kp.optimizers.AdamW(1.0, weight_decay=0.5)
    optimizer.build(model.trainable_variables)
    before = model.get_weights()
    optimizer.apply([ops.zeros(v.shape) for v in model.trainable_variables], model.trainable_variables)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert np.isfinite(numpy(model(x))).all()


@pytest.mark.slow
def test_maxout_learns_the_absolute_value_with_one_unit_as_a_dense_relu_cannot():
    _, ours = fitted(kp.layers.Maxout(1, pieces=2), np.abs)
    _, theirs = fitted(keras.layers.Dense(1, "relu"), np.abs)
    assert ours < 1e-2
    assert theirs > 0.5


def test_unknown_sizes_are_refused():
    for layer, shape in (
        (kp.layers.ParametricReLU(), (None, None)),
        (kp.layers.ParametricSwish(), (None, None)),
        (kp.layers.Maxout(3), (None, None)),
        (kp.layers.ParametricReLU(shared_axes=(3,)), (None, 4)),
    ):
        with pytest.raises(ValueError, match="Received"):
            layer.build(shape)


def test_channels_can_be_known_where_places_are_not():
    layer = kp.layers.ParametricReLU()
    assert layer(keras.KerasTensor((None, None, None, 3))).shape == (None, None, None, 3)
    assert kp.layers.Maxout(7)(keras.KerasTensor((None, None, 3))).shape == (None, None, 7)
