"""class_weights against scikit-learn and its limits."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from kerasparts.losses import class_weights

LABELS = np.array([0] * 6 + [1] * 3 + [2])


def test_balanced_weights_are_those_of_scikit_learn():
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    np.testing.assert_allclose(class_weights(LABELS), theirs)


@pytest.mark.parametrize("scheme", ["balanced", "effective_number"])
def test_one_hot_rows_pixels_and_counts_are_other_forms_of_labels(scheme):
    plain = class_weights(LABELS, scheme, beta=0.9)
    rows = np.eye(3)[LABELS]
    for same in (
        class_weights(LABELS.reshape(5, 2), scheme, beta=0.9),
        class_weights(rows, scheme, beta=0.9, axis=-1),
        class_weights(rows.T, scheme, beta=0.9, axis=0),
        class_weights(rows.reshape(5, 2, 3), scheme, beta=0.9, axis=2),
        class_weights(counts=[6, 3, 1], scheme=scheme, beta=0.9),
        class_weights(np.append(LABELS, [-1, -1]), scheme, beta=0.9, ignore_class=-1),
        class_weights(np.vstack([rows, np.full((2, 3), -1)]), scheme, beta=0.9, axis=-1, ignore_class=-1),
    ):
        np.testing.assert_allclose(same, plain)


def test_effective_numbers_follow_the_paper_from_no_weights_to_balanced_ones():
    n, beta = np.array([6, 3, 1]), 0.9
    weights = (1 - beta) / (1 - beta**n)
    np.testing.assert_allclose(class_weights(LABELS, "effective_number", beta), 3 * weights / weights.sum())
    np.testing.assert_allclose(class_weights(LABELS, "effective_number", 0.0), np.ones(3))
    almost = class_weights(counts=n * 10**6, scheme="effective_number", beta=1 - 1e-12)
    np.testing.assert_allclose(almost, 3 * (1 / n) / (1 / n).sum(), rtol=1e-4)


def test_every_balanced_class_weighs_the_same_in_all():
    np.testing.assert_allclose(class_weights(LABELS) * np.bincount(LABELS), 10 / 3)


def test_several_labels_a_sample_are_counted_by_column():
    many = np.array([[1, 0, 1], [1, 1, 0], [1, 0, -1]])
    np.testing.assert_allclose(class_weights(many, axis=-1, ignore_class=-1), 5 / (3 * np.array([3, 1, 1])))


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (dict(y=[0, 2]), "counts"),
        (dict(y=[0, 1], classes=3), "counts"),
        (dict(y=[0, 3], classes=3), "y"),
        (dict(y=[0.5, 1.0]), "y"),
        (dict(y=[0, -1]), "y"),
        (dict(y=[0, 1], axis=3), "axis"),
        (dict(y=[0, 1], counts=[1, 1]), "y"),
        (dict(), "y"),
        (dict(counts=[1.0, 0.0]), "counts"),
        (dict(y=[0, 1], scheme="sqrt"), "scheme"),
        (dict(y=[0, 1], beta=1.0), "beta"),
        (dict(y=[0, 1], classes=0), "classes"),
    ],
)
def test_what_gives_no_weights_is_refused(arguments, name):
    with pytest.raises(ValueError, match=rf"`{name}` must be[\s\S]*Received: "):
        class_weights(**arguments)
