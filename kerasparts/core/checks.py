"""One wording for every error about an argument."""

import numbers
from collections.abc import Sequence
from typing import Any


def check(condition: Any, name: str, value: Any, rule: str) -> None:
    """Raises a `ValueError` that names the argument, the rule and what came, unless `condition` holds.

    Example:
    >>> check(False, "beta_1", 1.0, "in [0, 1)")
    Traceback (most recent call last):
    ValueError: `beta_1` must be in [0, 1). Received: beta_1=1.0
    """
    if not condition:
        raise ValueError(f"`{name}` must be {rule}. Received: {name}={value!r}")


def check_number(name: str, value: Any, interval: str = "(-inf, inf)") -> None:
    """Checks that `value` is a real number inside `interval`; NaN, text and booleans never are.

    Args:
        interval: two bounds in interval notation, such as `"[0, 1)"` or `"(0, inf)"`.

    Example:
    >>> check_number("rate", "high", "[0, 1)")
    Traceback (most recent call last):
    ValueError: `rate` must be a number in [0, 1). Received: rate='high'
    """
    _check_inside(name, value, interval, numbers.Real, "a number")


def check_integer(name: str, value: Any, interval: str = "(-inf, inf)") -> None:
    """Checks that `value` is an integer inside `interval`.

    Example:
    >>> check_integer("patience", 1.5, "[0, inf)")
    Traceback (most recent call last):
    ValueError: `patience` must be an integer in [0, inf). Received: patience=1.5
    """
    _check_inside(name, value, interval, numbers.Integral, "an integer")


def check_choice(name: str, value: Any, choices: Sequence[Any]) -> None:
    """Checks that `value` is one of `choices`.

    Example:
    >>> check_choice("mode", "up", ("min", "max"))
    Traceback (most recent call last):
    ValueError: `mode` must be one of 'min', 'max'. Received: mode='up'
    """
    known = isinstance(value, str | None) and value in choices
    check(known, name, value, "one of " + ", ".join(repr(choice) for choice in choices))


def _check_inside(name, value, interval, kind, noun):
    low, high = (float(bound) for bound in interval[1:-1].split(","))
    ok = isinstance(value, kind) and not isinstance(value, bool)
    ok = ok and (low <= value if interval[0] == "[" else low < value)
    ok = ok and (value <= high if interval[-1] == "]" else value < high)
    check(ok, name, value, f"{noun} in {interval}")
