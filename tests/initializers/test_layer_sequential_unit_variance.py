"""layer_sequential_unit_variance on models of every make, and that it leaves no other trace."""

import json

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasparts as kp
from tests.reference.initializers import lsuv

lsuv_init = kp.initializers.layer_sequential_unit_variance
X = np.random.default_rng(0).normal(size=(256, 20)).astype("float32")
IMAGES = np.random.default_rng(1).normal(size=(32, 12, 12, 3)).astype("float32")


def output_variance(model, layer, x):
    """Of a layer before its activation, by a model of its own."""
    probe = keras.Model(model.inputs[0], layer.input)
    h = ops.convert_to_numpy(probe(x, training=False))
    activation, layer.activation = layer.activation, keras.activations.linear
    variance = ops.convert_to_numpy(layer(h)).astype("float64").var()
    layer.activation = activation
    return variance


def stack(activation="tanh", depth=10, bias="zeros"):
    hidden = [layers.Dense(50, activation, bias_initializer=bias) for _ in range(depth)]
    return keras.Sequential([keras.Input((20,)), *hidden])


class Subclassed(keras.Model):
    """Layers made in another order than they run, in a list and in a layer, with attention."""

    def __init__(self):
        super().__init__()
        self.last = layers.Dense(4, "softmax")
        self.attention = layers.MultiHeadAttention(2, 4)
        self.unused = layers.Dense(3)
        self.blocks = [keras.Sequential([layers.Dense(16, "gelu"), layers.Dropout(0.5)]) for _ in range(3)]
        self.unused.build((None, 5))

    def call(self, x):  # no `training`
        h = x + self.attention(x, x)
        for block in self.blocks:
            h = block(h)
        return self.last(h)


def test_a_ten_layer_tanh_network_has_variance_one_everywhere():
    model = stack()
    variances = lsuv_init(model, X, seed=1)
    assert variances.layers == tuple(layer.path for layer in model.layers)
    for layer, after in zip(model.layers, variances.after, strict=True):
        assert abs(after - 1) < 0.01
        assert output_variance(model, layer, X) == pytest.approx(after, rel=1e-4)
    # The outputs of tanh have a power of 0.39 under a normal input.
    assert variances.before[1:] == pytest.approx([0.394] * 9, rel=0.05)


def test_glorot_lets_the_same_network_fade():
    model = stack()
    assert output_variance(model, model.layers[-1], X) < 0.3


def test_a_convolutional_network_has_variance_one_everywhere():
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(12, 3, strides=2, activation="relu"),
            layers.Dropout(0.5),
            layers.Conv2DTranspose(6, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, "softmax"),
        ]
    )
    variances = lsuv_init(model, IMAGES, seed=1)
    scaled = [layer for layer in model.layers if hasattr(layer, "kernel")]
    assert variances.layers == tuple(layer.path for layer in scaled)
    for layer in scaled:
        assert abs(output_variance(model, layer, IMAGES) - 1) < 0.011


def test_a_subclassed_model_is_scaled_in_the_order_in_which_it_runs():
    model, x = Subclassed(), X[:64].reshape(16, 4, 20)
    model(x)
    unused = ops.convert_to_numpy(model.unused.kernel)
    variances = lsuv_init(model, x, seed=1)
    names = [path.split("/", 1)[1] for path in variances.layers]
    assert names[:4] == [f"multi_head_attention{model.attention.name[20:]}/{n}" for n in attention_order(names)]
    assert [path.split("/")[-1] for path in variances.layers[4:]] == [
        *(block.layers[0].name for block in model.blocks),
        model.last.name,
    ]
    np.testing.assert_allclose(variances.after, 1.0, atol=0.01)
    np.testing.assert_array_equal(ops.convert_to_numpy(model.unused.kernel), unused)


def attention_order(names):
    inner = [name.split("/")[-1] for name in names[:4]]
    assert sorted(inner[:3]) == ["key", "query", "value"]
    assert inner[3] == "attention_output"
    return inner


def test_branches_nested_models_and_shared_layers():
    inner = keras.Sequential([keras.Input((20,)), layers.Dense(16, "tanh"), layers.Dense(8, "relu")])
    a, b = keras.Input((20,)), keras.Input((20,))
    joined = layers.Concatenate()([inner(a), inner(b)])
    out = layers.Add()([layers.Dense(4)(joined), layers.Dense(4, "sigmoid")(a)])
    model = keras.Model([a, b], out)
    variances = lsuv_init(model, [X, 3 * X + 1], seed=1)
    assert len(variances.layers) == 4
    np.testing.assert_allclose(variances.after, 1.0, atol=0.01)
    # Both branches together, with the kernels as they are now.
    first = inner.layers[0]
    both = ops.convert_to_numpy(ops.matmul(np.concatenate([X, 3 * X + 1]), first.kernel))
    assert abs(both.astype("float64").var() - 1) < 0.011


