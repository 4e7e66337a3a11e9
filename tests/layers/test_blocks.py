"""Residual, LayerScale and SqueezeExcite."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts import backend

Conv1D, Conv2D, Conv3D, Dense = (getattr(keras.layers, name) for name in ("Conv1D", "Conv2D", "Conv3D", "Dense"))


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def data(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_keras_has_none_of_them():
    for name in ("Residual", "LayerScale", "SqueezeExcite"):
        assert hasattr(kp.layers, name)
        assert not hasattr(keras.layers, name)


@pytest.mark.parametrize(
    ("block", "shape", "kind", "strides"),
    [
        (lambda: Dense(4), (4,), None, None),
        (lambda: Dense(6), (4,), Dense, None),
        (lambda: Dense(6), (5, 4), Dense, None),
        (lambda: Conv1D(4, 3, padding="causal"), (5, 4), None, None),
        (lambda: Conv1D(4, 3, strides=2, padding="same"), (5, 4), Conv1D, (2,)),
        (lambda: Conv2D(6, 3, padding="same"), (5, 5, 4), Dense, None),
        (lambda: Conv2D(6, 3, strides=2, padding="same"), (7, 8, 4), Conv2D, (2, 2)),
        (lambda: Conv2D(4, 1, strides=(1, 3)), (7, 8, 4), Conv2D, (1, 3)),
        (lambda: keras.layers.GlobalAveragePooling2D(keepdims=True), (7, 8, 4), Conv2D, (7, 8)),
        (lambda: keras.layers.AveragePooling3D(2), (4, 4, 4, 2), Conv3D, (2, 2, 2)),
        (lambda: Conv2D(6, 3, strides=2, padding="same"), (None, 8, 4), Conv2D, (2, 2)),
        (lambda: Conv1D(4, 3, padding="same"), (None, 4), None, None),
    ],
)
def test_the_projection_follows_from_the_shapes(block, shape, kind, strides):
    layer = kp.layers.Residual(block())
    symbolic = layer(keras.KerasTensor((None, *shape)))
    assert symbolic.shape == layer.compute_output_shape((None, *shape))
    assert layer.shortcut is None if kind is None else type(layer.shortcut) is kind
    assert strides is None or layer.shortcut.strides == strides
    x = data(2, *[9 if size is None else size for size in shape])
    shortcut = x if kind is None else layer.shortcut(x)
    np.testing.assert_allclose(numpy(layer(x)), numpy(shortcut) + numpy(layer.block(x)), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "shape", "reason"),
    [
        (dict(block=Conv2D(4, 3)), (8, 8, 4), "no strides"),  # 8 places to 6
        (dict(block=keras.layers.UpSampling1D(2)), (8, 4), "no strides"),
        (dict(block=keras.layers.Flatten()), (8, 4), "leads from"),
        (dict(block=Dense(3), projection=None), (4,), "leads from"),
        (dict(block=Dense(3), projection=Dense(4)), (4,), "gives the block's shape"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(arguments, shape, reason):
    with pytest.raises(ValueError, match=f"projection.*{reason}"):
        kp.layers.Residual(**arguments)(keras.KerasTensor((None, *shape)))


def test_a_block_can_be_a_layer_a_list_or_a_model():
    x = data(3, 4)
    dense = [Dense(5, "tanh"), Dense(4)]
    inputs = keras.Input((4,))
    model = keras.Model(inputs, dense[1](dense[0](inputs)))
    blocks = [dense, tuple(dense), keras.Sequential(dense), model, kp.layers.Residual(dense, name="inner")]
    plain, *others, nested = (numpy(kp.layers.Residual(block)(x)) for block in blocks)
    for other in others:
        np.testing.assert_allclose(other, plain, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(nested, plain + x, rtol=1e-5, atol=1e-6)


def test_rezero_starts_as_the_identity_and_learns_to_leave_it():
    layer = kp.layers.Residual([Dense(8, "relu"), Dense(4)], scale_init=0.0)
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(loss="mse")
    x = data(8, 4)
    np.testing.assert_array_equal(numpy(model(x)), x)
    assert tuple(layer.scale.scale.shape) == ()
    _, gradients = backend.model_value_and_gradients(model)(x, x + 1)
    of = {v.path.split("/")[-1]: numpy(g) for v, g in zip(model.trainable_variables, gradients, strict=True)}
    assert of["scale"] != 0


def test_layer_scale_has_a_number_a_channel():
    layer = kp.layers.Residual(Dense(4), scale_init=1e-5, scale_per_channel=True)
    layer.build((None, 4))
    np.testing.assert_allclose(numpy(layer.scale.scale), np.full(4, 1e-5), rtol=1e-6)


def test_gradients_pass_through_forty_blocks_as_they_do_not_through_plain_layers():
    def ratio(wrap):
        layers = [wrap(Dense(16, "sigmoid")) for _ in range(40)]
        model = keras.Sequential([keras.Input((16,)), *layers, Dense(1)])
        model.compile(loss="mse")
        _, gradients = backend.model_value_and_gradients(model)(data(32, 16), data(32, 1))
        paths = [v.path for v in model.trainable_variables]
        kernels = [numpy(g) for path, g in zip(paths, gradients, strict=True) if path.endswith("kernel")]
        return np.linalg.norm(kernels[0]) / np.linalg.norm(kernels[-2])

    assert ratio(lambda layer: layer) < 1e-6
    assert 0.2 < ratio(lambda layer: kp.layers.Residual(layer, scale_init=0.1)) < 5


def test_the_branch_of_whole_samples_is_dropped_and_the_shortcut_never():
    block = Dense(4, kernel_initializer="ones")
    layer = kp.layers.Residual(block, drop_path=0.5, scale_init=2.0, seed=1)
    x = data(200, 4)
    branch = (numpy(layer(x, training=True)) - x) / (2 * numpy(block(x)))
    np.testing.assert_allclose(branch, np.repeat(branch[:, :1].round() // 2 * 2, 4, axis=1), atol=1e-3)
    assert set(branch[:, 0].round()) == {0.0, 2.0}
    np.testing.assert_allclose(numpy(layer(x)), x + 2 * numpy(block(x)), rtol=1e-5, atol=1e-5)


def test_a_mask_is_kept_where_the_places_are():
    x = data(2, 6, 4)
    x[:, 4:] = 0
    masked = keras.layers.Masking()(x)
    y = kp.layers.Residual(Dense(5))(masked)
    np.testing.assert_array_equal(numpy(y._keras_mask), numpy(masked._keras_mask))
    strided = kp.layers.Residual(Conv1D(4, 3, strides=2, padding="same"))
    strided.build((2, 6, 4))
    assert strided.compute_mask(x, masked._keras_mask) is None


def test_a_residual_net_of_convolutions_is_saved_loaded_and_trains_on_in_half_precision(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    block = [Conv2D(6, 3, strides=2, padding="same"), kp.layers.GhostBatchNormalization(4), keras.layers.ReLU()]
    stage = kp.layers.Residual(
        [*block, kp.layers.SqueezeExcite(2)], drop_path=0.2, scale_init=1e-3, scale_per_channel=True, seed=1
    )
    pooling = keras.layers.GlobalAveragePooling2D()
    model = keras.Sequential([keras.Input((None, None, 3)), stage, pooling, Dense(1)])
    model.compile("sgd", "mse")
    model.fit(data(8, 7, 7, 3), data(8, 1), batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = data(2, 9, 9, 3)
    np.testing.assert_array_equal(numpy(loaded(x)), numpy(model(x)))
    np.testing.assert_array_equal(numpy(loaded(x, training=True)), numpy(model(x, training=True)))


@pytest.mark.parametrize("axis", [-1, 1])
def test_layer_scale_is_along_its_axis(axis):
    layer = kp.layers.LayerScale(0.5, axis=axis)
    x = data(2, 3, 4, 3)
    layer.build(x.shape)
    layer.scale.assign([1.0, 10.0, 100.0])
    expected = np.moveaxis(np.moveaxis(x, axis, -1) * [1, 10, 100], -1, axis)
    np.testing.assert_allclose(numpy(layer(x)), expected, rtol=1e-6)


def test_a_tiny_scale_keeps_its_digits_in_float16():
    layer = kp.layers.LayerScale(1e-6, dtype="mixed_float16")
    x = 10000 * np.ones((1, 3), "float32")
    np.testing.assert_allclose(numpy(layer(x)), 0.01, rtol=1e-3)
    naive = np.float16(1e-6) * x.astype("float16")
    assert abs(naive[0, 0] - 0.01) > 1e-4


@pytest.mark.parametrize("places", [(5,), (5, 4), (3, 2, 4)])
def test_squeeze_excite_weighs_channels_by_the_means_of_all_places(places):
    layer = kp.layers.SqueezeExcite(ratio=2)
    x = data(3, *places, 6)
    pooled = x.reshape(3, -1, 6).mean(axis=1)
    y = numpy(layer(x))
    gates = numpy(layer.excite(layer.squeeze(pooled)))
    assert tuple(layer.squeeze.kernel.shape) == (6, 3)
    assert ((gates > 0) & (gates < 1)).all()
    np.testing.assert_allclose(y, x * gates.reshape(3, *[1] * len(places), 6), rtol=1e-5, atol=1e-6)


def test_squeeze_excite_along_another_axis_is_the_same():
    last, first = kp.layers.SqueezeExcite(2), kp.layers.SqueezeExcite(2, axis=1)
    x = data(3, 5, 4, 6)
    y = numpy(last(x))
    first.build((3, 6, 5, 4))
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(numpy(first(np.moveaxis(x, -1, 1))), np.moveaxis(y, -1, 1), rtol=1e-5, atol=1e-6)


def test_masked_places_do_not_count_for_squeeze_excite():
    layer = kp.layers.SqueezeExcite(2)
    x = data(3, 5, 6)
    mask = np.ones((3, 5), bool)
    mask[1, 2:] = mask[2] = False
    short = numpy(layer(x[1:2, :2]))
    y = numpy(layer(np.where(mask[..., None], x, 100).astype("float32"), mask=mask))
    np.testing.assert_allclose(y[1:2, :2], short, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(y[:1], numpy(layer(x[:1])), rtol=1e-5, atol=1e-6)
    assert np.isfinite(y).all()


def test_the_two_layers_of_squeeze_excite_start_apart():
    layer = kp.layers.SqueezeExcite(1, kernel_initializer=keras.initializers.GlorotUniform())
    layer.build((None, 5, 6))
    assert not np.array_equal(numpy(layer.squeeze.kernel), numpy(layer.excite.kernel))


def test_sizes_that_squeeze_excite_and_layer_scale_cannot_take_are_refused():
    for layer, shape in (
        (kp.layers.SqueezeExcite(2), (None, 6)),
        (kp.layers.SqueezeExcite(2), (None, 5, None)),
        (kp.layers.SqueezeExcite(2, axis=3), (None, 5, 6)),
        (kp.layers.LayerScale(axis=2), (None, 6)),
        (kp.layers.LayerScale(), (None, None)),
    ):
        with pytest.raises(ValueError, match="Received"):
            layer.build(shape)
