"""Forms of targets by their values, and skill by hand."""

import numpy as np
import pytest

from kerasparts.diagnostics import skill, target_form
from kerasparts.diagnostics.targets import class_labels, is_classification_loss, predicted_labels

THIRDS = np.arange(12) % 3
SCCE, CCE, BCE, MSE = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
    "mean_squared_error",
)

# targets, units of the output, loss, form
FORMS = {
    "0 and 1": (np.array([0, 1, 1, 0]), 1, BCE, "binary"),
    "0 and 1 in a column": (np.array([[0.0], [1.0]]), 1, BCE, "binary"),
    "0 and 1 for a squared error": (np.array([0, 1, 1, 0]), 1, MSE, "binary"),
    "booleans": (np.array([True, False]), 1, BCE, "binary"),
    "only zeros": (np.zeros(5), 1, BCE, "binary"),
    "0 and 1 for a sparse loss": (np.array([0, 1, 1, 0]), 2, SCCE, "index"),
    "-1 and 1": (np.array([-1, 1, 1]), 1, "hinge", "signs"),
    "whole numbers for a sparse loss": (THIRDS, 3, SCCE, "index"),
    "whole numbers as floats": (THIRDS.astype("float32"), 3, SCCE, "index"),
    "labels of pixels": (THIRDS.reshape(1, 3, 4), 3, SCCE, "index"),
    "as many labels a row as classes": (THIRDS.reshape(4, 3), 3, SCCE, "index"),
    "whole numbers for a binary loss": (THIRDS, 1, BCE, "index"),
    "whole numbers for a squared error": (THIRDS, 1, MSE, "values"),
    "rows of the identity": (np.eye(3), 3, CCE, "one_hot"),
    "rows of the identity for a squared error": (np.eye(3), 3, MSE, "one_hot"),
    "one-hot pixels": (np.eye(3)[THIRDS.reshape(2, 6)], 3, CCE, "one_hot"),
    "several ones a row": (np.array([[1, 1, 0], [0, 0, 0]]), 3, BCE, "multi_label"),
    "one-hot rows for another number of outputs": (np.eye(3), 2, CCE, "values"),
    "shares": (np.array([[0.2, 0.8], [0.5, 0.5]]), 2, CCE, "values"),
    "numbers": (np.array([0.5, 1.5, -2.0]), 1, MSE, "values"),
    "a number without a loss": (np.array([0.5, 1.5, -2.0]), 1, None, "values"),
    "one number for ever": (np.full(5, 7.0), 1, MSE, "constant"),
    "nothing but NaN": (np.full(5, np.nan), 1, MSE, "other"),
    "text": (np.array(["a", "b"]), 1, SCCE, "other"),
    "no rows": (np.zeros((0, 1)), 1, MSE, "other"),
    "NaN among numbers": (np.array([0.5, np.nan, 2.0]), 1, MSE, "values"),
}


@pytest.mark.parametrize("name", FORMS)
def test_form_is_told_by_the_values(name):
    y, units, loss, form = FORMS[name]
    assert target_form(y, units, loss) == form


@pytest.mark.parametrize("loss", ["binary_crossentropy", SCCE, "categorical_focal_crossentropy", "squared_hinge"])
def test_losses_of_classes_are_known_by_name(loss):
    assert is_classification_loss(loss)
    assert not is_classification_loss(None)
    assert not is_classification_loss(MSE)


def columns(labels, classes=3):
    return np.eye(classes)[np.asarray(labels)]


