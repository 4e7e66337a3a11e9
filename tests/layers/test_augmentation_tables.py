"""Cutout, and noise for tables: what changes, how often, and what is left alone."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from tests.reference import augmentation as reference

Cutout, FeatureDropout, InputNoise = kp.layers.Cutout, kp.layers.FeatureDropout, kp.layers.InputNoise
Jitter, SwapNoise = kp.layers.Jitter, kp.layers.SwapNoise
TABLE = np.random.default_rng(0).normal(size=(4000, 5)).astype("float32") * [1.0, 10.0, 100.0, 1.0, 1.0]
FIVE_ERRORS = 5 * 0.5 / np.sqrt(len(TABLE))  # five standard errors of a share, at most


class Batches:
    def __init__(self, parts):
        self.parts = parts

    def __iter__(self):
        return iter(self.parts)


def trained(layer, x):
    return ops.convert_to_numpy(layer(x, training=True))


@pytest.mark.parametrize(("size", "sides"), [(3, (3, 3)), (2, (2, 2)), ((1, 4), (1, 4)), (30, (30, 30))])
def test_cutout_blanks_a_box_around_any_pixel(size, sides):
    image = trained(Cutout(size, fill_value=-1.0, seed=0), np.ones((3000, 5, 6, 2)))
    np.testing.assert_array_equal(image[..., 0], image[..., 1])
    boxes = [box.tobytes() for box in reference.boxes(5, 6, sides)]
    found = [box.tobytes() for box in image[..., 0] == -1]
    assert set(found) == set(boxes)
    for box in set(boxes):
        expected = boxes.count(box) / 30
        assert found.count(box) / 3000 == pytest.approx(expected, abs=5 * np.sqrt(expected / 3000))


def test_cutout_of_a_sequence_blanks_a_stretch_of_time():
    sequence = trained(Cutout(2, seed=0), np.ones((50, 6, 3)))
    blank = sequence[:, :, 0] == 0
    np.testing.assert_array_equal(sequence == 0, np.repeat(blank[:, :, None], 3, axis=2))
    assert set(blank.sum(axis=1)) == {1, 2}
    assert (np.abs(np.diff(blank.astype(int), axis=1)).sum(axis=1) <= 2).all()


def test_cutout_of_images_without_channels_and_with_channels_first():
    for shape, axes in (((20, 6, 6), (1, 2)), ((20, 3, 6, 6), (-2, -1))):
        blank = trained(Cutout(2, axes=axes, seed=0), np.ones(shape)) == 0
        assert set(blank.sum(axis=axes).ravel().tolist()) <= {1, 2, 4}


def test_cutout_says_what_it_cannot_cut():
    with pytest.raises(ValueError, match="FeatureDropout"):
        Cutout(2)(np.ones((4, 3)), training=True)
    with pytest.raises(ValueError, match="one for each of the axes"):
        Cutout((2, 2, 2))(np.ones((4, 3, 3, 1)), training=True)
    with pytest.raises(ValueError, match="axes of the input shape"):
        Cutout(2, axes=(1, 4))(np.ones((4, 3, 3, 1)), training=True)


def test_keras_random_erasing_never_erases_the_first_row_and_column():
    images = np.ones((500, 8, 8, 1), "float32")
    theirs = trained(keras.layers.RandomErasing(1.0, scale=(0.3, 1.0), fill_value=0.0, seed=0), images)[..., 0] == 0
    assert theirs[:, 0].sum() == theirs[:, :, 0].sum() == 0
    assert theirs[:, 1:, 1:].mean(axis=0).min() > 0.1
    assert theirs.any(axis=(1, 2)).mean() == pytest.approx(0.5, abs=0.1)
    ours = trained(Cutout(4, seed=0), images)[..., 0] == 0
    assert ours.mean(axis=0).min() > 0.03  # 1/16
    assert ours.any(axis=(1, 2)).all()


def test_swap_noise_takes_cells_of_any_other_row():
    x = np.arange(8 * 600.0).reshape(8, 600)
    layer = SwapNoise(1.0, seed=0)
    swapped = trained(layer, x)
    np.testing.assert_array_equal(swapped % 600, x % 600)  # the same column
    sources = swapped // 600
    for row in range(8):
        counts = np.bincount(sources[row].astype(int), minlength=8)
        assert counts[row] == 0
        assert np.delete(counts, row).min() > 600 / 7 - 5 * np.sqrt(600 / 7)


def test_swap_noise_of_sequences_stays_in_the_column_and_step():
    x = np.arange(8 * 12.0).reshape(8, 4, 3)
    swapped = trained(SwapNoise(1.0, seed=0), x)
    np.testing.assert_array_equal(swapped % 12, x % 12)
    assert (swapped != x).all()


@pytest.mark.parametrize(
    "layer",
    [
        SwapNoise(0.2, seed=0),
        FeatureDropout(0.2, seed=0),
        InputNoise("masking", 0.2, seed=0),
        InputNoise("salt_and_pepper", 0.2, value_range=(-3, 3), seed=0),
        InputNoise("swap", 0.2, seed=0),
    ],
    ids=["SwapNoise", "FeatureDropout", "masking", "salt_and_pepper", "swap"],
)
def test_a_fifth_of_the_cells_changes_each_by_itself(layer):
    changed = trained(layer, TABLE) != TABLE.astype("float32")
    np.testing.assert_allclose(changed.mean(axis=0), 0.2, atol=FIVE_ERRORS)
    np.testing.assert_allclose((changed[:, 0] & changed[:, 1]).mean(), 0.04, atol=FIVE_ERRORS)


@pytest.mark.parametrize(
    "layer",
    [SwapNoise(1.0, (0, -1), seed=0), FeatureDropout(1.0, 7.0, (0, -1), seed=0), Jitter(1.0, (0, -1), seed=0)],
    ids=["SwapNoise", "FeatureDropout", "Jitter"],
)
def test_other_columns_are_left_alone(layer):
    changed = trained(layer, TABLE) != TABLE.astype("float32")
    assert changed.mean(axis=0).tolist()[1:4] == [0, 0, 0]
    assert changed[:, [0, 4]].mean() > 0.99


@pytest.mark.parametrize("part", [SwapNoise, FeatureDropout, Jitter])
def test_columns_that_are_not_there_are_refused(part):
    with pytest.raises(ValueError, match="among the 5 of the inputs"):
        part(0.1, columns=(5,))(TABLE, training=True)


def test_feature_dropout_drops_a_feature_at_all_steps():
    gone = trained(FeatureDropout(0.5, -1.0, seed=0), np.ones((200, 6, 4))) == -1
    np.testing.assert_array_equal(gone, np.repeat(gone[:, :1], 6, axis=1))
    assert gone[:, 0].mean() == pytest.approx(0.5, abs=0.1)


def test_keras_dropout_scales_what_is_left_and_ours_keeps_it():
    ones = np.ones((50, 4), "float32")
    assert set(trained(keras.layers.Dropout(0.5, seed=0), ones).ravel()) == {0.0, 2.0}
    assert set(trained(FeatureDropout(0.5, seed=0), ones).ravel()) == {0.0, 1.0}


def test_feature_dropout_fills_with_the_mean_of_the_column():
    x = np.array([[1.0, 10.0], [3.0, np.nan], [np.inf, 30.0]])
    layer = FeatureDropout(1.0, "mean", seed=0)
    np.testing.assert_allclose(trained(layer, x), [[2.0, 20.0]] * 3)  # of the batch
    layer.adapt(np.array([[5.0, np.nan], [7.0, 9.0]]))
    np.testing.assert_allclose(trained(layer, x), [[6.0, 9.0]] * 3)
    assert np.isnan(trained(FeatureDropout(1.0, float("nan"), seed=0), x)).all()


def test_jitter_is_in_units_of_the_columns_spread():
    noise = trained(Jitter(0.5, seed=0), TABLE) - TABLE
    np.testing.assert_allclose(noise.std(axis=0) / TABLE.std(axis=0), 0.5, rtol=0.06)
    np.testing.assert_allclose(noise.mean(axis=0) / TABLE.std(axis=0), 0.0, atol=0.04)
    layer = Jitter(0.5, seed=0)
    layer.adapt(TABLE * 10)
    np.testing.assert_allclose((trained(layer, TABLE) - TABLE).std(axis=0) / TABLE.std(axis=0), 5.0, rtol=0.06)


def test_keras_gaussian_noise_is_the_same_for_every_column():
    noise = trained(keras.layers.GaussianNoise(0.5, seed=0), TABLE) - TABLE
    np.testing.assert_allclose(noise.std(axis=0), 0.5, rtol=0.06)


@pytest.mark.parametrize("part", [Jitter, FeatureDropout])
def test_adapt_leaves_out_what_is_not_finite_and_takes_any_batches(part):
    x = TABLE.astype("float64")
    x[:, 1] += 1e6
    x[3, 0], x[5, 1], x[:, 3] = np.nan, np.inf, 4.0
    x[x[:, 4] > 1, 4] = np.nan
    whole, parted = part(0.1), part(0.1)
    whole.adapt(x)
    parted.adapt(Batches([x[:1], x[1:1000], x[1000:1000], x[1000:]]))
    known = np.where(np.isfinite(x), x, np.nan)
    for layer in (whole, parted):
        np.testing.assert_allclose(ops.convert_to_numpy(layer.mean), np.nanmean(known, axis=0), rtol=1e-5, atol=1e-6)
        spread = ops.convert_to_numpy(layer.stddev_of_column)
        np.testing.assert_allclose(spread, np.nanstd(known, axis=0), rtol=1e-5)
    assert spread[3] == 0
    with pytest.raises(ValueError, match="at least one row"):
        part(0.1).adapt(x[:0])
    with pytest.raises(ValueError, match="of 5 columns"):
        whole.adapt(x[:, :2])


def test_a_row_that_is_not_finite_does_not_spoil_the_noise_of_others():
    x = TABLE.copy()
    x[0], x[1] = np.nan, np.inf
    for layer in (Jitter(0.5, seed=0), InputNoise("gaussian", seed=0), FeatureDropout(0.5, "mean", seed=0)):
        assert np.isfinite(trained(layer, x)[2:]).all()


@pytest.mark.parametrize("rows", [0, 1])
def test_small_batches_are_left_alone_by_what_needs_others(rows):
    for layer in (SwapNoise(1.0, seed=0), Jitter(1.0, seed=0), InputNoise("swap", 1.0, seed=0)):
        np.testing.assert_array_equal(trained(layer, TABLE[:rows]), TABLE[:rows].astype("float32"))


@pytest.mark.parametrize("kind", ["gaussian", "masking", "salt_and_pepper", "swap"])
def test_input_noise_is_for_training_alone_and_of_its_kind(kind):
    x = np.tile([[0.25], [0.5]], (200, 6))
    layer = InputNoise(kind, 0.3, value_range=(-1.0, 2.0), seed=0)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), x)
    noisy = trained(layer, x)
    if kind == "gaussian":
        assert (noisy - x).std() == pytest.approx(0.3, rel=0.1)
        assert (noisy - x).mean() == pytest.approx(0.0, abs=0.03)
    else:
        news = {"masking": {0.0}, "salt_and_pepper": {-1.0, 2.0}, "swap": set()}[kind]
        assert set(noisy.ravel().tolist()) == news | {0.25, 0.5}
        if news:
            shares = [(noisy == new).mean() for new in news]
            np.testing.assert_allclose(shares, 0.3 / len(news), atol=0.05)
        else:
            assert (noisy != x).mean() == pytest.approx(0.3 * 200 / 399, abs=0.05)


def test_images_of_bytes_keep_their_range():
    x = np.random.default_rng(0).integers(0, 256, (50, 6, 6, 3)).astype("uint8")
    for layer in (Cutout(2, 128, seed=0), SwapNoise(0.2, seed=0), InputNoise("salt_and_pepper", 0.2, (0, 255), seed=0)):
        y = trained(layer, x)
        assert y.dtype == "float32"
        assert 0 <= y.min() < 10 < 245 < y.max() <= 255


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.data runs TensorFlow")
def test_work_in_tf_data():
    import tensorflow as tf

    layers = [SwapNoise(0.5), Jitter(0.5), FeatureDropout(0.5, "mean"), InputNoise("swap", 0.5)]

    def augment(x):
        for layer in layers:
            x = layer(x, training=True)
        return x

    dataset = tf.data.Dataset.from_tensor_slices(TABLE[:50]).batch(20).map(augment)
    epochs = [np.concatenate(list(dataset)) for _ in range(2)]
    assert epochs[0].shape == (50, 5)
    assert not np.array_equal(*epochs)
