"""cross_validate: by hand without training, and on iris next to Keras' own loop and wrapper."""

import keras
import numpy as np
import pytest
from sklearn import model_selection
from sklearn.datasets import load_iris

from kerasparts.model_selection import cross_validate
from tests.model_selection.by_hand import Means, no_model

ROWS = 40
X = np.arange(ROWS, dtype="float32")[:, None]
Y = np.random.default_rng(0).normal(size=ROWS)
EPOCHS = 25


def validated(cv=4, engine=None, **settings):
    return cross_validate(no_model, X, Y, cv, engine=engine or Means(), epochs=1, verbose=0, **settings)


def test_every_row_is_predicted_by_the_fold_that_has_not_seen_it():
    found = validated()
    assert sorted(np.concatenate(found.test_rows)) == list(range(ROWS))
    for train, test in zip(found.train_rows, found.test_rows, strict=True):
        assert sorted([*train, *test]) == list(range(ROWS))
        np.testing.assert_allclose(found.predictions[test, 0], Y[train].mean(), rtol=1e-6)


def test_scores_are_of_the_rows_held_out():
    found = validated()
    by_hand = [
        ((Y[test] - Y[train].mean()) ** 2).mean() for train, test in zip(found.train_rows, found.test_rows, strict=True)
    ]
    assert found.scores["loss"].values == pytest.approx(by_hand)
    assert found.scores["loss"].mean == pytest.approx(np.mean(by_hand))
    assert found.scores["skill"].mean == pytest.approx(1 - np.mean(by_hand))
    assert [history["loss"] for history in found.histories] == [[1.0, 0.5]] * 4


def test_the_interval_knows_how_many_rows_are_tested():
    narrow = validated(model_selection.ShuffleSplit(6, test_size=10, random_state=0)).scores["loss"]
    s = np.std(narrow.values, ddof=1)
    t = 2.5705818  # of the tables, 5 degrees of freedom
    assert narrow.interval.high - narrow.mean == pytest.approx(t * s * np.sqrt(1 / 6 + 10 / 30), rel=1e-3)


def test_repeated_folds_are_averaged_row_by_row():
    found = validated(model_selection.RepeatedKFold(n_splits=4, n_repeats=3, random_state=0))
    assert (found.times_tested == 3).all()
    row = 7
    levels = [
        Y[train].mean() for train, test in zip(found.train_rows, found.test_rows, strict=True) if row in test.tolist()
    ]
    assert found.predictions[row, 0] == pytest.approx(np.mean(levels), rel=1e-6)
    assert "each the mean of 3 folds" in str(found)


def test_rows_that_are_never_tested_are_nan_and_said_to_be():
    found = validated(model_selection.TimeSeriesSplit(4))
    assert np.isnan(found.predictions[:8]).all()
    assert np.isfinite(found.predictions[8:]).all()
    assert "8 of 40 rows were never tested, theirs are NaN" in str(found)


def test_every_fold_has_a_seed_of_its_own_and_the_same_call_the_same_ones():
    first, again, other = Means(), Means(), Means()
    validated(engine=first, seed=1)
    validated(engine=again, seed=1)
    validated(engine=other, seed=2)
    seeds = [[task.seed for task in engine.tasks] for engine in (first, again, other)]
    assert len(set(seeds[0])) == 4
    assert seeds[0] == seeds[1]
    assert not set(seeds[0]) & set(seeds[2])
    for one, two in zip(first.tasks, again.tasks, strict=True):
        np.testing.assert_array_equal(one.rows, two.rows)


def test_groups_and_weights_go_where_they_belong():
    engine, groups = Means(), np.arange(ROWS) // 5
    found = validated(engine=engine, groups=groups, sample_weight=np.ones(ROWS))
    assert engine.plan.sample_weight.shape == (ROWS,)
    for train, test in zip(found.train_rows, found.test_rows, strict=True):
        assert not set(groups[train]) & set(groups[test])


def test_rows_kept_for_validation_are_of_the_training_rows():
    engine = Means()
    found = validated(engine=engine, validation_split=0.2)
    for task, test in zip(engine.tasks, found.test_rows, strict=True):
        assert len(task.validation_rows) == 6
        assert not (set(task.rows) & set(task.validation_rows)) | (set(task.validation_rows) & set(test))


@pytest.mark.parametrize("confidence", [0, 1, 95, "high"])
def test_a_wrong_confidence_is_refused_by_name(confidence):
    with pytest.raises(ValueError, match="`confidence` must be"):
        validated(confidence=confidence)


def test_an_unknown_setting_and_missing_epochs_are_refused_by_name():
    with pytest.raises(TypeError, match="'epoch'"):
        cross_validate(no_model, X, Y, epoch=3)
    with pytest.raises(TypeError, match="'epochs'"):
        cross_validate(no_model, X, Y)


def build_classifier():
    model = keras.Sequential(
        [keras.layers.Normalization(), keras.layers.Dense(16, "relu"), keras.layers.Dense(3, "softmax")]
    )
    model.compile(keras.optimizers.Adam(0.03), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def of_iris(iris):
    return cross_validate(build_classifier, *iris, cv=3, epochs=EPOCHS, verbose=0)


@pytest.mark.slow
def test_iris_is_learned_as_by_folds_fitted_by_hand(iris, of_iris):
    x, y = iris
    by_hand = []
    for train, test in zip(of_iris.train_rows, of_iris.test_rows, strict=True):
        model = build_classifier()
        model.layers[0].adapt(x[train])
        model.fit(x[train], y[train], epochs=EPOCHS, verbose=0)
        by_hand.append(model.evaluate(x[test], y[test], verbose=0, return_dict=True)["accuracy"])
    # What other seeds change: 3 of the 50 rows of a fold.
    assert of_iris.scores["accuracy"].values == pytest.approx(by_hand, abs=0.061)
    assert of_iris.scores["accuracy"].mean > 0.9


def test_scores_of_iris_are_those_of_its_out_of_fold_predictions(iris, of_iris):
    _, y = iris
    hits = of_iris.predictions.argmax(axis=1) == y
    assert of_iris.scores["accuracy"].values == pytest.approx([hits[test].mean() for test in of_iris.test_rows])
    losses = -np.log(of_iris.predictions[np.arange(150), y])
    assert of_iris.scores["loss"].values == pytest.approx([losses[test].mean() for test in of_iris.test_rows], abs=1e-4)


@pytest.mark.filterwarnings("ignore")
def test_the_wrapper_of_keras_trains_for_one_epoch_where_this_trains_for_all(iris, of_iris):
    def build(X, y):
        layers = [keras.layers.Dense(16, "relu"), keras.layers.Dense(3, "softmax")]
        model = keras.Sequential([keras.Input((4,)), *layers])
        model.compile(keras.optimizers.Adam(0.03), "categorical_crossentropy")
        return model

    wrapper = keras.wrappers.SKLearnClassifier(build, fit_kwargs={"epochs": EPOCHS, "verbose": 0})
    folds = list(zip(of_iris.train_rows, of_iris.test_rows, strict=True))
    fitted = model_selection.cross_validate(wrapper, *iris, cv=folds, return_estimator=True)
    epochs = {len(estimator.history_.epoch) for estimator in fitted["estimator"]}
    if epochs == {EPOCHS}:
        pytest.skip("Keras has mended it")
    assert epochs == {1}
    assert np.mean(fitted["test_score"]) < of_iris.scores["accuracy"].mean - 0.1
    assert {len(history["loss"]) for history in of_iris.histories} == {EPOCHS}
