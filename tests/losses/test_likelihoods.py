"""Losses of probabilities beside those of Keras, Torch and scikit-learn."""

import keras
import numpy as np
import pytest
from keras import ops
from sklearn.metrics import log_loss

import kerasparts as kp
from kerasparts import backend

RANDOM = np.random.default_rng(0)
Z = RANDOM.normal(size=(40, 4)).astype("float32") * 3
LABELS = RANDOM.integers(0, 4, 40)
ROWS = np.eye(4)[LABELS]
MANY = (RANDOM.uniform(size=(40, 4)) < 0.5).astype("float32")
WEIGHTS = np.array([1.0, 2.0, 0.5, 3.0])
TORCH = pytest.mark.skipif(keras.backend.backend() != "torch", reason="the peer is Torch")


def softmax(z):
    p = np.exp(np.asarray(z, "float64"))
    return p / p.sum(axis=-1, keepdims=True)


def number(loss, y, z):
    return float(loss(y, z))


PEERS = {  # ours, Keras' with the same arguments, targets
    "categorical": (
        kp.losses.CategoricalCrossentropy(True, None, 0.2),
        keras.losses.CategoricalCrossentropy(True, 0.2),
        ROWS,
    ),
    "binary": (
        kp.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2),
        keras.losses.BinaryCrossentropy(True, 0.2),
        MANY,
    ),
    "focal of entries": (
        kp.losses.Focal(1.5, 0.3, multi_label=True, from_logits=True),
        keras.losses.BinaryFocalCrossentropy(True, 0.3, 1.5, from_logits=True),
        MANY,
    ),
    "focal of classes": (
        kp.losses.Focal(1.5, [0.1, 0.2, 0.3, 0.4], from_logits=True),
        keras.losses.CategoricalFocalCrossentropy([0.1, 0.2, 0.3, 0.4], 1.5, from_logits=True),
        ROWS,
    ),
}


@pytest.mark.parametrize("name", PEERS)
def test_gives_the_numbers_of_keras(name):
    ours, theirs, y = PEERS[name]
    assert number(ours, y, Z) == pytest.approx(number(theirs, y, Z), rel=1e-4)


def test_divergence_gives_the_number_of_keras():
    y, p = softmax(2 * RANDOM.normal(size=Z.shape)), softmax(Z)
    theirs = keras.losses.KLDivergence()
    assert number(kp.losses.KLDivergence(), y, p) == pytest.approx(number(theirs, y, p), rel=1e-4)


def test_log_loss_of_scikit_learn_with_class_weights_as_sample_weights():
    w = WEIGHTS[LABELS]
    theirs = log_loss(LABELS, softmax(Z), sample_weight=w)
    shared = dict(from_logits=True, class_weight=WEIGHTS, reduction="mean_with_sample_weight")
    assert number(kp.losses.SparseCategoricalCrossentropy(**shared), LABELS, Z) == pytest.approx(theirs, rel=1e-5)
    assert number(kp.losses.CategoricalCrossentropy(**shared), ROWS, Z) == pytest.approx(theirs, rel=1e-5)
    y, z = MANY[:, 0], Z[:, :1]
    theirs = log_loss(y, 1 / (1 + np.exp(-z[:, 0].astype("float64"))), sample_weight=np.where(y == 1, 3.0, 1.0))
    ours = kp.losses.BinaryCrossentropy(**shared | {"class_weight": [1.0, 3.0]})
    assert number(ours, y, z) == pytest.approx(theirs, rel=1e-5)


@TORCH
def test_gives_the_numbers_of_torch():
    from torch import nn, tensor

    weight, z, many, rows = tensor(WEIGHTS), tensor(Z), tensor(MANY), tensor(ROWS)
    theirs = nn.functional.binary_cross_entropy_with_logits(z, many, weight, pos_weight=2 * weight)
    ours = kp.losses.BinaryCrossentropy(2 * WEIGHTS, from_logits=True, class_weight=WEIGHTS)
    assert number(ours, MANY, Z) == pytest.approx(float(theirs), rel=1e-5)

    theirs = nn.functional.cross_entropy(z, rows, label_smoothing=0.3)
    ours = kp.losses.CategoricalCrossentropy(True, label_smoothing=0.3)
    assert number(ours, ROWS, Z) == pytest.approx(float(theirs), rel=1e-5)

    theirs = nn.functional.kl_div(
        nn.functional.log_softmax(z / 3, -1), nn.functional.log_softmax(2 * many / 3, -1), None, None, "batchmean", True
    )
    ours = kp.losses.KLDivergence(3.0, targets_from_logits=True, from_logits=True)
    assert number(ours, 2 * MANY, Z) == pytest.approx(9 * float(theirs), rel=1e-5)


def test_keras_lacks_the_arguments():
    for theirs, argument in (
        (keras.losses.CategoricalCrossentropy, {"class_weight": [1.0, 2.0]}),
        (keras.losses.CategoricalCrossentropy, {"ignore_class": 0}),
        (keras.losses.BinaryCrossentropy, {"pos_weight": 2.0}),
        (keras.losses.BinaryCrossentropy, {"ignore_class": -1}),
        (keras.losses.CategoricalFocalCrossentropy, {"class_weight": [1.0, 2.0]}),
        (keras.losses.KLDivergence, {"temperature": 2.0}),
    ):
        with pytest.raises(TypeError):
            theirs(**argument)
    for missing in ("LogitAdjusted", "LDAM", "Asymmetric", "SparseCategoricalFocalCrossentropy"):
        assert not hasattr(keras.losses, missing)


