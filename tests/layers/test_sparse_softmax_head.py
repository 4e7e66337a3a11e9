"""SparseSoftmaxHead: the numbers of a dense layer and a cross-entropy, without all their logits."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts import backend
from tests.reference.heads import softmax_head

CLASSES = 11
Loss = kp.losses.SparseCategoricalCrossentropy


def data(shape=(7,), inputs=4, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(*shape, inputs)).astype("float32"), random.integers(0, CLASSES, shape)


def head(inputs=4, **arguments):
    layer = kp.layers.SparseSoftmaxHead(CLASSES, **{"rows": 3, "bias_initializer": "random_normal", **arguments})
    layer.build((None, inputs))
    return layer


def dense_like(layer):
    dense = keras.layers.Dense(CLASSES)
    dense.build((None, layer.kernel.shape[0]))
    dense.set_weights(layer.get_weights())
    return dense


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def value_and_gradients(layer, loss, x, y, sample_weight=None, training=True):
    """Of the loss by the features and the weights of the layer, in a compiled program."""
    features = keras.Variable(x)

    def of(y, sample_weight):
        return loss(y, layer(features.value, training=training), sample_weight)

    variables = [features, *layer.trainable_variables]
    value, gradients = backend.value_and_gradients(of, variables)(y, sample_weight)
    return numpy(value), [numpy(gradient) for gradient in gradients]


def agree(one, other, tolerance=1e-6):
    for a, b in zip([one[0], *one[1]], [other[0], *other[1]], strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1.0, np.abs(b).max(initial=0.0)))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_loss_and_gradients_follow_the_formula(rows, smoothing):
    x, y = data()
    layer = head(rows=rows)
    class_weight, sample_weight = np.linspace(0.5, 2.0, CLASSES), np.linspace(0.0, 1.0, len(y)).astype("float32")
    loss = Loss(True, class_weight, smoothing, ignore_class=int(y[2]))
    kept = y != y[2]
    weights = kept * class_weight[y] * sample_weight / kept.sum()
    value, *gradients = softmax_head(x, *map(numpy, layer.weights), y, weights, smoothing)
    agree(value_and_gradients(layer, loss, x, y, sample_weight), (value, gradients))


@pytest.mark.parametrize("reduction", ["sum", "mean", "mean_with_sample_weight", "none"])
@pytest.mark.parametrize("training", [True, False])
def test_has_the_numbers_of_a_dense_layer_in_every_reduction_on_sequences(reduction, training):
    x, y = data((2, 5))
    layer, loss = head(), Loss(True, np.linspace(0.5, 2.0, CLASSES), 0.1, ignore_class=1, reduction=reduction)

    def scalar(*args):
        return ops.sum(loss(*args))

    weight = np.array([0.5, 2.0], "float32")
    ours = value_and_gradients(layer, scalar, x, y, weight, training)
    agree(ours, value_and_gradients(dense_like(layer), scalar, x, y, weight))


def test_large_logits_are_as_exact_as_those_of_a_dense_layer():
    x, y = data()
    layer = head()
    layer.kernel.assign(layer.kernel * 1e4)
    agree(value_and_gradients(layer, Loss(True), x, y), value_and_gradients(dense_like(layer), Loss(True), x, y))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
def test_keeps_to_the_precision_of_the_layer(policy):
    x, y = data()
    ours, theirs = head(dtype=policy), head()
    theirs.set_weights([numpy(weight) for weight in ours.weights])
    tolerance = {"float16": 5e-3, "bfloat16": 3e-2}[ours.compute_dtype]
    agree(value_and_gradients(ours, Loss(True), x, y), value_and_gradients(theirs, Loss(True), x, y), tolerance)


def test_an_empty_batch_and_one_without_weight_are_zero():
    x, y = data()
    value, gradients = value_and_gradients(head(), Loss(True), x, y, np.zeros(len(y), "float32"))
    assert value == 0
    assert not any(gradient.any() for gradient in gradients)
    assert value_and_gradients(head(), Loss(True), *data((0,)))[0] == 0


def test_a_label_that_is_no_class_is_refused_or_nan():
    x, y = data()
    y[1] = CLASSES
    assert np.isnan(value_and_gradients(head(), Loss(True), x, y)[0])
    assert np.isfinite(value_and_gradients(head(), Loss(True, ignore_class=CLASSES), x, y)[0])
    with pytest.raises(ValueError, match="y_true"):
        Loss(True)(y, head()(x, training=True))


def Head(classes):
    return kp.layers.SparseSoftmaxHead(classes, rows=6)


def classifier(last=Head, loss=None, masked=False, **compile_arguments):
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Masking()] if masked else []
    model = keras.Sequential([keras.Input((5, 4)), *layers, keras.layers.Dense(6, "tanh"), last(CLASSES)])
    model.compile(keras.optimizers.Adam(0.01), loss or Loss(True, label_smoothing=0.1), **compile_arguments)
    return model


@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_fits_evaluates_and_predicts_as_a_dense_layer(jit_compile):
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("Torch compiles for minutes")
    x, y = data((10, 5))
    x[:, 3:] = 0.0
    results = []
    for last in (Head, keras.layers.Dense):
        model = classifier(last, masked=True, jit_compile=jit_compile, metrics=["accuracy"])
        history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history  # the last batch is smaller
        scores = model.evaluate(x, y, sample_weight=np.arange(10.0), verbose=0)
        results.append([*history["loss"], *history["accuracy"], *scores, model.predict(x, verbose=0)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_loss_of_keras_sees_ordinary_logits():
    x, y = data((10, 5))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = [
        classifier(last, loss).fit(x, y, epochs=2, shuffle=False, verbose=0).history["loss"]
        for last in (Head, keras.layers.Dense)
    ]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_a_loaded_model_trains_on_as_if_never_saved(tmp_path):
    x, y = data((10, 5))
    model = classifier()
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    losses = [each.fit(x, y, shuffle=False, verbose=0).history["loss"] for each in (model, loaded)]
    assert losses[0] == losses[1]


PEAKS = """
import keras, numpy as np, kerasparts as kp

def peak():
    return next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))

x, y = np.zeros((2048, 8), "float32"), np.zeros(2048, "int32")
for last in (kp.layers.SparseSoftmaxHead(20_000, rows=64), keras.layers.Dense(20_000)):
    model = keras.Sequential([keras.Input((8,)), last])
    model.compile("sgd", kp.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.train_on_batch(x[:16], y[:16])
    before = peak()
    model.train_on_batch(x, y)
    model.test_on_batch(x, y)
    print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_logits_of_a_batch_never_exist_as_a_whole():
    """They are 156 MB here, and a Dense layer has them more than once."""
    ours, dense = map(float, subprocess.check_output([sys.executable, "-c", PEAKS], text=True).split())
    assert ours < 100 < 156 < dense


def test_logits_are_computed_where_they_are_read_and_only_there():
    calls = []

    def compute():
        calls.append(1)
        return ops.ones((2, 3))

    tensor = backend.deferred(compute, "where from", (2, 3), "float32")
    assert backend.source_of(tensor) == "where from"
    assert tuple(tensor.shape) == (2, 3)
    assert backend.source_of(tensor + 1) is None
    if keras.backend.backend() == "torch":
        fresh = backend.deferred(compute, None, (2, 3), "float32")
        calls.clear()
        assert (fresh.ndim, fresh.size(0), len(fresh), keras.backend.standardize_dtype(fresh.dtype)) == (
            2,
            2,
            2,
            "float32",
        )
        assert not calls
        assert float(fresh.sum() + ops.max(fresh)) == 7
        assert len(calls) == 1
