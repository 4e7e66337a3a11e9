"""DeltaOrthogonal: convolutions that are isometries."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from tests.reference.initializers import same_convolution

DeltaOrthogonal = kp.initializers.DeltaOrthogonal
WINDOWS = [(3,), (4,), (1,), (3, 3), (2, 2), (5, 4), (1, 6), (3, 3, 3), (2, 3, 4)]


def convolution(window, filters, **kwargs):
    layer = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D, 3: keras.layers.Conv3D}[len(window)]
    return layer(filters, window, padding="same", use_bias=False, data_format="channels_last", **kwargs)


def power(x):
    return np.square(ops.convert_to_numpy(x).astype("float64"))


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_every_pixel_keeps_its_length_through_a_convolution(window):
    x = np.random.default_rng(0).normal(size=(2, *(7 for _ in window), 5)).astype("float32")
    layer = convolution(window, 8, kernel_initializer=DeltaOrthogonal(seed=1))
    np.testing.assert_allclose(power(layer(x)).sum(-1), power(x).sum(-1), rtol=1e-5)


def test_orthogonal_of_keras_is_no_isometry_of_images():
    x = np.random.default_rng(0).normal(size=(2, 9, 9, 5)).astype("float32")
    layer = convolution((3, 3), 8, kernel_initializer=keras.initializers.Orthogonal(seed=1))
    ratio = power(layer(x)).sum(-1) / power(x).sum(-1)
    assert ratio.std() > 0.2


def test_the_convolution_by_hand_agrees():
    """So that the centre is that of the definition, not one that the backend happens to share."""
    for window in [(3, 3), (2, 4)]:
        image = np.random.default_rng(0).normal(size=(5, 6, 3))
        kernel = ops.convert_to_numpy(DeltaOrthogonal(seed=1)((*window, 3, 4)))
        np.testing.assert_allclose(power(same_convolution(image, kernel)).sum(-1), power(image).sum(-1), rtol=1e-5)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_all_but_the_centre_is_zero_and_the_centre_has_orthogonal_rows(window):
    initializer = DeltaOrthogonal("relu", seed=1)
    kernel = ops.convert_to_numpy(initializer((*window, 4, 6))).astype("float64")
    centre = kernel[tuple((size - 1) // 2 for size in window)]
    np.testing.assert_allclose(centre @ centre.T, 2 * np.eye(4), atol=1e-5)
    assert np.count_nonzero(kernel) == np.count_nonzero(centre) == 24


def test_dilation_is_no_matter_for_odd_windows():
    x = np.random.default_rng(0).normal(size=(2, 9, 9, 5)).astype("float32")
    layer = convolution((3, 3), 5, dilation_rate=2, kernel_initializer=DeltaOrthogonal(seed=1))
    np.testing.assert_allclose(power(layer(x)).sum(-1), power(x).sum(-1), rtol=1e-5)


def test_two_hundred_linear_convolutions_keep_the_signal_where_a_good_variance_does_not():
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 6)).astype("float32")

    def growth(initializer, layers):
        y = x
        for _ in range(layers):
            y = ops.conv(y, initializer((3, 3, 6, 6)), padding="same", data_format="channels_last")
        return power(y).sum() / power(x).sum()

    # 200 products in float32
    assert growth(DeltaOrthogonal(seed=1), 200) == pytest.approx(1.0, rel=1e-3)
    assert growth(kp.initializers.VarianceMatched("linear", seed=1), 200) < 1e-3


@pytest.mark.parametrize("shape", [(3, 3, 5, 4), (5, 4), (7,)])
def test_refuses_more_channels_in_than_out(shape):
    with pytest.raises(ValueError, match=r"channels_in <= channels_out. Received: shape="):
        DeltaOrthogonal()(shape)
