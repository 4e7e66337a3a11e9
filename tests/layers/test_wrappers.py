"""DropConnect, WeightNoise, WeightNormalization and NoisyDense: what training does to the kernel, and leaves alone."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts import backend
from kerasparts.core.layers import KERNEL_LAYERS

DROP = functools.partial(kp.layers.DropConnect, rate=0.4, seed=1)
NOISE = functools.partial(kp.layers.WeightNoise, stddev=0.2, seed=1)
WRAPPERS = pytest.mark.parametrize("wrap", [DROP, NOISE, kp.layers.WeightNormalization], ids=["drop", "noise", "norm"])
KERNELS = [
    (keras.layers.Dense(4), (5, 3)),
    (keras.layers.EinsumDense("abc,cde->abde", (5, 2, 4)), (5, 3)),
    (keras.layers.Conv1D(4, 2), (5, 3)),
    (keras.layers.Conv2D(4, 2, strides=2, padding="same"), (5, 5, 3)),
    (keras.layers.Conv3D(4, 2), (3, 3, 3, 3)),
    (keras.layers.Conv1DTranspose(4, 2), (5, 3)),
    (keras.layers.Conv2DTranspose(4, 2), (5, 5, 3)),
    (keras.layers.Conv3DTranspose(4, 2), (3, 3, 3, 3)),
]
EVERY_KERNEL = pytest.mark.parametrize(("layer", "shape"), KERNELS, ids=[type(layer).__name__ for layer, _ in KERNELS])


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def data(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def fresh(layer):
    return type(layer).from_config(layer.get_config())


def altered_kernel(wrapper, inputs):
    """The kernel of a dense layer that a call in training used."""
    return numpy(wrapper(np.eye(inputs, dtype="float32"), training=True))


def test_keras_has_none_of_them():
    for name in ("DropConnect", "WeightNoise", "WeightNormalization", "NoisyDense", "GhostBatchNormalization"):
        assert hasattr(kp.layers, name)
        assert not hasattr(keras.layers, name)


def test_every_kind_of_kernel_is_tried():
    assert [type(layer) for layer, _ in KERNELS] == list(KERNEL_LAYERS)


@EVERY_KERNEL
@pytest.mark.parametrize("wrap", [DROP, NOISE], ids=["drop", "noise"])
def test_training_alters_any_kernel_and_inference_none(layer, shape, wrap):
    x = data(2, *shape)
    plain = fresh(layer)
    expected = numpy(plain(x))
    wrapper = wrap(plain)  # a layer that has weights keeps them
    np.testing.assert_array_equal(numpy(wrapper(x)), expected)
    assert not np.allclose(numpy(wrapper(x, training=True)), expected, atol=0.01)
    assert wrapper.compute_output_shape((2, *shape)) == expected.shape
    np.testing.assert_array_equal(numpy(plain(x)), expected)


def test_drop_connect_drops_each_connection_at_its_rate_and_scales_the_others():
    wrapper = kp.layers.DropConnect(keras.layers.Dense(200, kernel_initializer="ones"), rate=0.3, seed=1)
    w = altered_kernel(wrapper, 100)
    np.testing.assert_allclose(np.unique(w), [0, 1 / 0.7], rtol=1e-6)
    dropped = w == 0
    assert abs(dropped.mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / w.size)  # five standard deviations
    # Single connections, where Keras' Dropout drops a unit with all of its own:
    assert 0 < dropped.mean(axis=1).min() <= dropped.mean(axis=1).max() < 1
    dropout = keras.Sequential([keras.layers.Dropout(0.3, seed=1), keras.layers.Dense(200, kernel_initializer="ones")])
    rows = numpy(dropout(np.ones((4, 100), "float32"), training=True))
    assert (rows == rows[:, :1]).all()


def test_drop_connect_gives_the_mean_at_inference_and_keeps_biases():
    layer = keras.layers.Dense(3, bias_initializer="ones")
    wrapper = kp.layers.DropConnect(layer, rate=0.5, seed=1)
    x = data(2, 5)
    draws = np.array([numpy(wrapper(x, training=True)) for _ in range(400)])
    error = draws.std(axis=0) / 20
    assert (abs(draws.mean(axis=0) - numpy(wrapper(x))) < 5 * error).all()
    zero = numpy(wrapper(np.zeros((1, 5), "float32"), training=True))
    np.testing.assert_array_equal(zero, np.ones((1, 3)))


def test_additive_noise_adds_its_variance_times_the_square_of_the_inputs():
    wrapper = kp.layers.WeightNoise(keras.layers.Dense(4000), stddev=0.1, seed=1)
    x = data(3, 8)
    noise = numpy(wrapper(x, training=True)) - numpy(wrapper(x))
    expected = 0.1**2 * (x**2).sum(axis=1)
    np.testing.assert_allclose(noise.var(axis=1), expected, rtol=5 * np.sqrt(2 / 4000))  # five standard deviations
    assert (abs(noise.mean(axis=1)) < 5 * np.sqrt(expected / 4000)).all()


def test_multiplicative_noise_is_in_proportion_to_the_weights():
    layer = keras.layers.Dense(2000)
    wrapper = kp.layers.WeightNoise(layer, stddev=0.1, mode="multiplicative", seed=1)
    wrapper.build((None, 3))
    layer.kernel.assign(np.outer([0.0, 1.0, -10.0], np.ones(2000)))
    w = altered_kernel(wrapper, 3)
    assert (w[0] == 0).all()
    np.testing.assert_allclose(w.mean(axis=1), [0, 1, -10], rtol=5 * 0.1 / np.sqrt(2000), atol=1e-9)
    np.testing.assert_allclose(w.std(axis=1), [0, 0.1, 1], rtol=5 / np.sqrt(4000))


@pytest.mark.parametrize("wrap", [DROP, NOISE], ids=["drop", "noise"])
def test_a_fit_sees_the_regularizers_and_constraints_of_the_layer(wrap):
    """With so little noise that all is as without the wrapper."""
    losses, weights = [], []
    for wrapped in (False, True):
        keras.utils.set_random_seed(3)
        layer = keras.layers.Dense(
            4,
            kernel_regularizer=keras.regularizers.L2(0.1),
            activity_regularizer=keras.regularizers.L2(0.1),
            bias_constraint=keras.constraints.NonNeg(),
        )
        part = layer
        if wrapped:
            part = wrap(layer)
            setattr(part, "rate" if wrap is DROP else "stddev", 1e-9)
        model = keras.Sequential([keras.Input((3,)), part, keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.01), "mse")
        fit = model.fit(data(16, 3), data(16, 1), batch_size=8, shuffle=False, verbose=0)
        losses.append(fit.history["loss"])
        weights.append([numpy(weight) for weight in (*layer.weights, *model.layers[-1].weights)])
    np.testing.assert_allclose(*losses, rtol=1e-5)
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@EVERY_KERNEL
def test_weight_normalization_starts_as_the_layer_and_then_ignores_the_length_of_each_units_kernel(layer, shape):
    x = data(2, *shape)
    plain = fresh(layer)
    expected = numpy(plain(x))
    wrapper = kp.layers.WeightNormalization(plain)
    np.testing.assert_allclose(numpy(wrapper(x)), expected, rtol=1e-5, atol=1e-6)
    scales = np.arange(1, 1 + np.prod(wrapper.length.shape)).reshape(wrapper.length.shape)
    kernel = numpy(plain.kernel)
    is_transposed = "Transpose" in type(layer).__name__
    plain.kernel.assign(kernel * (scales[:, None] if is_transposed else scales))
    np.testing.assert_allclose(numpy(wrapper(x)), expected, rtol=1e-5, atol=1e-6)
    wrapper.length.assign(2 * numpy(wrapper.length))
    np.testing.assert_allclose(numpy(wrapper(x)), 2 * expected, rtol=1e-5, atol=1e-5)  # biases are zero


def test_gradients_of_weight_normalization_are_those_of_the_paper():
    """Equation 3, and that the gradient of v is orthogonal to v."""
    layer = keras.layers.Dense(2)
    wrapper = kp.layers.WeightNormalization(layer)
    model = keras.Sequential([keras.Input((3,)), wrapper])
    model.compile(loss="mse")
    wrapper.length.assign([2.0, 0.5])
    x, y = data(8, 3), data(8, 2)
    _, gradients = backend.model_value_and_gradients(model)(x, y)
    of = {v.path.split("/")[-1]: numpy(g) for v, g in zip(model.trainable_variables, gradients, strict=True)}

    v, length = numpy(layer.kernel), np.array([2.0, 0.5])
    norm = np.sqrt((v**2).sum(axis=0))
    error = x.astype("float64") @ (length * v / norm) - y
    of_w = x.T.astype("float64") @ error * 2 / error.size
    of_length = (of_w * v).sum(axis=0) / norm
    np.testing.assert_allclose(of["length"], of_length, rtol=1e-4, atol=1e-6)
    expected = length / norm * of_w - length * of_length / norm**2 * v
    np.testing.assert_allclose(of["kernel"], expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(of["bias"], error.sum(axis=0) * 2 / error.size, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose((of["kernel"] * v).sum(axis=0), 0, atol=1e-6)


def test_weight_normalization_of_zeros_is_finite_and_learns():
    model = keras.Sequential(
        [keras.Input((3,)), kp.layers.WeightNormalization(keras.layers.Dense(2, kernel_initializer="zeros"))]
    )
    model.compile(loss="mse")
    x = data(8, 3)
    np.testing.assert_array_equal(numpy(model(x)), 0)
    _, gradients = backend.model_value_and_gradients(model)(x, x[:, :2])
    assert all(np.isfinite(numpy(g)).all() for g in gradients)
    assert any(numpy(g).any() for g in gradients)


@WRAPPERS
def test_weights_of_the_plain_layer_fit_into_the_wrapped_one(wrap):
    plain, layer = keras.layers.Dense(4), keras.layers.Dense(4)
    wrapper = wrap(layer)
    x = data(2, 3)
    plain(x)
    layer.build((None, 3))
    layer.set_weights(plain.get_weights())
    np.testing.assert_allclose(numpy(wrapper(x)), numpy(plain(x)), rtol=1e-5, atol=1e-6)


@WRAPPERS
def test_the_precision_is_that_of_the_layer(wrap):
    wrapper = wrap(keras.layers.Dense(4, dtype="mixed_float16"))
    y = wrapper(data(2, 3), training=True)
    assert keras.backend.standardize_dtype(y.dtype) == wrapper.compute_dtype == "float16"
    assert {weight.dtype for weight in wrapper.weights} == {"float32"}


@WRAPPERS
@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Dropout(0.5),
        keras.layers.DepthwiseConv2D(3),
        keras.layers.Embedding(3, 4),
        keras.layers.LSTM(3),
        kp.layers.WeightNoise(keras.layers.Dense(3)),
        keras.Sequential([keras.layers.Dense(3)]),
        keras.layers.Dense,
    ],
)
def test_what_has_no_kernel_of_its_own_is_refused(wrap, layer):
    with pytest.raises(ValueError, match="`layer` must be one of the layers Dense"):
        wrap(layer)


@WRAPPERS
def test_a_kernel_with_lora_is_refused(wrap):
    layer = keras.layers.Dense(3, lora_rank=1)
    with pytest.raises(ValueError, match="LoRA"):
        wrap(layer).build((None, 4))


def test_noise_of_a_noisy_layer_is_factorized_or_not():
    for factorized, rank in ((True, 1), (False, 5)):
        layer = kp.layers.NoisyDense(5, factorized=factorized, use_bias=False, seed=1)
        layer.build((None, 6))
        noise = (altered_kernel(layer, 6) - numpy(layer.kernel)) / numpy(layer.kernel_scale)
        assert np.linalg.matrix_rank(noise, tol=1e-3) == rank


@pytest.mark.parametrize(("factorized", "variance"), [(True, 2 / np.pi), (False, 1.0)])
def test_noise_of_a_noisy_layer_has_the_variance_of_the_paper(factorized, variance):
    """Of the square of `E|z|` for a product of two roots: `2 / pi`."""
    layer = kp.layers.NoisyDense(40, factorized=factorized, seed=1)
    layer.build((None, 30))
    weights = numpy(layer.kernel)
    noises = np.array([altered_noise(layer, weights) for _ in range(30)])
    np.testing.assert_allclose(noises.var(), variance, rtol=0.1)
    assert abs(noises.mean()) < 0.1


def altered_noise(layer, kernel):
    y = numpy(layer(np.concatenate([np.zeros((1, 30)), np.eye(30)]).astype("float32"), training=True))
    return (y[1:] - y[0] - kernel) / numpy(layer.kernel_scale)  # without the bias and its noise


def test_a_noisy_layer_starts_as_in_the_paper():
    factorized, independent = kp.layers.NoisyDense(500), kp.layers.NoisyDense(500, factorized=False)
    for layer, limit, scale in ((factorized, 1 / 4, 0.5 / 4), (independent, np.sqrt(3) / 4, 0.017)):
        layer.build((None, 16))
        assert 0.99 * limit < abs(numpy(layer.kernel)).max() <= limit + 1e-6
        assert 0.9 * limit < abs(numpy(layer.bias)).max() <= limit + 1e-6
        np.testing.assert_allclose(numpy(layer.kernel_scale), scale, rtol=1e-6)
        np.testing.assert_allclose(numpy(layer.bias_scale), scale, rtol=1e-6)


def test_a_noisy_layer_learns_its_noise_in_training_and_has_none_at_inference():
    layer = kp.layers.NoisyDense(3, seed=1)
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(data(16, 3), data(16, 3), batch_size=8, epochs=1, verbose=0)
    assert np.ptp(numpy(layer.kernel_scale)) > 0
    assert np.ptp(numpy(layer.bias_scale)) > 0
    x = data(2, 3)
    np.testing.assert_allclose(numpy(layer(x)), x @ numpy(layer.kernel) + numpy(layer.bias), rtol=1e-5, atol=1e-6)
