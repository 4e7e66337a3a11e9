"""Criteria of early stopping against their paper, and what they say of numbers that the paper does not know."""

import math

import numpy as np
import pytest

from kerasparts.diagnostics.monitored import Monitored
from kerasparts.diagnostics.stopping import generalization_loss, is_met, rising_strips, smoothed, training_progress
from tests.reference import stopping as reference

NAN, INF = math.nan, math.inf
RANDOM = np.random.default_rng(0)
COURSES = [
    (1 + 3 / (1 + np.arange(60)) + slope * np.arange(60)) * np.exp(0.05 * RANDOM.normal(size=60))
    for slope in (-0.002, 0.0, 0.002, 0.01, 0.05)
    for _ in range(4)
]
TRAINING = [3 / (1 + np.arange(60)) * np.exp(0.02 * RANDOM.normal(size=60)) for _ in COURSES]


def first(criterion, errors, training=None, strip=5):
    """The first epoch, from 1, after which the criterion says stop."""
    for t in range(1, len(errors) + 1):
        if is_met(criterion, list(errors[:t]), list(training[:t]) if training is not None else [], strip):
            return t
    return None


@pytest.mark.parametrize("alpha", [1, 2, 5, 12.5])
def test_generalization_loss_stops_where_the_paper_says(alpha):
    found = [first(f"GL_{alpha}", errors) for errors in COURSES]
    assert found == [reference.gl(errors, alpha) for errors in COURSES]
    assert len(set(found)) > 3


@pytest.mark.parametrize(("alpha", "strip"), [(0.1, 5), (0.5, 5), (1, 3), (1, 7)])
def test_the_quotient_stops_where_the_paper_says(alpha, strip):
    pairs = list(zip(COURSES, TRAINING, strict=True))
    found = [first(f"PQ_{alpha}", errors, training, strip) for errors, training in pairs]
    assert found == [reference.pq(errors, training, alpha, strip) for errors, training in pairs]
    assert len(set(found)) > 3


@pytest.mark.parametrize(("strips", "strip"), [(1, 5), (2, 5), (3, 5), (2, 3), (4, 1)])
def test_rising_strips_stop_where_the_paper_says(strips, strip):
    found = [first(f"UP_{strips}", errors, strip=strip) for errors in COURSES]
    assert found == [reference.up(errors, strips, strip) for errors in COURSES]
    assert len(set(found)) > 2


def test_the_numbers_are_those_of_the_paper():
    for errors, training in zip(COURSES, TRAINING, strict=True):
        for t in (5, 23, 60):
            gl, progress = reference.generalization_loss(errors, t), reference.progress(training, t, 5)
            assert generalization_loss(errors[:t]) == pytest.approx(gl, rel=1e-9, abs=1e-9)
            assert training_progress(training[:t], 5) == pytest.approx(progress, rel=1e-9, abs=1e-9)


def test_what_is_not_finite_is_as_bad_as_can_be():
    for bad in (NAN, INF, -INF):
        assert generalization_loss([2.0, 1.0, bad]) == INF
        assert rising_strips([1.0, 1.0, bad, bad], 1) == 2
        assert is_met("PQ_1", [1.0, bad], [1.0, bad], 2)
    assert generalization_loss([NAN, 2.0, 1.0]) == 0.0
    assert rising_strips([NAN, 2.0], 1) == 0


def test_before_anything_finite_there_is_no_loss_of_generalization():
    assert generalization_loss([NAN, NAN]) == 0.0
    assert not is_met("GL_1", [NAN, INF], [])


def test_errors_of_zero_and_below():
    assert generalization_loss([0.0, 0.0]) == 0.0
    assert generalization_loss([0.0, 0.1]) == INF
    assert generalization_loss([-2.0, -1.0]) == 50.0
    assert training_progress([0.0, 0.0], 2) == 0.0
    assert is_met("PQ_1", [1.0, 1.1], [1.0, 1.0], 2)  # no progress at all, and worse
    assert not is_met("PQ_1", [1.0, 1.0], [1.0, 1.0], 2)


def test_smoothing_is_a_moving_average_of_what_is_finite():
    course = []
    for error in (4.0, NAN, 2.0, 1.0):
        course.append(smoothed(error, course, 0.5))
    np.testing.assert_equal(course, [4.0, NAN, 3.0, 2.0])
    assert smoothed(0.3, [0.1], 0.0) == 0.3


def test_a_weighted_sum_goes_where_its_names_and_signs_say():
    logs = {"val_loss": 3.0, "val_accuracy": 1.0, "quality": 4.0}
    assert Monitored({"val_loss": 2.0, "val_accuracy": -1.0}).errors(logs) == {"2 val_loss -1 val_accuracy": 5.0}
    assert Monitored({"val_loss": -2.0, "val_accuracy": 1.0}).errors(logs) == {"-2 val_loss +1 val_accuracy": 5.0}
    assert Monitored({"quality": 1.0, "val_loss": -1.0}, "max").errors(logs) == {"1 quality -1 val_loss": -1.0}
    with pytest.raises(ValueError, match=r"`mode` must be 'min' or 'max' where the names and the signs"):
        Monitored({"val_loss": 1.0, "val_accuracy": 1.0})


@pytest.mark.parametrize("monitor", ["", [], {}, ["loss", "loss"], ["loss", 3], {"loss": 0.0}, {"loss": NAN}, None])
def test_what_cannot_be_monitored_is_refused(monitor):
    with pytest.raises(ValueError, match="`monitor` must be"):
        Monitored(monitor)