def test_a_layer_that_feeds_itself_settles():
    shared, x = layers.Dense(20, "tanh"), keras.Input((20,))
    h = x
    for _ in range(5):
        h = shared(h)
    variances = lsuv_init(keras.Model(x, h), X, max_iterations=30, seed=1)
    assert variances.after == pytest.approx([1.0], abs=0.01)


@pytest.mark.parametrize("bias", ["zeros", "random"])
def test_gives_the_kernels_of_the_paper(bias):
    random = keras.initializers.RandomNormal(stddev=0.5, seed=3) if bias == "random" else bias
    model = stack(depth=4, bias=random)
    before = [[ops.convert_to_numpy(v) for v in (layer.kernel, layer.bias)] for layer in model.layers]
    kernels, biases = zip(*before, strict=True)
    expected = lsuv(kernels, biases, X, np.tanh, tolerance=1e-3, max_iterations=20)
    lsuv_init(model, X, tolerance=1e-3, max_iterations=20, orthonormal=False)
    for layer, kernel, bias in zip(model.layers, expected, biases, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(layer.kernel), kernel, rtol=1e-3, atol=1e-5)
        np.testing.assert_array_equal(ops.convert_to_numpy(layer.bias), bias)


def test_kernels_are_orthonormal_but_for_their_scale():
    model = stack(depth=3)
    lsuv_init(model, X, seed=1)
    kernel = ops.convert_to_numpy(model.layers[1].kernel).astype("float64")
    squares = kernel.T @ kernel
    np.testing.assert_allclose(squares, squares[0, 0] * np.eye(50), atol=1e-4)


def test_a_seed_repeats_the_kernels():
    one, same, other = stack(depth=2), stack(depth=2), stack(depth=2)
    for model, seed in ((one, 1), (same, 1), (other, 2)):
        lsuv_init(model, X, seed=seed)
    np.testing.assert_array_equal(one.get_weights()[0], same.get_weights()[0])
    assert not np.array_equal(one.get_weights()[0], other.get_weights()[0])


class Restless(layers.Layer):
    """Moves its state and a seed even in inference."""

    def __init__(self):
        super().__init__()
        self.random = keras.random.SeedGenerator(1)
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.calls.assign_add(1.0)
        self.add_loss(ops.mean(x))
        return x + 0.0 * keras.random.normal(ops.shape(x), seed=self.random)


