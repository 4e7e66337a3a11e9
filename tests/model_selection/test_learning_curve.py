"""learning_curve: which rows it trains on, by hand without training."""

import itertools

import keras
import numpy as np
import pytest

from kerasparts.diagnostics import judge_learning_curve
from kerasparts.model_selection import learning_curve
from tests.model_selection.by_hand import Means, no_model

ROWS = 200
X = np.arange(ROWS, dtype="float32")[:, None]
Y = np.random.default_rng(0).normal(size=ROWS)
CLASSES = np.repeat([0, 1], [150, 50])


def curve(engine=None, y=Y, **settings):
    return learning_curve(no_model, X, y, engine=engine or Means(), epochs=1, verbose=0, **settings)


def by_run(tasks):
    runs = {}
    for task in tasks:
        runs.setdefault(task.name.split("-")[1], []).append(task)
    return list(runs.values())


@pytest.mark.parametrize("y", [Y, CLASSES], ids=["values", "classes"])
def test_smaller_sizes_are_part_of_larger_ones_on_the_same_dev_rows(y):
    engine = Means()
    found = curve(engine, y)
    assert found.sizes == (16, 40, 80, 120, 160)
    assert len(by_run(engine.tasks)) == 5
    for tasks in by_run(engine.tasks):
        assert [len(set(task.rows)) for task in tasks] == list(found.sizes)
        for small, large in itertools.pairwise(tasks):
            assert set(small.rows) < set(large.rows)
        assert len({task.test_rows.tobytes() for task in tasks}) == 1
        assert len({task.seed for task in tasks}) == 1
        assert not set(tasks[-1].rows) & set(tasks[-1].test_rows)


def test_every_size_has_the_classes_in_proportion():
    engine = Means()
    curve(engine, CLASSES, sizes=(0.05, 0.1, 0.3, 1.0))
    for task in engine.tasks:
        assert CLASSES[task.rows].sum() == pytest.approx(len(task.rows) / 4, abs=1)


def test_errors_are_those_of_the_fits():
    engine = Means()
    found = curve(engine)
    for run, tasks in enumerate(by_run(engine.tasks)):
        for size, task in enumerate(tasks):
            level = Y[task.rows].mean()
            assert found.dev[run, size] == pytest.approx(((Y[task.test_rows] - level) ** 2).mean())
            assert found.train[run, size] == pytest.approx(Y[task.rows].var())
    assert engine.plan.score_train


def test_repeats_draw_other_subsets_and_count_as_one_run_a_fold():
    engine = Means()
    found = curve(engine, repeats=3, cv=4)
    assert found.dev.shape == (4, 5)
    runs = by_run(engine.tasks)
    assert len(runs) == 12
    first = [set(run[0].rows) for run in runs[:3]]
    assert first[0] != first[1] != first[2]
    of_fold = [((Y[run[0].test_rows] - Y[run[0].rows].mean()) ** 2).mean() for run in runs[:3]]
    assert found.dev[0, 0] == pytest.approx(np.mean(of_fold))


def test_given_dev_rows_stand_in_for_folds():
    engine = Means()
    x_dev, y_dev = X[:50] + 0.5, np.linspace(-1.0, 1.0, 50)
    found = curve(engine, x_dev=x_dev, y_dev=y_dev, repeats=3)
    assert found.sizes == (20, 50, 100, 150, 200)
    assert found.dev.shape == (3, 5)
    np.testing.assert_allclose(found.dev[:, -1], ((y_dev - Y.mean()) ** 2).mean())
    np.testing.assert_array_equal(engine.plan.x_test, x_dev)


def test_sizes_may_be_numbers_of_rows():
    assert curve(sizes=[100, 10, 0.5, 40]).sizes == (10, 40, 80, 100)


@pytest.mark.parametrize("sizes", [[], [0], [161], [1.5], [0.0], [-0.5], [0.001], [True], ["half"], 3, None], ids=str)
def test_sizes_that_leave_no_rows_or_too_many_are_refused(sizes):
    with pytest.raises(ValueError, match="`sizes` must be"):
        curve(sizes=sizes)


def test_half_of_a_dev_set_is_refused():
    with pytest.raises(ValueError, match="`x_dev, y_dev` must be given together"):
        curve(x_dev=X)


def test_a_score_that_the_model_does_not_have_is_refused_before_the_first_fit():
    def build_model():
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"])
        return model

    engine = Means()
    with pytest.raises(ValueError, match="`metric` must be a score of the compiled model: loss, mae"):
        learning_curve(build_model, X, Y, metric="accuracy", engine=engine, epochs=1, verbose=0)
    assert engine.tasks == []


def test_the_verdict_is_of_the_errors_on_dev_rows():
    found = curve(tolerance=0.1, confidence=0.9)
    judged = judge_learning_curve(
        found.sizes, found.train, found.dev, test_ratio=40 / 160, tolerance=0.1, confidence=0.9
    )
    assert (found.verdict, found.gain, found.doubled) == (judged.verdict, judged.gain, judged.doubled)
