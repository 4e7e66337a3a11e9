"""What simple predictors attain on the same rows: what a network should reach at the least."""

import numpy as np

from kerasparts.diagnostics.targets import class_labels, skill

NEIGHBOURS = (1, 5, 15)
PENALTIES = (1e-3, 1e-1, 1e1)
MAX_FEATURES = 4096


def attainable_skill(x: np.ndarray, y: np.ndarray, form: str, max_rows: int = 600) -> tuple[float, float]:
    """Skill of the best of some simple predictors, each row left out of its own prediction, with its standard error.

    The predictors are the mean of the nearest neighbours and ridge regression, on standardized features. No network
    is needed for that skill, and what they miss may be noise: it tells a noisy task from a model that underfits,
    and labels that belong to other rows from those that are hard.

    Args:
        x: inputs; more than two axes are flattened.
        y: targets.
        form: of the targets, as by `target_form`.
        max_rows: of the first rows that are used.

    Returns:
        `(skill, standard error)`, see `targets.skill`; NaN where nothing can be told, as with text or too many columns.

    Example:
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> attainable_skill(x, x**2, "values")[0] > 0.95
    True

    Reference: Cover and Hart 1967, Nearest neighbor pattern classification (the error of one neighbour is at most
    twice the least possible). Left-out residuals of a linear smoother: Hastie, Tibshirani and Friedman 2009, The
    Elements of Statistical Learning, equation 7.52.
    """
    unknown = float("nan"), float("inf")
    if not (np.issubdtype(np.asarray(x).dtype, np.number) or np.asarray(x).dtype == bool):
        return unknown
    x, y = np.asarray(x[:max_rows], "float64"), np.asarray(y[:max_rows])
    x = x.reshape(len(x), -1)
    if len(x) < 20 or x.shape[1] > MAX_FEATURES or not np.isfinite(x).all() or form in ("other", "constant"):
        return unknown
    if form in ("one_hot", "index", "binary", "signs"):
        labels = class_labels(y, form)
        if len(labels) != len(x):
            return unknown
        known, labels = np.unique(labels, return_inverse=True)
        if len(known) < 2:
            return unknown
        target, form = np.eye(len(known))[labels], "one_hot"
    else:
        target = np.asarray(y, "float64").reshape(len(y), -1)
        if not np.isfinite(target).all() or target.shape[1] > MAX_FEATURES or _is_copy(x, target):
            return unknown
    deviation = x.std(axis=0)
    x = (x - x.mean(axis=0))[:, deviation > 0] / deviation[deviation > 0]
    if x.shape[1] == 0:
        return unknown
    guesses = [*_neighbour_means(x, target), *_ridge(x, target)]
    scores = [skill(target, guess, form) for guess in guesses]
    return max((score for score in scores if np.isfinite(score[0])), default=unknown)


def _is_copy(x, target):
    """Whether the targets are the inputs: copying them is no task, and the model is there for what lies between."""
    return target.shape == x.shape and target.shape[1] > 1 and skill(target, x, "values")[0] > 0.5


def _neighbour_means(x, target):
    products, squares = x @ x.T, np.square(x).sum(axis=1)
    distance = squares[:, None] + squares[None, :] - 2 * products
    np.fill_diagonal(distance, np.inf)
    most = min(max(NEIGHBOURS), len(target) - 1)
    nearest = np.argpartition(distance, most - 1, axis=1)[:, :most]
    order = np.take_along_axis(distance, nearest, axis=1).argsort(axis=1)
    nearest = np.take_along_axis(nearest, order, axis=1)
    for count in NEIGHBOURS:
        if count <= most:
            yield target[nearest[:, :count]].mean(axis=1)


def _ridge(x, target):
    """Predictions of ridge regression with a free intercept, each row left out, by the smoother's diagonal."""
    count, features = x.shape
    if features < count:
        vectors, values, _ = np.linalg.svd(x, full_matrices=False)
        values = np.square(values) / count
    else:
        values, vectors = np.linalg.eigh(x @ x.T / count)
        values = np.maximum(values, 0)
    centre = target.mean(axis=0)
    rotated = vectors.T @ (target - centre)
    scale = values.mean()
    for penalty in PENALTIES:
        shrink = values / (values + penalty * scale)
        fitted = centre + vectors @ (shrink[:, None] * rotated)
        leverage = (np.square(vectors) @ shrink) + 1 / count
        residual = (target - fitted) / np.maximum(1 - leverage, 1e-6)[:, None]
        yield target - residual
