"""nested_cross_validate, by hand without training."""

import keras
import numpy as np
import pytest
from sklearn.model_selection import GroupKFold

from kerasparts.model_selection import nested_cross_validate
from tests.model_selection.by_hand import Means, no_model

ROWS = 36
X = np.arange(ROWS, dtype="float32")[:, None]
Y = np.random.default_rng(0).normal(size=ROWS)
GRID = [-1.0, 0.0, 1.0]  # added to the mean of the training rows


def validated(engine=None, grid=GRID, build_model=no_model, **settings):
    settings = {"cv": 4, "inner_cv": 3, **settings}
    return nested_cross_validate(build_model, X, Y, grid, engine=engine or Means(), epochs=1, verbose=0, **settings)


def test_each_outer_fold_chooses_by_its_inner_folds_and_is_scored_on_its_own_rows():
    found = validated()
    assert found.chosen == (1, 1, 1, 1)
    for train, test, value in zip(found.outer.train_rows, found.outer.test_rows, found.score.values, strict=True):
        assert value == pytest.approx(((Y[test] - Y[train].mean()) ** 2).mean())
    assert found.optimistic == pytest.approx(found.inner_means.min(axis=1).mean())


def test_inner_means_are_those_of_the_inner_fits():
    engine = Means()
    found = validated(engine)
    of_value = [task for task in engine.tasks if task.name.startswith("fold-2-value-3-inner-")]
    losses = [((Y[task.test_rows] - Y[task.rows].mean() - 1.0) ** 2).mean() for task in of_value]
    assert len(losses) == 3
    assert found.inner_means[1, 2] == pytest.approx(np.mean(losses))


def test_no_inner_fit_touches_a_row_of_its_outer_test():
    engine = Means()
    found = validated(engine)
    inner = [task for task in engine.tasks if "inner" in task.name]
    assert len(inner) == 4 * 3 * 3
    for task in inner:
        outer = set(found.outer.test_rows[int(task.name.split("-")[1]) - 1])
        assert not outer & (set(task.rows) | set(task.test_rows))
        assert sorted([*task.rows, *task.test_rows]) == sorted(set(range(ROWS)) - outer)


def test_values_are_held_against_each_other_on_the_same_rows_from_the_same_seeds():
    engine = Means()
    validated(engine)
    for fold in (1, 4):
        for inner in (1, 2, 3):
            same = [task for task in engine.tasks if task.name.endswith(f"inner-{inner}")]
            same = [task for task in same if task.name.startswith(f"fold-{fold}-")]
            assert len({task.seed for task in same}) == 1
            assert len({task.rows.tobytes() for task in same}) == 1


def test_what_should_rise_is_chosen_by_its_greatest_mean():
    skill = keras.metrics.MeanMetricWrapper(lambda y, p: p, name="skill")

    def build_model(value):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=[skill])
        return model

    found = validated(build_model=build_model, metric="skill", mode="max")
    assert found.chosen == (1, 1, 1, 1)
    assert found.score.mean == pytest.approx(1 - validated().score.mean)


def test_the_search_is_optimistic_where_nothing_can_be_learned():
    """Of twenty values that differ by noise alone, the best inner mean is below the true loss, the outer is not."""

    class Noise(Means):
        @staticmethod
        def scores(y, level):
            loss = float(np.random.default_rng(abs(hash((y.tobytes(), level))) % 2**32).normal(1.0, 0.1))
            return {"loss": loss}

    found = validated(Noise(), grid=[float(value) for value in range(20)], cv=8)
    assert found.optimistic < 0.95
    assert found.score.mean == pytest.approx(1.0, abs=4 * 0.1 / np.sqrt(8))
    assert len(set(found.chosen)) > 1


def test_the_text_says_what_was_chosen_and_sets_both_estimates_side_by_side():
    found = validated()
    text = str(found)
    assert "0 in 4" in text
    assert f"honest: loss {found.score}" in text
    assert f"optimistic: loss {found.optimistic:.4g}" in text
    assert found.to_dict()["grid"] == GRID
    assert found.to_dict()["optimistic"] == pytest.approx(found.optimistic)
    assert "<table>" in found._repr_html_()


def test_groups_stay_together_inside_too():
    engine, groups = Means(), np.arange(ROWS) // 3
    validated(engine, groups=groups, inner_cv=GroupKFold(2))
    for task in engine.tasks:
        assert not set(groups[task.rows]) & set(groups[task.test_rows])


def test_a_value_without_a_finite_score_is_never_chosen():
    found = validated(grid=[float("nan"), 0.0])
    assert found.chosen == (1, 1, 1, 1)
    with pytest.raises(ValueError, match="`grid` must be such that one value has finite scores"):
        validated(grid=[float("nan"), float("inf")])


@pytest.mark.parametrize("grid", [[], [1.0], "ab", 3, None], ids=str)
def test_a_grid_is_at_least_two_values(grid):
    with pytest.raises(ValueError, match="`grid` must be"):
        validated(grid=grid)


def test_pairs_of_rows_cannot_be_inner_folds():
    with pytest.raises(ValueError, match="`inner_cv` must be an integer or a splitter"):
        validated(inner_cv=[([0], [1])])


def test_a_metric_whose_direction_is_unknown_is_asked_for():
    with pytest.raises(ValueError, match="`mode` must be 'min' or 'max'"):
        validated(metric="skill")
