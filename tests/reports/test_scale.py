"""Axes of a report: places, round ticks, short numbers."""

import math

import numpy as np
import pytest

from kerasparts.reports._scale import DASH, MINUS, Scale, number


@pytest.mark.parametrize("span", [(0, 1), (0, 2.3), (-1, 1), (3, 1e6), (1e-7, 2e-7), (5, 5), (0, 0), (-1e308, 1e308)])
def test_a_linear_axis_has_some_ticks_inside_that_rise(span):
    ticks = Scale.over(span).ticks()
    places = [place for place, _ in ticks]
    assert 2 <= len(ticks) <= 6
    assert places == sorted(places)
    assert all(0 <= place <= 1 for place in places)
    assert len({text for _, text in ticks}) == len(ticks)
    assert all(len(text) <= 8 for _, text in ticks)


@pytest.mark.parametrize("span", [(1e-3, 1), (1, 1), (3, 4), (1e-300, 1e300), (0.0, 1e-5), (2, 9e4)])
def test_a_logarithmic_axis_has_some_ticks_inside_that_rise(span):
    ticks = Scale.over(span, log=True).ticks()
    places = [place for place, _ in ticks]
    assert 1 <= len(ticks) <= 6
    assert places == sorted(places)
    assert all(0 <= place <= 1 for place in places)


def test_ticks_lie_where_their_numbers_do():
    scale = Scale.over([0.0, 10.0], pad=0.0)
    assert scale.ticks() == [(0.0, "0"), (0.2, "2"), (0.4, "4"), (0.6, "6"), (0.8, "8"), (1.0, "10")]
    log = Scale.over([1e-2, 1e2], log=True, pad=0.0)
    assert [(round(place, 6), text) for place, text in log.ticks()] == [
        (0.0, "0.01"),
        (0.25, "0.1"),
        (0.5, "1"),
        (0.75, "10"),
        (1.0, "100"),
    ]


def test_what_is_not_finite_has_no_place_and_zero_lies_at_the_foot_of_a_logarithmic_axis():
    places = Scale.over([1.0, 100.0], log=True, pad=0.0).places([np.nan, np.inf, -np.inf, 0.0, -1.0, 10.0])
    np.testing.assert_array_equal(places, [np.nan, np.nan, np.nan, 0.0, 0.0, 0.5])


def test_an_end_can_be_set():
    scale = Scale.over([3.0, 4.0], low=0.0, pad=0.0)
    assert (scale.low, scale.high) == (0.0, 4.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-2, f"{MINUS}2"),
        (0.58, "0.58"),
        (98.24, "98.2"),
        (1234.5, "1230"),
        (65226, "65,226"),
        (1e-4, "1e-4"),
        (-1.25e-7, f"{MINUS}1.25e-7"),
        (1e12, "1e12"),
        (math.inf, "∞"),
        (-math.inf, f"{MINUS}∞"),
        (math.nan, DASH),
    ],
)
def test_numbers_are_short(value, text):
    assert number(value) == text
