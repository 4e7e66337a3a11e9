"""BiasVarianceTradeoff, EnsembleSpread, EnsembleDiversity and OutOfBag: what they say of given numbers."""

import json

import numpy as np
import pytest

from kerasparts.diagnostics import (
    BiasVarianceTradeoff,
    OutOfBag,
    decompose_bias_variance,
    ensemble_diversity,
    ensemble_spread,
)

RANDOM = np.random.default_rng(0)


def tradeoff(errors):
    """One that has these errors and no variance."""
    found = [decompose_bias_variance(np.full((2, 3, 1), np.sqrt(error)), np.zeros((3, 1))) for error in errors]
    return BiasVarianceTradeoff(tuple(10**place for place in range(len(errors))), tuple(found))


def test_the_best_capacity_has_the_least_error():
    found = tradeoff([3.0, 1.0, 2.0])
    assert (found.best, found.best_index) == (10, 1)
    assert found.curve("error") == pytest.approx([3.0, 1.0, 2.0])
    assert found.standard_errors("error") == pytest.approx([0.0, 0.0, 0.0])
    text = str(found)
    assert "least error: 10, 1" in text
    assert "may not go far enough" not in text
    assert json.loads(json.dumps(found.to_dict()))["best"] == 10
    assert "<table>" in found._repr_html_()


def test_a_least_error_at_the_end_is_said_to_be_there():
    assert "last capacity: the sweep may not go far enough" in str(tradeoff([3.0, 2.0, 1.0]))
    assert "first capacity: the sweep may not go far enough" in str(tradeoff([1.0, 2.0]))


@pytest.mark.parametrize("seed", range(5))
def test_an_ensemble_gains_its_ambiguity(seed):
    random = np.random.default_rng(seed)
    f, y = random.normal(size=(6, 20, 2)), random.normal(size=(20, 2))
    found = ensemble_diversity(f, y)
    assert found.ensemble_error == pytest.approx(np.square(f.mean(axis=0) - y).mean())
    assert found.mean_member_error == pytest.approx(np.square(f - y).mean())
    assert found.ambiguity == pytest.approx(f.var(axis=0).mean())
    assert found.ensemble_error == pytest.approx(found.mean_member_error - found.ambiguity)
    p, labels = random.dirichlet(np.ones(4), (6, 20)), random.integers(0, 4, 20)
    found = ensemble_diversity(p, labels, "cross_entropy")
    assert found.ensemble_error == pytest.approx(found.mean_member_error - found.ambiguity)
    assert found.ambiguity > 0
    brier = ensemble_diversity(p, labels)
    assert brier.ensemble_error == pytest.approx(np.square(p.mean(axis=0) - np.eye(4)[labels]).mean())


def test_a_single_output_is_the_probability_of_a_yes():
    p, y = np.array([[[0.9], [0.2]], [[0.7], [0.4]]]), np.array([1, 0])
    found = ensemble_diversity(p, y, "cross_entropy")
    assert found.ensemble_error == pytest.approx(-(np.log(0.8) + np.log(0.7)) / 2)
    two = np.concatenate([1 - p, p], axis=-1)
    assert ensemble_diversity(two, y, "cross_entropy").ambiguity == pytest.approx(found.ambiguity)
    one, both = ensemble_spread(p, classes=True), ensemble_spread(two, classes=True)
    np.testing.assert_allclose(one.entropy, both.entropy, atol=1e-6)
    np.testing.assert_allclose(one.mutual_information, both.mutual_information, atol=1e-6)


def test_doubt_is_what_the_members_agree_on_and_what_they_do_not():
    p = RANDOM.dirichlet(np.ones(3), (5, 30))
    spread = ensemble_spread(p, classes=True)
    entropy = -(p.mean(axis=0) * np.log(p.mean(axis=0))).sum(axis=1)
    expected = -(p * np.log(p)).sum(axis=2).mean(axis=0)
    np.testing.assert_allclose(spread.entropy, entropy, rtol=1e-5)
    np.testing.assert_allclose(spread.mutual_information, entropy - expected, rtol=1e-4)
    np.testing.assert_allclose(spread.standard_deviation, p.std(axis=0, ddof=1))
    labels = ensemble_spread(RANDOM.uniform(0.1, 0.9, size=(5, 30, 4)), classes=True, multi_label=True)
    assert labels.entropy.shape == (30, 4)
    assert "mean entropy" in str(spread)
    assert len(json.loads(json.dumps(spread.to_dict()))["entropy"]) == 30


def test_out_of_bag_says_how_many_rows_had_a_vote():
    predictions = np.array([[0.5], [np.nan]])
    found = OutOfBag({"loss": 0.25}, predictions, np.array([3, 0]))
    assert str(found) == "Out of bag: loss 0.25 (1 of 2 rows, 1.5 votes each)"
    assert json.loads(json.dumps(found.to_dict()))["predictions"] == [[0.5], [None]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ensemble_spread(np.zeros((1, 3, 2)), classes=False), "two members or more"),
        (lambda: ensemble_spread(np.full((2, 3, 2), 7.0), classes=True), "probabilities"),
        (lambda: ensemble_diversity(np.zeros((1, 3)), np.zeros(3)), "two members or more"),
        (lambda: ensemble_diversity(np.zeros((2, 3)), np.zeros(4)), "a row for each of the 3 rows"),
        (lambda: ensemble_diversity(np.zeros((2, 3)), np.zeros(3), "zero_one"), "`loss` must be one of"),
    ],
)
def test_bad_predictions_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
