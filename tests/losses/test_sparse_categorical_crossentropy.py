"""SparseCategoricalCrossentropy against Keras, Torch and its `fit(class_weight=)`."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp

Loss = kp.losses.SparseCategoricalCrossentropy


def data(shape=(32,), classes=4):
    random = np.random.default_rng(0)
    return random.integers(0, classes, shape), random.normal(size=(*shape, classes)).astype("float32")


def test_without_its_own_arguments_it_is_that_of_keras():
    y, z = data((8, 5))
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2)
    ours = Loss(from_logits=True, ignore_class=2)
    assert float(ours(y, z)) == pytest.approx(float(theirs(y, z)), rel=1e-5)


def test_keras_takes_no_class_weight_and_no_smoothing():
    for argument in ({"class_weight": [1.0, 2.0]}, {"label_smoothing": 0.1}):
        with pytest.raises(TypeError):
            keras.losses.SparseCategoricalCrossentropy(**argument)


def test_smoothing_is_that_of_keras_on_one_hot_labels():
    y, z = data()
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)
    ours = Loss(from_logits=True, label_smoothing=0.2)
    assert float(ours(y, z)) == pytest.approx(float(theirs(np.eye(4)[y], z)), rel=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the peer is Torch")
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_gives_the_numbers_of_torch(smoothing):
    import torch

    y, z = data((6, 5, 4))
    first = np.moveaxis(z, -1, 1).copy()
    weights = [1.0, 2.0, 0.5, 3.0]
    arguments = dict(weight=torch.tensor(weights), ignore_index=1)
    theirs = torch.nn.functional.cross_entropy(torch.tensor(first), torch.tensor(y), **arguments)
    ours = Loss(True, weights, 0.0, ignore_class=1, axis=1, reduction="mean_with_sample_weight")
    assert float(ours(y, first)) == pytest.approx(float(theirs), rel=2e-6)
    # Torch weighs each smoothed target by its own class; without weights the two agree.
    theirs = torch.nn.functional.cross_entropy(torch.tensor(first), torch.tensor(y), label_smoothing=smoothing)
    assert float(Loss(True, None, smoothing, axis=1)(y, first)) == pytest.approx(float(theirs), rel=2e-6)


def pixels(classes=3):
    inputs = keras.Input((4, 4, 2))
    model = keras.Model(inputs, keras.layers.Conv2D(classes, 1)(inputs))
    y, _ = data((8, 4, 4), classes)
    return model, np.random.default_rng(1).normal(size=(8, 4, 4, 2)).astype("float32"), y


def test_pixels_are_weighted_where_keras_fit_refuses():
    weights = [1.0, 2.0, 5.0]
    model, x, y = pixels()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises((TypeError, ValueError)):
        model.fit(x, y, class_weight=dict(enumerate(weights)), verbose=0)

    model, x, y = pixels()
    model.compile("sgd", Loss(from_logits=True, class_weight=weights))
    z = np.asarray(model.predict(x, verbose=0), "float64")
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    by_hand = -(np.take_along_axis(log_p, y[..., None], -1)[..., 0] * np.array(weights)[y]).mean()
    assert model.evaluate(x, y, verbose=0) == pytest.approx(by_hand, rel=1e-5)
    model.fit(x, y, verbose=0)


def test_class_weights_act_as_those_of_keras_fit_on_vectors():
    y, z = data()
    weights = [1.0, 2.0, 0.5, 3.0]
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, z, sample_weight=np.array(weights)[y])
    assert float(Loss(from_logits=True, class_weight=weights)(y, z)) == pytest.approx(float(theirs), rel=1e-5)


def test_sees_the_same_loss_with_and_without_a_softmax_layer_on_every_backend():
    """Keras' own looks behind the softmax for logits on TensorFlow, and clips on the others."""
    z = np.array([[0.0, 40.0]], "float32")
    ours = Loss()(np.array([0]), keras.activations.softmax(ops.convert_to_tensor(z)))
    assert float(ours) == pytest.approx(-np.log(1e-7), rel=1e-3)


def test_trains_in_bfloat16_with_more_classes_than_it_can_count():
    keras.config.set_dtype_policy("bfloat16")
    model = keras.Sequential(
        [keras.Input((1,), dtype="int32"), keras.layers.Embedding(300, 300), keras.layers.Flatten()]
    )
    model.compile(keras.optimizers.SGD(200.0), Loss(from_logits=True))
    y = np.arange(300)
    model.fit(y[:, None], y, epochs=5, batch_size=300, verbose=0)
    assert (model.predict(y[:, None], verbose=0).argmax(axis=-1) == y).mean() > 0.99