def restless_model():
    model = keras.Sequential(
        [
            keras.Input((20,)),
            layers.Dense(8, kp.activations.Swish(2.0), kernel_regularizer="l2", activity_regularizer="l2"),
            layers.BatchNormalization(),
            Restless(),
            layers.Dropout(0.5),
            layers.Dense(3),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(X, X[:, :3], batch_size=64, verbose=0)
    return model


def state(model):
    return {
        f"{i} {v.path}": ops.convert_to_numpy(v)
        for i, v in enumerate([*model.variables, *model.metrics_variables, *model.optimizer.variables])
    }


def test_changes_nothing_but_the_kernels():
    model = restless_model()
    before, attributes = state(model), [dict(vars(layer)) for layer in model.layers]
    lsuv_init(model, X, seed=1)
    after = state(model)
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {name for name in before if name.endswith("kernel") and "adam" not in name}
    for layer, own in zip(model.layers, attributes, strict=True):
        assert set(vars(layer)) - set(own) == set()
        assert "call" not in vars(layer)
    assert isinstance(model.layers[0].activation, kp.activations.Swish)
    model.fit(X, X[:, :3], batch_size=64, verbose=0)


def test_a_failure_leaves_the_model_as_it_was():
    model = restless_model()
    before = state(model)
    bad = X.copy()
    bad[3, 4] = np.nan
    with pytest.raises(ValueError, match=r"`x` must be data on which every layer has finite outputs, but .*dense"):
        lsuv_init(model, bad)
    with pytest.raises(Exception, match=r"(?i)shape|incompatible"):
        lsuv_init(model, X[:, :7])
    for name, value in state(model).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)
    assert "call" not in vars(model.layers[0])
    assert isinstance(model.layers[0].activation, kp.activations.Swish)


def test_include_chooses_layers_by_name_path_or_object_and_frozen_ones_are_left_alone():
    model = stack(depth=4)
    first, second, third, fourth = model.layers
    assert lsuv_init(model, X, include=[first.name, second.path, third], seed=1).layers == tuple(
        layer.path for layer in (first, second, third)
    )
    first.trainable = False
    kernel = ops.convert_to_numpy(first.kernel)
    assert lsuv_init(model, X, seed=1).layers == (second.path, third.path, fourth.path)
    np.testing.assert_array_equal(ops.convert_to_numpy(first.kernel), kernel)


@pytest.mark.parametrize("dtype", ["mixed_float16", "bfloat16"])
def test_half_precision(dtype):
    model = keras.Sequential([keras.Input((20,)), *(layers.Dense(50, "tanh", dtype=dtype) for _ in range(3))])
    variances = lsuv_init(model, X, seed=1)
    np.testing.assert_allclose(variances.after, 1.0, atol=0.01)


def test_layers_that_cannot_be_scaled_are_named_and_keep_their_kernels():
    model = keras.Sequential([keras.Input((20,)), layers.Dense(5, "relu"), layers.Dense(4)])
    with pytest.warns(UserWarning, match=r"off 1 by 0.01 or more: .*dense.* \(0\), .*dense.* \(0\)"):
        variances = lsuv_init(model, np.zeros((8, 20), "float32"), seed=1)
    assert variances.after == (0.0, 0.0)
    kernel = ops.convert_to_numpy(model.layers[0].kernel)
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(5), atol=1e-5)

    biased = keras.Sequential([keras.Input((20,)), layers.Dense(2, bias_initializer=lambda shape, dtype: [9.0, -9.0])])
    with pytest.warns(UserWarning, match="off 1"):
        lsuv_init(biased, X, seed=1)
    kernel = ops.convert_to_numpy(biased.layers[0].kernel)
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(2), atol=1e-5)


def test_padding_steps_of_a_sequence_do_not_count_as_dead():
    x = X[:64].reshape(16, 4, 20).copy()
    x[:, 0] = 0.0
    model = keras.Sequential([keras.Input((4, 20)), layers.TimeDistributed(layers.Dense(6, "relu"))])
    np.testing.assert_allclose(lsuv_init(model, x, seed=1).after, 1.0, atol=0.01)


@pytest.mark.slow
def test_a_deep_relu_network_learns_where_normal_weights_of_0_05_do_not():
    y = (X[:, 0] * X[:, 1] > 0).astype("int32")

    def loss_after_training(prepare):
        keras.utils.set_random_seed(0)
        normal = [
            layers.Dense(32, "relu", kernel_initializer=keras.initializers.RandomNormal(stddev=0.05, seed=i))
            for i in range(12)
        ]
        model = keras.Sequential([keras.Input((20,)), *normal, layers.Dense(2)])
        prepare(model)
        model.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model.fit(X, y, epochs=10, batch_size=32, verbose=0).history["loss"][-1]

    assert loss_after_training(lambda model: None) > 0.69  # log(2): a coin
    assert loss_after_training(lambda model: lsuv_init(model, X, seed=1)) < 0.6


def test_the_result_is_text_and_json():
    variances = lsuv_init(stack(depth=2), X, seed=1)
    assert str(variances).count("variance") == 2
    again = json.loads(json.dumps(variances.to_dict()))
    assert again == {
        "layers": list(variances.layers),
        "before": list(variances.before),
        "after": list(variances.after),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", 3.0),
        ("x", [[1.0, 2.0]]),
        ("tolerance", 0.0),
        ("max_iterations", 0),
        ("orthonormal", None),
        ("include", ["no_such_layer"]),
        ("include", "dense"),
        ("include", []),
        ("seed", -1),
    ],
)
def test_refuses_bad_values_by_name(name, value):
    with pytest.raises(ValueError, match=rf"`{name}` must be .*Received: {name}="):
        lsuv_init(**{"model": stack(depth=1), "x": X, name: value})


def test_refuses_models_that_are_not_built_or_have_nothing_to_scale():
    for model in (keras.Sequential([layers.Dense(3)]), "model", keras.Sequential([keras.Input((20,)), layers.ReLU()])):
        with pytest.raises(ValueError, match="`model` must be"):
            lsuv_init(model, X)
    subclassed, x = Subclassed(), X[:64].reshape(16, 4, 20)
    subclassed(x)
    with pytest.raises(ValueError, match="`include` must be a list of layers that run"):
        lsuv_init(subclassed, x, include=[subclassed.unused])
