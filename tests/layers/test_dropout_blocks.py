"""DropPath and DropBlock: whole samples and whole blocks."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp


def numpy(x):
    return np.asarray(ops.convert_to_numpy(x), "float64")


def dropped(layer, *shape):
    """The drops of a batch of ones, and what they left."""
    y = numpy(layer(np.ones(shape, "float32"), training=True))
    return y == 0, y


def test_drop_path_drops_whole_samples_at_its_rate():
    zero, y = dropped(kp.layers.DropPath(0.2, seed=1), 5000, 2, 3)
    of_sample = zero.all(axis=(1, 2))
    np.testing.assert_array_equal(zero, np.broadcast_to(of_sample[:, None, None], zero.shape))
    assert abs(of_sample.mean() - 0.2) < 5 * np.sqrt(0.2 * 0.8 / 5000)
    np.testing.assert_allclose(y[~zero], 1.25)


def covered(is_first, side):
    """What blocks of a side cover that begin at these places of maps `(height, width)`."""
    height, width = is_first.shape
    found = np.zeros((height + side - 1, width + side - 1), bool)
    for row, column in np.argwhere(is_first):
        found[row : row + side, column : column + side] = True
    return found


def expected_share(rate, side, height, width):
    """Share that is dropped, overlaps counted once: each place lies in as many blocks as can begin to cover it."""
    begins = (height - side + 1, width - side + 1)
    gamma = rate / side**2 * height * width / (begins[0] * begins[1])
    ways = [
        np.array([sum(0 <= start < count for start in range(i - side + 1, i + 1)) for i in range(size)])
        for size, count in zip((height, width), begins, strict=True)
    ]
    return (1 - (1 - gamma) ** np.outer(*ways)).mean()


@pytest.mark.parametrize(("side", "height", "width"), [(1, 4, 5), (3, 7, 9), (4, 4, 6)])
def test_drop_block_drops_whole_blocks_and_as_many_as_the_paper_says(side, height, width):
    maps = 2000
    zero, _ = dropped(kp.layers.DropBlock(0.3, side, seed=1), maps, height, width, 2)
    for one in zero[:100].transpose(0, 3, 1, 2).reshape(-1, height, width):
        windows = np.lib.stride_tricks.sliding_window_view(one, (side, side)).all(axis=(-1, -2))
        np.testing.assert_array_equal(covered(windows, side), one)
    shares = zero.mean(axis=(1, 2))
    error = shares.std() / np.sqrt(shares.size)
    assert abs(shares.mean() - expected_share(0.3, side, height, width)) < 5 * error
    assert not np.array_equal(zero[..., 0], zero[..., 1])


def test_drop_block_keeps_the_mean_of_every_sample():
    zero, y = dropped(kp.layers.DropBlock(0.4, 2, seed=1), 50, 6, 6, 3)
    kept = 1 - zero.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(y, np.where(zero, 0.0, 1 / kept), rtol=1e-6)
    np.testing.assert_allclose(y.mean(axis=(1, 2, 3)), 1.0, rtol=1e-6)


def test_drop_block_of_a_sequence_drops_runs():
    zero, _ = dropped(kp.layers.DropBlock(0.3, 3, seed=1), 100, 20, 2)
    assert 0.1 < zero.mean() < 0.3
    for one in zero.transpose(0, 2, 1).reshape(-1, 20):
        runs = "".join("x" if cell else " " for cell in one).split()
        assert all(len(run) >= 3 for run in runs)


def test_drop_block_with_the_channels_first_is_the_same_transposed():
    first = kp.layers.DropBlock(0.4, 2, seed=1, data_format="channels_first")
    last = kp.layers.DropBlock(0.4, 2, seed=1, data_format="channels_last")
    x = np.random.default_rng(0).normal(size=(8, 6, 5, 3)).astype("float32")
    np.testing.assert_allclose(
        np.moveaxis(numpy(first(np.moveaxis(x, -1, 1), training=True)), 1, -1), numpy(last(x, training=True)), rtol=1e-6
    )


def test_a_map_that_is_dropped_whole_is_zero_and_its_gradient_too():
    zero, y = dropped(kp.layers.DropBlock(0.9, 2, seed=1), 200, 2, 2, 1)
    assert zero.all(axis=(1, 2, 3)).any()
    assert np.isfinite(y).all()


def test_a_block_larger_than_the_map_is_refused():
    with pytest.raises(ValueError, match=r"block_size.*feature map, \(4, 9\)"):
        kp.layers.DropBlock(0.1, 5)(np.zeros((1, 4, 9, 3)))
    with pytest.raises(ValueError, match="input_shape"):
        kp.layers.DropBlock(0.1, 5)(np.zeros((1, 4)))


def test_drop_block_takes_maps_of_any_size():
    model = keras.Sequential(
        [keras.Input((None, None, 2)), kp.layers.DropBlock(0.5, 2, seed=1), keras.layers.Conv2D(2, 1)]
    )
    model.compile(loss="mse", optimizer="sgd")
    x = np.ones((4, 6, 5, 2), "float32")
    assert np.isfinite(model.train_on_batch(x, x))
