"""ValidationCurve: the best value and the one-standard-error choice, by the textbook."""

import json

import numpy as np
import pytest

from kerasparts.diagnostics import ValidationCurve

MEANS = np.array([0.50, 0.31, 0.30, 0.32, 0.60])
FOLDS = np.array([-0.03, 0.0, 0.03])[:, None]  # deviation 0.03, standard error 0.03 / sqrt(3) = 0.0173
VALUES = (1, 2, 4, 8, 16)


def curve(means=MEANS, mode="min", values=VALUES, simplest=None, folds=FOLDS):
    dev = np.asarray(means) + folds
    return ValidationCurve(values, "loss" if mode == "min" else "accuracy", mode, dev - 0.1, dev, simplest)


@pytest.mark.parametrize(("simplest", "choice"), [("first", 2), ("last", 4), (None, None)])
def test_the_simplest_value_within_one_standard_error_is_chosen(simplest, choice):
    found = curve(simplest=simplest)
    assert found.best == 4
    assert found.standard_error == pytest.approx(0.03 / np.sqrt(3))
    assert found.one_standard_error == choice


def test_what_should_rise_has_its_best_at_the_top():
    found = curve(1 - MEANS, "max", simplest="first")
    assert (found.best, found.one_standard_error) == (4, 2)


def test_the_standard_error_is_that_of_the_best_value():
    folds = FOLDS * np.array([9.0, 1.0, 3.0, 1.0, 1.0])
    found = curve(simplest="last", folds=folds)
    assert found.standard_error == pytest.approx(0.09 / np.sqrt(3))
    assert found.one_standard_error == 8


def test_a_single_fold_has_no_standard_error_and_keeps_to_the_best():
    found = curve(simplest="first", folds=np.zeros((1, 1)))
    assert np.isnan(found.standard_error)
    assert found.one_standard_error == found.best == 4


def test_a_value_that_diverged_is_never_chosen():
    for bad in (np.nan, np.inf, -np.inf):
        found = curve([0.5, bad, 0.3, 0.4, bad], simplest="last")
        assert (found.best, found.one_standard_error) == (4, 4)
    with pytest.raises(ValueError, match="`dev` must be finite"):
        curve([np.nan] * 5)


def test_the_text_marks_the_choices_and_asks_for_the_simple_end():
    lines = str(curve(simplest="first")).splitlines()
    assert lines[3].endswith("one standard error")
    assert lines[4].endswith("best")
    assert "one standard error: 2, dev loss 0.31, the simplest value within 0.01732 of the best" in str(
        curve(simplest="first")
    )
    assert 'say by `simplest="first"` or "last"' in str(curve())


@pytest.mark.parametrize(("means", "end"), [([0.1, 0.2, 0.3, 0.4, 0.5], "first"), ([0.5, 0.4, 0.3, 0.2, 0.1], "last")])
def test_a_best_value_at_an_end_is_told(means, end):
    assert f"the best value is the {end} one: the sweep may not go far enough" in str(curve(means))
    assert "far enough" not in str(curve())


def test_values_of_any_kind_have_names():
    found = curve(values=(0.00012345, "wide", np.float32(0.5), np.tanh, np.int64(3)))
    text = str(found)
    for name in ("0.0001234", "wide", "0.5", "tanh", "3"):
        assert f"\n  {name} " in text
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["values"] == [0.00012345, "wide", 0.5, "tanh", 3]
    assert "<td>tanh</td>" in found._repr_html_()


def test_an_unknown_end_and_a_wrong_shape_are_refused_by_name():
    with pytest.raises(ValueError, match="`simplest` must be one of"):
        curve(simplest="small")
    with pytest.raises(ValueError, match="`train` must be of the shape"):
        ValidationCurve(VALUES, "loss", "min", np.ones((3, 4)), np.ones((3, 5)))
