"""Folds from integers, splitters and pairs of row numbers."""

import itertools
import warnings

import numpy as np
import pytest
from sklearn import model_selection

from kerasparts.model_selection._folds import make_folds

ROWS = 60
X = np.arange(2 * ROWS, dtype="float32").reshape(ROWS, 2)
CLASSES = np.repeat([0, 1, 2], [30, 20, 10])
VALUES = np.linspace(0.0, 1.0, ROWS)
GROUPS = np.arange(ROWS) % 7


def same(one, other):
    return len(one) == len(other) and all(
        np.array_equal(a, b) for a, b in zip(itertools.chain(*one), itertools.chain(*other), strict=True)
    )


@pytest.mark.parametrize(
    "targets",
    [CLASSES, CLASSES[:, None], np.eye(3)[CLASSES], CLASSES.astype(str)],
    ids=["integers", "column", "one-hot", "text"],
)
def test_an_integer_stratifies_class_labels_of_any_form(targets):
    folds = make_folds(5, X, targets, seed=3)
    assert same(folds, list(model_selection.StratifiedKFold(5, shuffle=True, random_state=3).split(X, CLASSES)))
    for _, test in folds:
        assert np.bincount(CLASSES[test]).tolist() == [6, 4, 2]


def test_an_integer_shuffles_other_targets():
    assert same(
        make_folds(4, X, VALUES, seed=3),
        list(model_selection.KFold(4, shuffle=True, random_state=3).split(X)),
    )


def test_the_seed_decides_on_the_folds():
    assert same(make_folds(3, X, CLASSES, seed=2**40), make_folds(3, X, CLASSES, seed=2**40))
    assert not same(make_folds(3, X, CLASSES, seed=0), make_folds(3, X, CLASSES, seed=1))


@pytest.mark.parametrize("targets", [CLASSES, VALUES], ids=["classes", "values"])
def test_a_group_stays_in_one_fold(targets):
    folds = make_folds(3, X, targets, GROUPS)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(ROWS))
    for train, test in folds:
        assert not set(GROUPS[train]) & set(GROUPS[test])


@pytest.mark.parametrize(
    "splitter",
    [
        model_selection.TimeSeriesSplit(4),
        model_selection.RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
        model_selection.ShuffleSplit(3, test_size=0.2, random_state=0),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_a_splitter_is_taken_at_its_word(splitter):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the classes stand in order
        folds = make_folds(splitter, X, np.eye(3)[CLASSES])
    assert same(folds, list(splitter.split(X, CLASSES)))


def test_a_splitter_is_given_the_groups():
    splitter = model_selection.LeaveOneGroupOut()
    assert same(make_folds(splitter, X, VALUES, GROUPS), list(splitter.split(X, VALUES, GROUPS)))


def test_nests_of_arrays_are_split_by_row_number():
    assert len(make_folds(model_selection.KFold(4), {"a": X, "b": X[:, :1]}, {"out": CLASSES})) == 4


def test_pairs_of_row_numbers_are_folds():
    pairs = [([0, 1, 2], [3, 4]), (np.array([3, 4]), np.array([0]))]
    for given in (pairs, iter(pairs)):
        folds = make_folds(given, X, VALUES)
        assert [(train.tolist(), test.tolist()) for train, test in folds] == [([0, 1, 2], [3, 4]), ([3, 4], [0])]


@pytest.mark.parametrize(
    ("pairs", "rule"),
    [
        ([([0, 1, 2], [2, 3])], "no row is both trained on and tested, as 1 rows of fold 1"),
        ([([0], [1]), ([], [1])], "the train rows of fold 2 are a list of at least one row"),
        ([([0], [])], "the test rows of fold 1 are a list of at least one row"),
        ([([0], [ROWS])], "integers in"),
        ([([-1], [0])], "integers in"),
        ([([0.5], [1])], "integers in"),
        ([([True, False], [1])], "integers in"),
        ([([[0]], [1])], "a list of at least one row"),
        ([(0, 1)], "a list of at least one row"),
        ([[0, 1, 2]], "pairs of arrays"),
        ([], "at least one fold"),
    ],
    ids=str,
)
def test_pairs_that_are_no_folds_are_refused_with_their_number(pairs, rule):
    with pytest.raises(ValueError, match=f"`cv` must be .*{rule}"):
        make_folds(pairs, X, VALUES)


@pytest.mark.parametrize("cv", [1, 0, -1, ROWS + 1, 2.0, True, None, "5", "stratified", {"train": [0]}], ids=str)
def test_what_says_nothing_of_folds_is_refused(cv):
    with pytest.raises(ValueError, match="`cv` must be"):
        make_folds(cv, X, VALUES)


def test_a_class_with_fewer_rows_than_folds_is_refused_by_name():
    classes = np.repeat([0, 1, 2], [30, 27, 3])
    with pytest.raises(ValueError, match=r"`y` must be of at least 5 rows a class .*KFold\(5\).*\{2: 3\}"):
        make_folds(5, X, classes)


def test_a_class_that_is_tested_but_not_trained_on_is_warned_about():
    with pytest.warns(UserWarning, match=r"Fold 3 is tested on classes that it is not trained on: \[2\]"):
        make_folds(model_selection.KFold(3), X[::2], CLASSES[[*range(20), *range(50, 60)]])


@pytest.mark.parametrize("groups", [GROUPS[:-1], GROUPS[:, None], 3], ids=["short", "column", "number"])
def test_groups_are_one_label_a_row(groups):
    with pytest.raises(ValueError, match="`groups` must be one label for each of the 60 rows"):
        make_folds(3, X, VALUES, groups)


def test_groups_with_given_rows_are_refused():
    with pytest.raises(ValueError, match="`groups` must be None where `cv` gives the rows"):
        make_folds([([0], [1])], X, VALUES, GROUPS)
