"""What simple predictors attain, held against predictors that are fitted anew without each row."""

import numpy as np
import pytest

from kerasparts.diagnostics import attainable_skill

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 4)) * [1.0, 10.0, 0.1, 3.0] + [5.0, 0.0, 0.0, -2.0]
NOISE = RANDOM.normal(size=60)


def left_out(x, target):
    """Predictions of each row by 1, 5 and 15 neighbours and by ridge regression on the other rows."""
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    count, features = scaled.shape
    found = {name: np.zeros_like(target) for name in (1, 5, 15, 1e-3, 1e-1, 1e1)}
    for row in range(count):
        others = np.arange(count) != row
        distance = np.square(scaled[others] - scaled[row]).sum(axis=1)
        nearest = np.argsort(distance)
        for neighbours in (1, 5, 15):
            found[neighbours][row] = target[others][nearest[:neighbours]].mean(axis=0)
        for penalty in (1e-3, 1e-1, 1e1):
            # By the mean eigenvalue of the covariance of all rows; a column of ones, which is not penalized.
            weight = penalty * np.square(scaled).sum() / min(count, features)
            design = np.column_stack([np.ones(count), scaled])[others]
            normal = design.T @ design + weight * np.diag([0.0] + [1.0] * features)
            found[penalty][row] = np.r_[1.0, scaled[row]] @ np.linalg.solve(normal, design.T @ target[others])
    return found


def best_of_values(x, target):
    errors = [np.square(target - guess).mean(axis=0) / target.var(axis=0) for guess in left_out(x, target).values()]
    return max(1 - error.mean() for error in errors)


def best_of_labels(x, labels):
    target = np.eye(labels.max() + 1)[labels]
    trivial = 1 - np.bincount(labels).max() / len(labels)
    return max(1 - np.mean(guess.argmax(axis=1) != labels) / trivial for guess in left_out(x, target).values())


VALUES = {
    "linear": X[:, :1] + 0.1 * X[:, 1:2] + 0.3 * NOISE[:, None],
    "curved": np.square(X[:, :1] - 5),
    "noise": NOISE[:, None],
    "two columns": np.column_stack([X[:, 0], 100 * NOISE]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_are_attained_as_by_fits_without_each_row(name):
    found, error = attainable_skill(X, VALUES[name], "values")
    assert found == pytest.approx(best_of_values(X, VALUES[name]))
    assert 0 < error < 1


def test_more_features_than_rows_are_no_other_case():
    x = RANDOM.normal(size=(30, 80))
    y = x[:, :3].sum(axis=1, keepdims=True)
    assert attainable_skill(x, y, "values")[0] == pytest.approx(best_of_values(x, y))


LABELS = {
    "by a line": (X[:, 0] + 0.5 * NOISE > 5).astype(int),
    "by a circle": (np.square(X[:, 0] - 5) + np.square(X[:, 1] / 10) > 1.5).astype(int),
    "three": np.digitize(X[:, 0], [4.5, 5.5]),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_attained_as_by_fits_without_each_row(name):
    labels = LABELS[name]
    expected = pytest.approx(best_of_labels(X, labels))
    assert attainable_skill(X, labels, "index")[0] == expected
    assert attainable_skill(X, labels[:, None].astype("float32"), "index")[0] == expected
    assert attainable_skill(X, np.eye(labels.max() + 1)[labels], "one_hot")[0] == expected
    if labels.max() == 1:
        assert attainable_skill(X, labels, "binary")[0] == expected
        assert attainable_skill(X, 2 * labels - 1, "signs")[0] == expected


def test_shuffled_labels_attain_nothing():
    x = RANDOM.normal(size=(400, 5))
    found, error = attainable_skill(x, RANDOM.permutation(400) % 2, "index")
    assert found < 3 * error < 0.4


def test_several_labels_a_row():
    y = (X[:, :3] > X[:, :3].mean(axis=0)).astype("float32")
    assert attainable_skill(X, y, "multi_label")[0] > 0.5


def test_features_of_any_shape_and_columns_that_never_change():
    x = np.concatenate([X, np.ones((60, 2))], axis=1)
    expected = attainable_skill(X, VALUES["linear"], "values")
    assert attainable_skill(x.reshape(60, 2, 3), VALUES["linear"], "values") == pytest.approx(expected)


def test_only_the_first_rows_are_used():
    y = VALUES["linear"]
    assert attainable_skill(X, y, "values", max_rows=40) == attainable_skill(X[:40], y[:40], "values")


@pytest.mark.parametrize(
    ("x", "y", "form"),
    [
        (X[:19], NOISE[:19], "values"),
        (X, NOISE, "other"),
        (X, NOISE, "constant"),
        (X, np.zeros(60), "index"),
        (np.where(X > 6, np.nan, X), NOISE, "values"),
        (X, np.where(NOISE > 1, np.nan, NOISE), "values"),
        (np.ones((60, 2)), NOISE, "values"),
        (X.astype(str), NOISE, "values"),
        (X, np.arange(30) % 3, "index"),
        (np.zeros((60, 5000)), NOISE, "values"),
    ],
    ids=["few rows", "other", "constant", "one class", "nan in", "nan out", "no feature", "text", "rows", "wide"],
)
def test_what_cannot_be_told_is_nan(x, y, form):
    found, error = attainable_skill(x, y, form)
    assert np.isnan(found)
    assert error == np.inf
