"""bagging and deep_ensemble: trained members as one model."""

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.ensembles import bagging, deep_ensemble

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(3.0, 2.0, size=(60, 4)).astype("float32")
Y = (X[:, :3] + 0.5 * RANDOM.normal(size=(60, 3))).argmax(axis=1)
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def classifier():
    model = keras.Sequential(
        [keras.Input((4,)), kp.layers.RobustScaling(), keras.layers.Dense(3, kernel_regularizer="l2")]
    )
    crossentropy = keras.metrics.SparseCategoricalCrossentropy(from_logits=True, name="crossentropy")
    model.compile(keras.optimizers.Adam(0.1), LOGITS, metrics=["accuracy", crossentropy])
    return model


SETTINGS = dict(epochs=3, verbose=0, engine="auto")


@pytest.fixture(scope="module")
def bagged():
    return bagging(classifier, X, Y, members=5, **SETTINGS)


@pytest.fixture(scope="module")
def deep():
    return deep_ensemble(classifier, X, Y, members=3, **SETTINGS)


def own_scaling(model):
    return keras.ops.convert_to_numpy(model.layers[0].median)


def test_answers_with_probabilities_and_evaluates_them(bagged, deep):
    for ensemble in (bagged, deep):
        p = ensemble.predict(X, verbose=0)
        np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-5)
        scores = ensemble.evaluate(X, Y, verbose=0, return_dict=True)
        expected = -np.log(p[np.arange(60), Y]).mean()
        assert scores["loss"] == pytest.approx(expected, rel=1e-5)
        assert scores["crossentropy"] == pytest.approx(expected, rel=1e-5)
        assert scores["accuracy"] == pytest.approx((p.argmax(axis=1) == Y).mean())
        assert scores["loss"] < np.log(3)


def test_members_of_a_deep_ensemble_differ_by_the_seed_alone(deep):
    assert len(deep.members) == 3
    np.testing.assert_array_equal(own_scaling(deep.members[0]), own_scaling(deep.members[1]))
    np.testing.assert_allclose(own_scaling(deep.members[0]).ravel(), np.median(X, axis=0), rtol=1e-6)
    kernels = [one.get_weights()[-2] for one in deep.members]
    assert np.abs(kernels[0] - kernels[1]).max() > 0.1
    assert deep.out_of_bag is None


def test_members_of_bagging_are_scaled_by_their_own_rows(bagged):
    medians = [tuple(own_scaling(one).ravel()) for one in bagged.members]
    assert len(set(medians)) == 5


def test_out_of_bag_is_the_mean_of_the_members_that_have_not_seen_the_row():
    seen = []

    class Spy:
        """Notes the rows of each fit and gives what it is told."""

        name = "spy"

        def run(self, plan, tasks):
            seen.extend(tasks)
            yield from kp.model_selection.engines.Sequential().run(plan, tasks)

    ensemble = bagging(classifier, X, Y, members=3, validation_split=0.2, **{**SETTINGS, "epochs": 1, "engine": Spy()})
    found = ensemble.out_of_bag
    each = ensemble.predict_members(X)
    for row in range(60):
        members = [m for m, task in enumerate(seen) if row not in task.rows and row not in task.validation_rows]
        assert found.votes[row] == len(members)
        expected = each[members, row].mean(axis=0) if members else [np.nan] * 3
        np.testing.assert_allclose(found.predictions[row], expected, rtol=1e-4, atol=1e-6)
    known = found.votes > 0
    assert found.scores["accuracy"] == pytest.approx((found.predictions[known].argmax(axis=1) == Y[known]).mean())
    assert set(found.scores) == {"loss", "accuracy", "crossentropy"}


def test_out_of_bag_is_told_in_words_and_numbers(bagged):
    assert str(bagged.out_of_bag).startswith("Out of bag: ")
    assert "of 60 rows" in str(bagged.out_of_bag)
    assert len(bagged.out_of_bag.to_dict()["votes"]) == 60


def test_the_same_seed_gives_the_same_members_however_many(deep):
    again = deep_ensemble(classifier, X, Y, members=2, **SETTINGS)
    np.testing.assert_allclose(again.predict_members(X), deep.predict_members(X)[:2], rtol=1e-3, atol=1e-5)


def test_the_file_holds_no_more_than_the_members(deep, tmp_path):
    deep.save(tmp_path / "ensemble.keras")
    loaded = keras.models.load_model(tmp_path / "ensemble.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), deep.predict(X, verbose=0))
    assert len(loaded.optimizer.variables) == 2  # the step and the learning rate


def test_what_was_said_of_logits_is_said_of_probabilities():
    def build():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)
        model.compile("sgd", loss, metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)])
        return model

    y = (Y == 0).astype("float32")[:, None]
    ensemble = deep_ensemble(build, X, y, members=2, **SETTINGS)
    assert ensemble.activation == "sigmoid"
    assert (ensemble.loss.from_logits, ensemble.loss.label_smoothing) == (False, 0.1)
    p = ensemble.predict(X, verbose=0)
    scores = ensemble.evaluate(X, y, verbose=0, return_dict=True)
    assert scores["binary_accuracy"] == pytest.approx(((p > 0.5) == y).mean())
    smooth = 0.9 * y + 0.05
    assert scores["loss"] == pytest.approx(-(smooth * np.log(p) + (1 - smooth) * np.log(1 - p)).mean(), rel=1e-4)


def test_values_are_averaged():
    def build():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    ensemble = bagging(build, X / 10, X[:, :1], members=2, **{**SETTINGS, "epochs": 1})
    assert ensemble.activation is None
    np.testing.assert_allclose(ensemble.predict(X, verbose=0), ensemble.predict_members(X).mean(axis=0), rtol=1e-5)
    assert (np.isnan(ensemble.out_of_bag.predictions[:, 0]) == (ensemble.out_of_bag.votes == 0)).all()
    assert ensemble.spread(X).entropy is None


def test_one_member_is_none():
    with pytest.raises(ValueError, match="`members` must be an integer in"):
        bagging(classifier, X, Y, members=1, epochs=1)
