"""One wording for every error about an argument."""

import fractions
import math

import numpy as np
import pytest

from kerasparts.core import check, check_choice, check_integer, check_number


def message(call, *arguments):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the text is what is tested)
        call(*arguments)
    return str(error.value)


def test_a_broken_rule_names_the_argument_the_rule_and_what_came():
    assert message(check, False, "beta_1", 1.0, "in [0, 1)") == "`beta_1` must be in [0, 1). Received: beta_1=1.0"


def test_text_is_received_in_quotes():
    assert message(check, False, "rate", "1", "a number") == "`rate` must be a number. Received: rate='1'"


def test_a_kept_rule_is_silent():
    assert check(True, "beta_1", 0.5, "in [0, 1)") is None
    assert check_number("beta_1", 0.5, "[0, 1)") is None
    assert check_integer("patience", 3, "[0, inf)") is None
    assert check_choice("mode", "min", ("min", "max")) is None


def test_a_number_outside_its_interval_is_refused_in_these_words():
    assert message(check_number, "rate", 1.0, "[0, 1)") == "`rate` must be a number in [0, 1). Received: rate=1.0"


def test_a_broken_count_is_refused_in_these_words():
    expected = "`patience` must be an integer in [0, inf). Received: patience=1.5"
    assert message(check_integer, "patience", 1.5, "[0, inf)") == expected


def test_an_unknown_choice_is_refused_in_these_words():
    expected = "`mode` must be one of 'min', 'max'. Received: mode='up'"
    assert message(check_choice, "mode", "up", ("min", "max")) == expected


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        ("[0, 1)", (0, 0.999), (1, -1e-9)),
        ("(0, 1]", (1, 1e-9), (0, 1.001)),
        ("(0, inf)", (1e300,), (0, math.inf)),
        ("(-inf, inf)", (0, -1e300), (math.inf, -math.inf)),
    ],
)
def test_round_brackets_leave_the_bound_out(interval, inside, outside):
    for value in inside:
        check_number("x", value, interval)
    for value in outside:
        with pytest.raises(ValueError, match="`x` must be a number"):
            check_number("x", value, interval)


@pytest.mark.parametrize(
    "value", [math.nan, np.float32("nan"), True, np.True_, "0.5", None, 0.5j, [0.5], np.array([0.5])], ids=repr
)
def test_what_is_no_real_number_is_no_number(value):
    with pytest.raises(ValueError, match="`rate` must be a number"):
        check_number("rate", value)


@pytest.mark.parametrize("value", [np.float16(0.5), np.float32(0.5), np.int64(0), fractions.Fraction(1, 2)], ids=repr)
def test_numpy_scalars_and_fractions_are_numbers(value):
    check_number("rate", value, "[0, 1)")


@pytest.mark.parametrize("value", [1.0, np.float32(1.0), True, "1", None, math.nan], ids=repr)
def test_what_is_no_whole_number_is_no_integer(value):
    with pytest.raises(ValueError, match="`seed` must be an integer"):
        check_integer("seed", value)


@pytest.mark.parametrize("value", [7, np.int32(7), np.uint8(7), 10**400], ids=["int", "int32", "uint8", "huge"])
def test_integers_of_every_kind_and_size_are_integers(value):
    check_integer("seed", value, "[0, inf)")


def test_none_is_a_choice_only_where_it_is_listed():
    check_choice("mode", None, (None, "min"))
    assert "Received: mode=None" in message(check_choice, "mode", None, ("min",))


@pytest.mark.parametrize("value", [1, ["min"], np.array(["min", "min"])], ids=repr)
def test_what_is_no_text_is_no_choice(value):
    with pytest.raises(ValueError, match="must be one of"):
        check_choice("mode", value, ("min", "max"))