# targets, predictions, form, from_logits, skill
SKILLS = {
    "all right": (np.arange(4) % 2, [0.1, 0.9, 0.2, 0.7], "binary", False, 1.0),
    "one of four wrong": (np.arange(4) % 2, [0.1, 0.9, 0.2, 0.4], "binary", False, 1 - 0.25 / 0.5),
    "always the frequent class": ([0, 0, 0, 1], [0.2, 0.2, 0.2, 0.2], "binary", False, 0.0),
    "all wrong": ([0, 0, 0, 1], [0.9, 0.9, 0.9, 0.1], "binary", False, 1 - 1 / 0.25),
    "logits": (np.arange(4) % 2, [-0.1, 0.3, -2.0, 0.4], "binary", True, 1.0),
    "signs": ([-1, 1, 1, -1], [-0.5, 0.5, -0.5, -0.1], "signs", False, 1 - 0.25 / 0.5),
    "index": (THIRDS[:6], columns([0, 1, 2, 0, 0, 2]), "index", False, 1 - (1 / 6) / (4 / 6)),
    "index in a column": (THIRDS[:6, None], columns([0, 1, 2, 0, 0, 2]), "index", False, 1 - (1 / 6) / (4 / 6)),
    "one-hot": (columns(THIRDS[:6]), columns([0, 1, 2, 0, 0, 2]), "one_hot", True, 1 - (1 / 6) / (4 / 6)),
    "pixels": (THIRDS.reshape(2, 6), columns(THIRDS.reshape(2, 6)), "index", False, 1.0),
    # 2 of 8 marks wrong; the best constants are wrong in 1 of 4 and 2 of 4 rows.
    "tags": (
        [[1, 0], [0, 0], [0, 1], [0, 1]], [[0, 0], [0, 0], [0, 1], [0, 0]], "multi_label", False, 1 - (2 / 8) / (3 / 8),
    ),
    "tags by logits": ([[1, 0], [0, 1]], [[0.1, -3], [-0.1, 0.2]], "multi_label", True, 1.0),
    "values": ([1.0, 2.0, 3.0, 6.0], [1.0, 2.0, 3.0, 4.0], "values", False, 1 - 1.0 / 3.5),
    "the mean": ([1.0, 2.0, 3.0, 6.0], [3.0, 3.0, 3.0, 3.0], "values", False, 0.0),
    "each column by its own variance": (
        [[0.0, 0.0], [2.0, 2000.0]], [[1.0, 0.0], [1.0, 2000.0]], "values", False, 1 - (1.0 + 0.0) / 2,
    ),
    "a column that never changes does not count": (
        [[0.0, 5.0], [2.0, 5.0]], [[0.0, 9.0], [2.0, 9.0]], "values", False, 1.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SKILLS)
def test_skill_is_the_share_of_the_trivial_error_taken_away(name):
    y, y_pred, form, from_logits, expected = SKILLS[name]
    found, error = skill(np.asarray(y), np.asarray(y_pred), form, from_logits)
    assert found == pytest.approx(expected)
    assert error >= 0


def test_the_standard_error_covers_the_truth():
    """Of 400 samples of 100 rows with 30 % wrong, about 95 % lie within 2 standard errors: at least 90 %."""
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(400):
        y = rng.permutation(100) % 2
        wrong = rng.random(100) < 0.3
        found, error = skill(y, np.where(wrong, 1 - y, y).astype(float), "binary")
        inside.append(abs(found - (1 - 0.3 / 0.5)) < 2 * error)
    assert 0.9 < np.mean(inside) < 0.99


def test_no_mistake_in_few_rows_is_no_proof():
    few = skill(np.arange(10) % 2, (np.arange(10) % 2).astype(float), "binary")[1]
    many = skill(np.arange(1000) % 2, (np.arange(1000) % 2).astype(float), "binary")[1]
    assert 0 < many < few


@pytest.mark.parametrize(
    ("y", "y_pred", "form"),
    [
        ([0.0, 1.0], [np.nan, 1.0], "values"),
        ([1.0, 1.0], [0.0, 1.0], "values"),
        ([1, 1], [0.0, 1.0], "binary"),
        ([0.0, 1.0], [[0.0, 1.0], [1.0, 0.0]], "values"),
        ([1.0], [1.0], "values"),
        ([0.0, 1.0], [0.0, 1.0], "other"),
        ([2.0, 2.0], [0.0, 1.0], "constant"),
        ([[0, 1, 1]] * 2, [[0.0, 1.0]] * 2, "multi_label"),
        ([0, 1, 2], np.eye(3)[:2], "index"),
    ],
    ids=["nan", "constant", "one class", "shapes", "one row", "other", "constant form", "tags", "rows"],
)
def test_what_cannot_be_told_is_nan(y, y_pred, form):
    found, error = skill(np.asarray(y), np.asarray(y_pred), form)
    assert np.isnan(found)
    assert error == np.inf


def test_labels_are_read_from_targets_and_outputs():
    assert class_labels(np.eye(3)[[2, 0]], "one_hot").tolist() == [2, 0]
    assert class_labels(np.array([[-1], [1]]), "signs").tolist() == [0, 1]
    assert class_labels(np.array([[2.0], [1.0]]), "index").tolist() == [2, 1]
    assert predicted_labels(np.array([[0.1, 0.9], [0.8, 0.2]]), "index").tolist() == [1, 0]
    assert predicted_labels(np.array([[0.4], [0.6]]), "binary").tolist() == [0, 1]
    assert predicted_labels(np.array([[-0.4], [0.4]]), "binary", from_logits=True).tolist() == [0, 1]
    assert predicted_labels(np.array([[-0.4], [0.4]]), "signs").tolist() == [0, 1]