def test_gaps_of_one_hot_rows_are_their_class_or_rows_of_a_number():
    keep = LABELS != 2
    plain = number(kp.losses.CategoricalCrossentropy(True), ROWS[keep], Z[keep])
    assert number(kp.losses.CategoricalCrossentropy(True, ignore_class=2), ROWS, Z) == pytest.approx(plain, rel=1e-5)
    padded = np.where(keep[:, None], ROWS, -1)
    ours = kp.losses.CategoricalCrossentropy(True, ignore_class=-1)
    assert number(ours, padded, Z) == pytest.approx(plain, rel=1e-5)


def test_vectors_without_an_axis_of_classes_are_samples_of_one_output():
    y, z = MANY[:, 0], Z[:, 0]
    column = kp.losses.BinaryCrossentropy(from_logits=True, class_weight=[1.0, 2.0])
    assert number(column, y, z) == pytest.approx(number(column, y[:, None], z[:, None]))


def slope(loss, y, z):
    variable = keras.Variable(np.asarray(z, "float32"))
    _, (gradient,) = backend.value_and_gradients(lambda: loss(y, variable.value), [variable])()
    return ops.convert_to_numpy(gradient)


def test_far_off_students_still_learn_from_a_teacher_where_keras_has_no_gradient():
    y, z = np.array([[1.0, 0.0]]), np.array([[-30.0, 30.0]])
    theirs = slope(lambda y, z: keras.losses.KLDivergence()(y, ops.softmax(z)), y, z)
    assert np.abs(theirs).max() < 1e-6
    assert np.abs(slope(kp.losses.KLDivergence(from_logits=True), y, z)).max() == pytest.approx(1.0, rel=1e-3)


def test_temperature_leaves_the_size_of_the_gradient():
    """Hinton et al., equation 4: at high temperature it is that of half the squared distance of centred logits."""
    t, z = np.array([[2.0, 0.0, -1.0]]), np.array([[0.0, 1.0, -0.5]])
    loss = kp.losses.KLDivergence(1000.0, targets_from_logits=True, from_logits=True)
    centred = (z - z.mean()) - (t - t.mean())
    np.testing.assert_allclose(slope(loss, t, z), centred / 3, rtol=5e-3, atol=5e-3)


def test_focal_fades_what_is_right_and_keras_has_none_for_labels():
    z = np.array([[np.log(9.0), 0.0]], "float32")  # p = 0.9
    plain = kp.losses.SparseCategoricalCrossentropy(True)
    ours = kp.losses.Focal(2.0, from_logits=True)
    assert number(ours, np.array([0]), z) == pytest.approx(0.01 * number(plain, np.array([0]), z), rel=1e-4)


def test_alpha_from_counts_gives_each_class_the_same_share():
    ours = kp.losses.Focal(0.0, kp.losses.class_weights(counts=[30, 10]), from_logits=True, reduction=None)
    losses = ops.convert_to_numpy(ours(np.array([0] * 30 + [1] * 10), np.zeros((40, 2), "float32")))
    assert losses[:30].sum() == pytest.approx(losses[30:].sum(), rel=1e-5)


def test_logits_of_no_use_beat_none_under_adjustment_alone():
    """With labels as frequent as the counts say, equal logits are best under adjustment, the prior's otherwise."""
    counts = [80, 15, 5]
    y = np.repeat([0, 1, 2], counts)
    still = np.zeros((100, 3))
    adjusted = slope(kp.losses.LogitAdjusted(counts, from_logits=True), y, still).sum(axis=0)
    np.testing.assert_allclose(adjusted, 0.0, atol=1e-6)
    assert np.abs(slope(kp.losses.SparseCategoricalCrossentropy(True), y, still).sum(axis=0)).max() > 0.1
    with_prior = slope(kp.losses.LogitAdjusted(counts, 0.0, from_logits=True), y, still + np.log(counts))
    np.testing.assert_allclose(with_prior.sum(axis=0), 0.0, atol=1e-6)


def test_margins_are_those_of_the_paper():
    """Class 1 is 16 times rarer, so its margin is twice that of class 0."""
    ours = kp.losses.LDAM([160, 10], max_margin=0.5, scale=2.0, from_logits=True, reduction=None)
    z = np.array([[1.0, 0.0], [0.0, 1.0]], "float32")
    won_by = np.array([1.0 - 0.25, 1.0 - 0.5])
    np.testing.assert_allclose(
        ops.convert_to_numpy(ours(np.array([0, 1]), z)), np.log1p(np.exp(-2 * won_by)), rtol=1e-5
    )


def test_asymmetric_is_focal_or_cross_entropy_with_its_own_arguments_off():
    shared = dict(multi_label=True, from_logits=True)
    ours = kp.losses.Asymmetric(1.5, 1.5, 0.0, from_logits=True)
    assert number(ours, MANY, Z) == pytest.approx(number(kp.losses.Focal(1.5, **shared), MANY, Z), rel=1e-5)
    ours = kp.losses.Asymmetric(0.0, 0.0, 0.0, from_logits=True)
    plain = kp.losses.BinaryCrossentropy(from_logits=True)
    assert number(ours, MANY, Z) == pytest.approx(number(plain, MANY, Z), rel=1e-5)


def test_zeros_below_the_margin_have_no_gradient():
    loss = kp.losses.Asymmetric(margin=0.1, from_logits=True)
    found = slope(loss, np.array([[0, 0, 1]]), np.array([[-3.0, 1.0, -3.0]]))[0]
    assert found[0] == 0.0
    assert found[1] > 0.0 > found[2]
