"""`class_weight` of a loss beside `fit(class_weight=)` of Keras, for all kinds of targets."""

import keras
import numpy as np
import pytest

import kerasparts as kp

WEIGHTS = [1.0, 2.0, 5.0]
RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 3, 12)
PIXELS = RANDOM.integers(0, 3, (12, 2, 2))
MANY = (RANDOM.uniform(size=(12, 3)) < 0.5).astype(int)


def log_softmax(z):
    z = np.asarray(z, "float64")
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def of_labels(y, z):
    """Mean of the weighted losses of samples or pixels, by hand."""
    losses = -np.take_along_axis(log_softmax(z), y[..., None], axis=-1)[..., 0]
    return (np.array(WEIGHTS)[y] * losses).mean()


def of_entries(y, z):
    z = np.asarray(z, "float64")
    return (np.array(WEIGHTS) * np.logaddexp(0, np.where(y == 1, -z, z))).mean()


SPARSE = dict(ours=kp.losses.SparseCategoricalCrossentropy, theirs=keras.losses.SparseCategoricalCrossentropy)
TARGETS = {
    "vector": (SPARSE, LABELS, LABELS, of_labels),
    "one_hot": (
        dict(ours=kp.losses.CategoricalCrossentropy, theirs=keras.losses.CategoricalCrossentropy),
        np.eye(3)[LABELS],
        LABELS,
        of_labels,
    ),
    "multi_label": (
        dict(ours=kp.losses.BinaryCrossentropy, theirs=keras.losses.BinaryCrossentropy),
        MANY,
        MANY,
        of_entries,
    ),
    "pixels": (SPARSE, PIXELS, PIXELS, of_labels),
}


def model_of(shape, outputs=1):
    inputs = keras.Input((*shape, 4))
    heads = [keras.layers.Dense(3)(inputs) for _ in range(outputs)]
    x = np.random.default_rng(1).normal(size=(12, *shape, 4)).astype("float32")
    return keras.Model(inputs, heads if outputs > 1 else heads[0]), x


def loss_of_fit(model, x, y, loss, **arguments):
    """The loss that `fit` reports for its first batch, which is all there is."""
    model.compile(keras.optimizers.SGD(0.0), loss, run_eagerly=True)
    return model.fit(x, y, batch_size=12, verbose=0, **arguments).history["loss"][0]


@pytest.mark.parametrize("kind", TARGETS)
def test_is_the_weighted_mean_by_hand(kind):
    losses, y, labels, by_hand = TARGETS[kind]
    model, x = model_of(y.shape[1:] if kind == "pixels" else ())
    found = loss_of_fit(model, x, y, losses["ours"](from_logits=True, class_weight=WEIGHTS))
    assert found == pytest.approx(by_hand(labels, model.predict(x, verbose=0)), rel=1e-5)


def test_fit_of_keras_takes_the_first_label_of_several_and_refuses_pixels():
    losses, y, labels, by_hand = TARGETS["multi_label"]
    model, x = model_of(())
    weights = dict(enumerate(WEIGHTS))
    found = loss_of_fit(model, x, y, losses["theirs"](from_logits=True), class_weight=weights)
    z = np.asarray(model.predict(x, verbose=0), "float64")
    assert found != pytest.approx(by_hand(labels, z), rel=0.01)
    first = np.array(WEIGHTS)[y.argmax(axis=-1)]
    assert found == pytest.approx((first[:, None] * np.logaddexp(0, np.where(y == 1, -z, z))).mean(), rel=1e-5)

    losses, y, _, _ = TARGETS["pixels"]
    model, x = model_of(y.shape[1:])
    with pytest.raises((TypeError, ValueError)):
        loss_of_fit(model, x, y, losses["theirs"](from_logits=True), class_weight=weights)


def test_soft_targets_are_weighted_by_all_their_classes_where_fit_of_keras_takes_the_largest():
    y = np.tile([0.4, 0.35, 0.25], (12, 1))
    model, x = model_of(())
    ours = loss_of_fit(model, x, y, kp.losses.CategoricalCrossentropy(from_logits=True, class_weight=WEIGHTS))
    plain = -(y * log_softmax(model.predict(x, verbose=0))).sum(axis=-1).mean()
    assert ours == pytest.approx((y[0] @ WEIGHTS) * plain, rel=1e-5)
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True)
    found = loss_of_fit(model, x, y, theirs, class_weight=dict(enumerate(WEIGHTS)))
    assert found == pytest.approx(WEIGHTS[0] * plain, rel=1e-5)


def test_each_of_two_outputs_has_weights_of_its_own_where_fit_of_keras_refuses():
    model, x = model_of((), outputs=2)
    other = (LABELS + 1) % 3
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with pytest.raises(ValueError, match="class_weight"):
        loss_of_fit(model, x, [LABELS, other], [sparse, sparse], class_weight=dict(enumerate(WEIGHTS)))
    ours = kp.losses.SparseCategoricalCrossentropy
    weighted = [ours(from_logits=True, class_weight=WEIGHTS), ours(from_logits=True)]
    found = loss_of_fit(model, x, [LABELS, other], weighted)
    first, second = model.predict(x, verbose=0)
    plain = -log_softmax(second)[np.arange(12), other].mean()
    assert found == pytest.approx(of_labels(LABELS, first) + plain, rel=1e-5)


def test_two_outputs_with_one_name_each_save_their_weights(tmp_path):
    model, x = model_of((), outputs=2)
    loss = kp.losses.Focal(alpha=[0.2, 0.3, 0.5], from_logits=True, class_weight=np.array(WEIGHTS))
    model.compile("sgd", [loss, kp.losses.LogitAdjusted([5, 4, 3], from_logits=True)])
    before = model.evaluate(x, [LABELS, LABELS], verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.evaluate(x, [LABELS, LABELS], verbose=0) == pytest.approx(before)
