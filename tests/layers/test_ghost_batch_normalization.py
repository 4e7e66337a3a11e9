"""GhostBatchNormalization: virtual batches, and moving statistics that no single batch spoils."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from tests.reference.blocks import virtual_batches


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def data(*shape):
    return np.random.default_rng(0).normal(3.0, 2.0, size=shape).astype("float32")


def moving(layer):
    return numpy(layer.moving_mean), numpy(layer.moving_variance)


@pytest.mark.parametrize("rows", [20, 23, 9, 3, 1])
@pytest.mark.parametrize("places", [(), (4,), (2, 3)])
def test_each_virtual_batch_is_normalized_by_itself_and_none_is_too_small(rows, places):
    x = data(rows, *places, 5)
    layer = kp.layers.GhostBatchNormalization(virtual_batch_size=5, momentum=0.9)
    y, means, variances = virtual_batches(x, 5, layer.epsilon)
    assert rows < 5 or rows // len(means) >= 5
    np.testing.assert_allclose(numpy(layer(x, training=True)), y, atol=2e-6)
    sizes = np.array([len(part) for part in np.array_split(x, len(means))])
    mean, variance = moving(layer)
    np.testing.assert_allclose(mean, 0.1 * np.average(means, axis=0, weights=sizes), rtol=1e-5)
    np.testing.assert_allclose(variance, 0.9 + 0.1 * np.average(variances, axis=0, weights=sizes), rtol=1e-5)


def masked(x):
    x = x.copy()
    x[:, 2:] = 0.0
    x[3] = 0.0
    return keras.layers.Masking()(x)


@pytest.mark.parametrize(
    ("x", "axis"),
    [
        (data(16, 3), -1),
        (data(16, 4, 3), 1),
        (data(16, 4, 2, 3), -1),
        (data(16, 4, 2, 1), -1),
        (masked(data(16, 4, 3)), -1),
    ],
    ids=["table", "axis 1", "images", "one channel", "mask"],
)
@pytest.mark.parametrize("size", [None, 16, 40])
def test_one_virtual_batch_is_batch_normalization_of_keras(x, axis, size):
    ours = kp.layers.GhostBatchNormalization(size, axis, momentum=0.5)
    theirs = keras.layers.BatchNormalization(axis, momentum=0.5)
    for training in (True, False):
        np.testing.assert_allclose(
            numpy(ours(x, training=training)), numpy(theirs(x, training=training)), rtol=1e-5, atol=1e-5
        )
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_masked_places_count_for_no_virtual_batch():
    x = data(10, 4, 3)
    mask = np.ones((10, 4), bool)
    mask[0, 1:] = mask[4] = mask[5:] = False
    mask[7, 2] = True
    x[~mask] = np.nan
    layer = kp.layers.GhostBatchNormalization(5, momentum=0.0)
    y = numpy(layer(x, training=True, mask=mask))
    parts = [x[:5][mask[:5]].astype("float64"), x[5:][mask[5:]].astype("float64")]
    for part, of_part, seen in zip(parts, (y[:5], y[5:]), (mask[:5], mask[5:]), strict=True):
        expected = (part - part.mean(axis=0)) / np.sqrt(part.var(axis=0) + layer.epsilon)
        np.testing.assert_allclose(of_part[seen], expected, atol=1e-5)
    mean, variance = moving(layer)
    np.testing.assert_allclose(mean, x[mask].astype("float64").mean(axis=0), rtol=1e-5)
    within = sum(len(part) * part.var(axis=0) for part in parts) / mask.sum()
    np.testing.assert_allclose(variance, within, rtol=1e-5)


@pytest.mark.parametrize("what", ["empty", "masked", "NaN", "infinity"])
def test_no_single_batch_spoils_the_moving_statistics_as_in_keras(what):
    ours, theirs = kp.layers.GhostBatchNormalization(4), keras.layers.BatchNormalization()
    x = data(8, 4, 3)
    for layer in (ours, theirs):
        layer(x, training=True)
    before, keras_before = moving(ours), moving(theirs)
    if what == "empty":
        x = x[:0]
    elif what == "masked":
        x = keras.layers.Masking()(np.zeros_like(x))
    else:
        x[0, 0, 0] = np.nan if what == "NaN" else np.inf
    for layer in (ours, theirs):
        layer(x, training=True)
    spoilt = 0 if what in ("NaN", "infinity") else slice(None)
    for old, new in zip(before, moving(ours), strict=True):
        np.testing.assert_array_equal(new[spoilt], old[spoilt])
        assert what in ("empty", "masked") or (new[1:] != old[1:]).all()
    for old, new in zip(keras_before, moving(theirs), strict=True):
        assert not np.array_equal(new[spoilt], old[spoilt])


def test_a_nan_stays_in_its_virtual_batch():
    x = data(12, 3)
    x[5] = np.nan
    y = numpy(kp.layers.GhostBatchNormalization(4)(x, training=True))
    assert np.isfinite(y[:4]).all()
    assert np.isfinite(y[8:]).all()


def test_moving_statistics_move_in_bfloat16_as_they_do_not_in_keras():
    ours = kp.layers.GhostBatchNormalization(4, dtype="bfloat16")
    theirs = keras.layers.BatchNormalization(dtype="bfloat16")
    x = 1.1 * (data(64, 3) - 3) / 2
    for _ in range(20):
        for layer in (ours, theirs):
            y = layer(x, training=True)
            assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    assert (abs(moving(ours)[1] - 1) > 0.005).all()
    assert (moving(theirs)[1] == 1).all()


def test_large_numbers_in_float16_are_finite():
    layer = kp.layers.GhostBatchNormalization(4, dtype="float16")
    assert np.isfinite(numpy(layer(4000 * data(8, 50, 3), training=True))).all()


def test_weights_of_keras_batch_normalization_can_be_loaded():
    theirs, ours = keras.layers.BatchNormalization(momentum=0.5), kp.layers.GhostBatchNormalization(4)
    x = data(16, 3)
    theirs(x, training=True)
    ours.build((None, 3))
    ours.set_weights(theirs.get_weights())
    np.testing.assert_array_equal(numpy(ours(x)), numpy(theirs(x)))


def test_a_frozen_layer_uses_and_keeps_its_moving_statistics():
    layer = kp.layers.GhostBatchNormalization(4)
    x = data(16, 3)
    layer(x, training=True)
    layer.trainable = False
    before = moving(layer)
    np.testing.assert_array_equal(numpy(layer(x, training=True)), numpy(layer(x)))
    np.testing.assert_array_equal(before, moving(layer))


def test_a_fit_moves_the_statistics_once_a_step_and_takes_a_last_batch_of_another_size():
    x = data(23, 4, 3)
    layer = kp.layers.GhostBatchNormalization(3, momentum=0.8)
    model = keras.Sequential([keras.Input((4, 3)), layer, keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(x, x[..., :1], batch_size=8, shuffle=False, epochs=1, verbose=0)
    mean, variance = np.zeros(3), np.ones(3)
    for batch in (x[:8], x[8:16], x[16:]):
        _, means, variances = virtual_batches(batch, 3, layer.epsilon)
        sizes = [len(part) for part in np.array_split(batch, len(means))]
        mean = 0.8 * mean + 0.2 * np.average(means, axis=0, weights=sizes)
        variance = 0.8 * variance + 0.2 * np.average(variances, axis=0, weights=sizes)
    np.testing.assert_allclose(moving(layer), (mean, variance), rtol=1e-5)


def test_what_virtual_batches_have_no_use_for_is_refused():
    for name in ("renorm", "synchronized"):
        with pytest.raises(ValueError, match=name):
            kp.layers.GhostBatchNormalization(4, **{name: True})
    with pytest.raises(ValueError, match="axis"):
        kp.layers.GhostBatchNormalization(4, axis=3).build((None, 4, 3))
    with pytest.raises(ValueError, match="axis"):
        kp.layers.GhostBatchNormalization(4, axis=-3).build((None, 4, 3))
    with pytest.raises(ValueError, match="one axis less"):
        kp.layers.GhostBatchNormalization(4)(data(4, 4, 3), training=True, mask=np.ones((4,), bool))
