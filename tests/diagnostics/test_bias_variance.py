"""Verdicts on curves whose truth is known."""

import functools
import inspect
import json
import math
import re

import keras
import numpy as np
import pytest

import kerasparts
from kerasparts.diagnostics import ErrorCurves, Estimate, diagnose_bias_variance

EPOCHS = np.arange(1, 21)
DECAY = 2 * np.exp(-EPOCHS / 2)


def curves_of(train, validation, standard_error=0.01):
    errors = np.full(len(train), standard_error)
    return ErrorCurves(range(1, len(train) + 1), train, validation, errors, errors)


def diagnose(train, validation, standard_error=0.01, trivial_error=2.3, **kwargs):
    return diagnose_bias_variance(curves_of(train, validation, standard_error), trivial_error, **kwargs)


VERDICTS = {
    "high bias": (DECAY + 1.0, DECAY + 1.05),
    "high variance": (DECAY + 0.02, DECAY + 0.9),
    "both": (DECAY + 0.7, DECAY + 1.4),
    "good fit": (DECAY + 0.05, DECAY + 0.1),
    "too early to say": ([2.0, 1.5], [2.1, 1.7]),
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_verdict_is_the_truth(verdict):
    assert diagnose(*VERDICTS[verdict]).verdict == verdict


def test_bias_and_variance_are_the_differences_of_the_last_epoch():
    found = diagnose(DECAY + 0.3, DECAY + 0.8, target_error=0.1, tolerance=0.2)
    last = DECAY[-1]
    assert found.train_error.value == pytest.approx(last + 0.3)
    assert found.validation_error.value == pytest.approx(last + 0.8)
    assert found.bias.value == pytest.approx(last + 0.2)
    assert found.variance.value == pytest.approx(0.5)
    assert found.threshold == pytest.approx(0.2 * (2.3 - 0.1))


def test_without_scatter_the_bounds_are_those_of_sampling():
    found = diagnose([0.5] * 8, [0.7] * 8, standard_error=0.01)
    t = 2.353  # table of Student's t at 95% with 5 - 2 degrees of freedom; the expansion is 0.05% short
    for estimate, error in [(found.bias, 0.01), (found.variance, 0.01 * math.sqrt(2))]:
        assert estimate.high - estimate.value == pytest.approx(t * error, rel=1e-3)
        assert estimate.value - estimate.low == pytest.approx(t * error, rel=1e-3)


def test_a_target_moves_the_bias_to_zero():
    without = diagnose(DECAY + 1.0, DECAY + 1.05)
    reached = diagnose(DECAY + 1.0, DECAY + 1.05, target_error=1.0)
    assert without.verdict == "high bias"
    assert reached.verdict == "good fit"
    assert abs(reached.bias.value) < 1e-3
    assert reached.variance == without.variance


def test_a_target_of_zero_is_a_target():
    found = diagnose(DECAY + 1.0, DECAY + 1.05, target_error=0)
    assert found.target_error == 0.0
    assert "not given" not in str(found)
    assert not any("target_error" in remedy for remedy in found.remedies)


def test_a_tolerance_moves_the_threshold():
    assert diagnose(DECAY + 0.4, DECAY + 0.45, tolerance=0.1).verdict == "high bias"
    assert diagnose(DECAY + 0.4, DECAY + 0.45, tolerance=0.3).verdict == "good fit"


def test_losses_below_zero_are_judged_by_their_target():
    found = diagnose(DECAY - 0.95, DECAY - 0.4, trivial_error=0.0, target_error=-1.0)
    assert found.verdict == "high variance"
    assert found.bias.value == pytest.approx(0.05, abs=1e-3)


@pytest.mark.parametrize("side", ["train", "validation"])
def test_an_interval_around_the_threshold_leaves_it_open(side):
    train = np.full(8, 0.23 if side == "train" else 0.0)
    found = diagnose(train, train + (0.23 if side == "validation" else 0.0))
    assert found.verdict == "too early to say"
    assert "noise" in found.reason


def test_jumping_curves_leave_it_open_where_still_ones_do_not():
    jumps = 0.2 * np.cos(np.pi * EPOCHS)
    assert diagnose(0.1 + 0 * jumps, 0.5 + 0 * jumps).verdict == "high variance"
    assert diagnose(0.1 + jumps, 0.5 - jumps).verdict == "too early to say"


def test_unknown_sampling_errors_leave_it_open():
    found = diagnose([0.1] * 8, [0.9] * 8, standard_error=math.inf)
    assert found.verdict == "too early to say"
    assert "bounds unknown" in str(found)


@functools.cache
def verdicts_by_chance(gap, bias, epochs, scatter, sampling):
    """Verdicts on 600 trainings of a known gap and bias; the trivial error is 1, so that the threshold is 0.1."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(600):
        train = bias + sampling * random.normal() + scatter * random.normal(size=epochs)
        validation = bias + gap + sampling * random.normal() + scatter * random.normal(size=epochs)
        found.append(diagnose(train, validation, sampling, trivial_error=1.0).verdict)
    return found


NOISES = [(5, 0.02, 0.0), (5, 0.0, 0.02), (20, 0.02, 0.01), (20, 0.01, 0.02), (100, 0.02, 0.0), (100, 0.0, 0.02)]
FOUR_STANDARD_ERRORS = 4 * math.sqrt(0.05 * 0.95 / 600)


@pytest.mark.parametrize(("epochs", "scatter", "sampling"), NOISES)
def test_a_low_gap_is_called_high_in_at_most_5_percent(epochs, scatter, sampling):
    found = verdicts_by_chance(0.0999, 0.02, epochs, scatter, sampling)
    assert found.count("high variance") / len(found) <= 0.05 + FOUR_STANDARD_ERRORS


@pytest.mark.parametrize(("epochs", "scatter", "sampling"), NOISES)
def test_a_high_gap_is_called_a_good_fit_in_at_most_5_percent(epochs, scatter, sampling):
    found = verdicts_by_chance(0.1001, 0.02, epochs, scatter, sampling)
    assert found.count("good fit") / len(found) <= 0.05 + FOUR_STANDARD_ERRORS


@pytest.mark.parametrize(("epochs", "scatter", "sampling"), NOISES)
def test_a_low_bias_is_called_high_in_at_most_5_percent(epochs, scatter, sampling):
    found = verdicts_by_chance(0.0, 0.0999, epochs, scatter, sampling)
    assert found.count("high bias") / len(found) <= 0.05 + FOUR_STANDARD_ERRORS


@pytest.mark.parametrize(("epochs", "scatter", "sampling"), NOISES)
def test_a_gap_ten_standard_errors_above_the_threshold_is_found(epochs, scatter, sampling):
    found = verdicts_by_chance(0.1 + 10 * math.hypot(0.02, 0.02), 0.02, epochs, scatter, sampling)
    assert found.count("high variance") / len(found) > 0.95


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_few_epochs_are_too_early(count):
    found = diagnose([0.0] * count, [2.0] * count)
    assert found.verdict == "too early to say"
    assert f"{count} of at least 5 epochs" in found.reason
    assert found.remedies == ("Train for at least 5 epochs.",)
    assert str(found)


def test_min_epochs_says_how_many_are_few():
    assert diagnose([0.0] * 3, [2.0] * 3, min_epochs=3).verdict == "high variance"
    assert diagnose([0.0] * 9, [2.0] * 9, min_epochs=10).verdict == "too early to say"


NAN, INF = math.nan, math.inf
LOST = {
    "training": ([0.5] * 5 + [NAN] * 3, [0.6] * 8),
    "validation": ([0.5] * 8, [0.6] * 5 + [INF] * 3),
    "all": ([NAN] * 8, [NAN] * 8),
    "one of the last epochs": ([0.5] * 8, [0.6] * 5 + [NAN, 0.6, 0.6]),
}


@pytest.mark.parametrize("where", LOST)
def test_errors_that_are_not_finite_give_no_verdict(where):
    found = diagnose(*LOST[where])
    assert found.verdict == "too early to say"
    assert "not finite" in found.reason
    assert any("learning_rate" in remedy for remedy in found.remedies)
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_nan_long_ago_is_forgiven():
    assert diagnose([NAN] + [0.0] * 19, [NAN] + [2.0] * 19).verdict == "high variance"


@pytest.mark.parametrize(
    ("validation", "best"),
    [([NAN, 0.9, 0.7, 0.8, 0.8], 3), ([0.7, NAN, 0.8, 0.9, 0.9], 1), ([0.8, 0.7, 0.7, 0.9, 0.9], 2), ([NAN] * 5, None)],
)
def test_the_best_epoch_is_the_first_of_the_lowest_finite_error(validation, best):
    assert diagnose([0.5] * 5, validation).best_epoch == best


def test_a_bias_that_falls_fast_enough_is_too_early_to_judge():
    found = diagnose(np.linspace(2.0, 1.0, 8), np.linspace(2.0, 1.0, 8) + 0.05)
    assert found.verdict == "too early to say"
    assert found.train_falling
    # One seventh an epoch: from 1.0 to 0.23 in 0.77 * 7 = 5.39 epochs.
    assert found.remedies == ("Train for at least 6 more epochs.",)


def test_a_bias_that_falls_too_slowly_is_high():
    found = diagnose(np.linspace(2.0, 1.8, 8), np.linspace(2.0, 1.8, 8) + 0.05)
    assert found.verdict == "high bias"
    assert found.train_falling
    assert "still fall" in found.remedies[0]


@pytest.mark.parametrize("level", [0.0, 1e-6, 0.1, 2.3])
def test_a_flat_curve_is_not_falling(level):
    found = diagnose([level] * 12, [level] * 12)
    assert not found.train_falling
    assert not found.validation_falling
    assert "falling" not in str(found)


def test_a_fall_that_matters_to_nobody_is_no_fall():
    tiny = 1e-4 * np.linspace(1.0, 0.5, 12)
    assert not diagnose(tiny, tiny).train_falling


def test_a_validation_that_got_worse_says_where_to_stop():
    found = diagnose(DECAY, DECAY + 0.1 + 0.04 * EPOCHS)
    lowest = int(np.argmin(found.curves.validation)) + 1
    assert found.best_epoch == lowest
    assert found.remedies[0].startswith(f"Stop at epoch {lowest},")


@pytest.mark.parametrize("epochs", [20, 200])
def test_the_luckiest_of_many_noisy_epochs_is_no_place_to_stop(epochs):
    random = np.random.default_rng(0)
    stops = 0
    for _ in range(200):
        train, validation = 0.1 * random.normal(size=(2, epochs)) + [[0.1], [2.0]]
        stops += diagnose(train, validation).remedies[0].startswith("Stop at")
    # It aims at 5% and reaches 9%, as the noise is known from few epochs; by the interval alone: 39% and 86%.
    assert stops / 200 <= 0.09 + 3 * math.sqrt(0.09 * 0.91 / 200)


def test_remedies_for_both_do_not_contradict_each_other():
    text = " ".join(diagnose(*VERDICTS["both"]).remedies)
    assert "larger model" in text
    assert "more training data" in text
    assert "simpler" not in text
    assert "Regularize" not in text


@pytest.mark.parametrize("verdict", VERDICTS)
def test_remedies_name_what_exists(verdict):
    for remedy in diagnose(*VERDICTS[verdict]).remedies:
        for root, path, arguments in re.findall(r"\b(keras|kerasparts)\.([\w.]+)(\([^)]*\))?", remedy):
            part = functools.reduce(getattr, path.split("."), {"keras": keras, "kerasparts": kerasparts}[root])
            assert set(re.findall(r"(\w+)=", arguments)) <= set(inspect.signature(part).parameters)


def test_error_rates_stay_between_zero_and_one():
    found = diagnose([0.0] * 8, [1.0] * 8, trivial_error=0.9, target_error=0.02, error="error_rate")
    assert (found.train_error.low, found.validation_error.high) == (0.0, 1.0)
    assert found.train_error.high > 0.01
    assert found.bias.low == pytest.approx(-0.02)
    assert found.variance.high == 1.0
    assert "training error rate" in str(found)


def test_curves_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="`curves` must be of one length"):
        ErrorCurves((1, 2), (0.5, 0.4), (0.6,), (0.1, 0.1), (0.1, 0.1))


def test_curves_may_be_any_sequence_of_numbers():
    arrays = ErrorCurves(np.arange(1, 3), np.float32([0.5, 0.25]), [1, 0.5], (0.0, 0.0), np.zeros(2))
    assert arrays == ErrorCurves((1, 2), (0.5, 0.25), (1.0, 0.5), (0.0, 0.0), (0.0, 0.0))


@pytest.mark.parametrize(
    "wrong",
    [
        {"trivial_error": 0.0},
        {"trivial_error": NAN},
        {"trivial_error": INF},
        {"trivial_error": None},
        {"trivial_error": 0.5, "target_error": 0.6},
        {"target_error": NAN},
        {"target_error": "low"},
        {"tolerance": 0.0},
        {"tolerance": 1.0},
        {"confidence": 0.5},
        {"confidence": 1.0},
        {"min_epochs": 2},
        {"min_epochs": 5.0},
    ],
    ids=str,
)
def test_wrong_arguments_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be"):
        diagnose([0.5] * 8, [0.6] * 8, **wrong)


def test_no_epoch_is_refused():
    with pytest.raises(ValueError, match="`curves` must be of at least one epoch"):
        diagnose([], [])


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.123456, 0.1134, 0.1334), "0.123 (0.113 to 0.133)"),
        (Estimate(0.123456, -0.1, 0.35), "0.12 (-0.10 to 0.35)"),
        (Estimate(-0.001, -0.1, 0.1), "0.00 (-0.10 to 0.10)"),
        (Estimate(12345.6, 12000.0, 12700.0), "12346 (12000 to 12700)"),
        (Estimate(1e-8, 0.9e-8, 1.1e-8), "1e-08 (9e-09 to 1.1e-08)"),
        (Estimate(1e7, 0.0, 2e7), "1e+07 (0 to 2e+07)"),
        (Estimate(0.5, 0.5, 0.5), "0.5"),
        (Estimate(0.123456, -INF, INF), "0.1235 (bounds unknown)"),
        (Estimate(NAN, NAN, NAN), "nan"),
    ],
    ids=str,
)
def test_an_estimate_shows_the_digits_that_its_bounds_allow(estimate, text):
    assert str(estimate) == text


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_diagnosis_prints_verdict_numbers_and_remedies(verdict):
    found = diagnose(*VERDICTS[verdict])
    lines = str(found).splitlines()
    assert lines[0] == f"Verdict: {found.title}"
    assert lines[1] == found.reason
    for name, text in found.rows():
        assert any(name in line and line.endswith(text) for line in lines)
    assert [line[5:] for line in lines[-len(found.remedies) :]] == list(found.remedies)
    assert "95%" in str(found)


def test_an_odd_confidence_is_not_rounded_away():
    assert "97.5%" in str(diagnose(DECAY, DECAY, confidence=0.975))


def test_both_is_spelled_out():
    assert diagnose(*VERDICTS["both"]).title == "high bias and high variance"


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_diagnosis_is_ready_for_json(verdict):
    found = diagnose(*VERDICTS[verdict])
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["verdict"] == verdict
    assert told["remedies"] == list(found.remedies)
    assert told["bias"]["value"] == found.bias.value
    assert told["curves"]["train"] == list(found.curves.train)


def test_numpy_numbers_are_ready_for_json_too():
    found = diagnose(
        np.float32(DECAY), np.float32(DECAY), np.float32(0.1), np.float32(2.3), target_error=np.float32(0.1)
    )
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_notebook_shows_escaped_html():
    found = diagnose(DECAY, DECAY, error="<loss>")
    page = found._repr_html_()
    assert "<loss>" not in page
    assert "&lt;loss&gt;" in page
    assert f"Verdict: {found.title}" in page
    assert page.count("<tr>") == page.count("</tr>") == len(found.rows())
    assert page.count("<li>") == len(found.remedies)
