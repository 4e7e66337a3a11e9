"""validation_curve, by hand without training."""

import numpy as np
import pytest

from kerasparts.model_selection import validation_curve
from tests.model_selection.by_hand import Means, no_model

ROWS = 40
X = np.arange(ROWS, dtype="float32")[:, None]
Y = np.random.default_rng(0).normal(size=ROWS)
VALUES = [-1.0, -0.1, 0.0, 0.1, 1.0]  # added to the mean of the training rows


def curve(engine=None, values=VALUES, **settings):
    return validation_curve(no_model, X, Y, values, cv=4, engine=engine or Means(), epochs=1, verbose=0, **settings)


def test_every_value_is_tried_on_the_same_folds_from_the_same_seeds():
    engine = Means()
    curve(engine)
    for fold in "1234":
        tasks = [task for task in engine.tasks if task.name.endswith(f"fold-{fold}")]
        assert [task.arguments for task in tasks] == [(value,) for value in VALUES]
        assert len({task.seed for task in tasks}) == 1
        assert len({task.rows.tobytes() for task in tasks}) == 1
        assert len({task.test_rows.tobytes() for task in tasks}) == 1


def test_errors_are_those_of_the_fits():
    engine = Means()
    found = curve(engine)
    assert found.dev.shape == found.train.shape == (4, 5)
    for fold, value in ((0, 1), (3, 4)):
        (task,) = [task for task in engine.tasks if task.name == f"value-{value + 1}-fold-{fold + 1}"]
        level = Y[task.rows].mean() + VALUES[value]
        assert found.dev[fold, value] == pytest.approx(((Y[task.test_rows] - level) ** 2).mean())
        assert found.train[fold, value] == pytest.approx(((Y[task.rows] - level) ** 2).mean())


def test_the_simple_end_decides_on_the_one_standard_error_choice():
    assert curve().one_standard_error is None
    assert curve(simplest="first").one_standard_error == -0.1
    assert curve(simplest="last").one_standard_error == 0.1


@pytest.mark.parametrize("values", [[], "ab", 3, None], ids=str)
def test_values_are_a_list(values):
    with pytest.raises(ValueError, match="`values` must be"):
        curve(values=values)


def test_an_end_that_is_none_is_refused_before_the_first_fit():
    engine = Means()
    with pytest.raises(ValueError, match="`simplest` must be one of None, 'first', 'last'"):
        curve(engine, simplest="small")
    assert engine.tasks == []
