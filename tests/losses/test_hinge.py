"""Hinge beside scikit-learn's and Keras'."""

import keras
import numpy as np
import pytest
from sklearn.metrics import hinge_loss

import kerasparts as kp

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 3, 30)
Z = RANDOM.normal(size=(30, 3)).astype("float32")


def test_gives_the_numbers_of_scikit_learn():
    assert float(kp.losses.Hinge()(LABELS, Z)) == pytest.approx(hinge_loss(LABELS, Z), rel=1e-5)
    assert float(kp.losses.Hinge()(np.eye(3)[LABELS], Z)) == pytest.approx(hinge_loss(LABELS, Z), rel=1e-5)
    yes = (LABELS == 1).astype(int)
    assert float(kp.losses.Hinge()(yes, Z[:, :1])) == pytest.approx(hinge_loss(yes, Z[:, 0]), rel=1e-5)


def test_keras_compares_with_zero_where_all_other_scores_are_negative():
    y, z = np.eye(3)[[2]], np.array([[-3.0, -4.0, -1.0]], "float32")
    assert float(kp.losses.Hinge()(y, z)) == 0.0  # won by 2
    assert float(keras.losses.CategoricalHinge()(y, z)) == 2.0


def test_a_label_means_the_same_whatever_else_is_in_the_batch():
    """Keras takes 0 for a label of its own as soon as another label of the batch is -1."""
    y, z = np.array([[0.0], [-1.0]], "float32"), np.array([[-2.0], [-2.0]], "float32")
    assert float(kp.losses.Hinge()(y, z)) == 0.0
    assert float(keras.losses.Hinge()(y, z)) == 0.5


def test_signs_are_names_of_zero_and_one():
    yes = (LABELS == 1).astype(int)
    for loss in (kp.losses.Hinge(), kp.losses.Hinge(True, class_weight=[1.0, 3.0])):
        assert float(loss(2 * yes - 1, Z[:, :1])) == pytest.approx(float(loss(yes, Z[:, :1])))
