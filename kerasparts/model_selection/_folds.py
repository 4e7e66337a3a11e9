"""The folds of a cross-validation, from anything that says how to cut."""

import warnings

import numpy as np

from kerasparts.core.checks import check, check_integer
from kerasparts.core.data import row_count
from kerasparts.model_selection._labels import class_labels

Folds = list[tuple[np.ndarray, np.ndarray]]
RULE = "an integer of at least 2, a splitter of scikit-learn, or pairs of arrays of row numbers: train, test"


def make_folds(cv, x, y, groups=None, seed: int = 0) -> Folds:
    """Checked pairs of row numbers: train, test.

    Args:
        cv: int, number of folds: stratified where the targets are class labels (as in `train_dev_test_split`), shuffled
            by the seed, and no group is in two of them; or a splitter of scikit-learn; or pairs of row numbers.
        x, y: nests of arrays.
        groups: a label a row, for the splitter; or None.
        seed: of the shuffling, where `cv` is an int.

    Raises:
        ValueError: a row in both parts of a fold; an empty part; a class with fewer rows than folds.
    """
    count, labels = row_count(x), class_labels(y)
    if groups is not None:
        groups = np.asarray(groups)
        check(groups.shape == (count,), "groups", groups.shape, f"one label for each of the {count} rows")
    if isinstance(cv, int | np.integer) and not isinstance(cv, bool):
        check_integer("cv", cv, f"[2, {count}]")
        cv = _splitter(int(cv), labels, groups, seed)
    if hasattr(cv, "split") and not isinstance(cv, str | bytes | np.ndarray):
        targets = labels if labels is not None else y if isinstance(y, np.ndarray) else None
        pairs = cv.split(x if isinstance(x, np.ndarray) else np.zeros(count), targets, groups)
    else:
        check(hasattr(cv, "__iter__") and not isinstance(cv, str | bytes | dict), "cv", cv, RULE)
        check(groups is None, "groups", "an array", "None where `cv` gives the rows")
        pairs = cv
    folds = [_checked(pair, number, count) for number, pair in enumerate(pairs, 1)]
    check(folds, "cv", cv, "such that there is at least one fold")
    _warn_of_missing_classes(folds, labels)
    return folds


def _splitter(count, labels, groups, seed):
    from sklearn import model_selection

    if labels is not None and groups is None:
        values, counts = np.unique(labels, return_counts=True)
        rare = counts < count
        found = dict(zip(values[rare][:5].tolist(), counts[rare][:5].tolist(), strict=True))
        rule = f"of at least {count} rows a class for {count} folds. If they are no classes: cv=KFold({count})"
        check(not rare.any(), "y", found, rule)
    names = {
        (True, False): "StratifiedKFold",
        (True, True): "StratifiedGroupKFold",
        (False, False): "KFold",
        (False, True): "GroupKFold",
    }
    name = names[labels is not None, groups is not None]
    if name == "GroupKFold":  # has an order of its own: by the sizes of the groups
        return model_selection.GroupKFold(count)
    return getattr(model_selection, name)(count, shuffle=True, random_state=seed % 2**32)


def _checked(pair, number, count):
    check(isinstance(pair, tuple | list) and len(pair) == 2, "cv", pair, RULE)
    parts = []
    for name, rows in zip(("train", "test"), pair, strict=True):
        rows = np.asarray(rows)
        of = f"such that the {name} rows of fold {number} are"
        check(rows.ndim == 1 and rows.size > 0, "cv", rows.shape, f"{of} a list of at least one row number")
        is_inside = rows.dtype.kind in "iu" and rows.min() >= 0 and rows.max() < count
        check(is_inside, "cv", rows[:5].tolist(), f"{of} integers in [0, {count})")
        parts.append(rows.astype("int64"))
    train, test = parts
    both = np.intersect1d(train, test)
    rule = f"such that no row is both trained on and tested, as {len(both)} rows of fold {number} are"
    check(both.size == 0, "cv", both[:5].tolist(), rule)
    return train, test


def _warn_of_missing_classes(folds, labels):
    if labels is None:
        return
    for number, (train, test) in enumerate(folds, 1):
        unseen = np.setdiff1d(labels[test], labels[train])
        if unseen.size:
            warnings.warn(
                f"Fold {number} is tested on classes that it is not trained on: {unseen[:5].tolist()}. "
                "Its scores say little; `cv=5` would keep the classes in proportion.",
                stacklevel=4,
            )
