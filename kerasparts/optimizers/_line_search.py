"""A line search that sees gradients alone, one evaluation a call, in tensors."""

from typing import Any, NamedTuple

from keras import ops

INFINITE = 3e38  # the end of a bracket that is still open


class LineSearch(NamedTuple):
    """Where a search along a direction stands; all are scalars.

    Attributes:
        length: of the step that is being tried.
        low, high: bracket of the length that is looked for; `high` is `INFINITE` until one was too far.
        slope: along the direction at its start, negative.
        slope_low, slope_high: the same at the ends of the bracket.
        tries: count of evaluations.
        forced: 1 where the length being tried is taken whatever comes.
    """

    length: Any
    low: Any
    high: Any
    slope: Any
    slope_low: Any
    slope_high: Any
    tries: Any
    forced: Any


def begun(slope, length):
    """A new search whose first trial is `length`."""
    zero = ops.zeros_like(slope)
    return LineSearch(length, zero, zero + INFINITE, slope, slope, zero + INFINITE, zero, zero)


def advanced(search, slope, c1, c2, max_evaluations):
    """The search after the slope at its trial has come.

    A length is taken when `(2 * c1 - 1) * slope(0) >= slope >= c2 * slope(0)`.

    Args:
        search: `LineSearch`.
        slope: along the direction at `search.length`; INFINITE where the gradient was not finite.
        c1, c2, max_evaluations: as in `LBFGS`.

    Returns:
        `(search, taken, failed)`: the search with the next length to try, and whether the one tried is taken, or no
        length could be found.
    """
    steep, flat = c2 * search.slope, (2 * c1 - 1) * search.slope
    tries = search.tries + 1
    taken = ((slope >= steep) & (slope <= flat)) | ((search.forced > 0) & (slope < INFINITE))
    too_short = slope < steep

    low = ops.where(too_short, search.length, search.low)
    slope_low = ops.where(too_short, slope, search.slope_low)
    high = ops.where(too_short, search.high, search.length)
    slope_high = ops.where(too_short, search.slope_high, slope)
    is_open = high >= INFINITE

    beyond = low + ops.clip(_secant(search.slope_low, slope), 1.1, 4.0) * (low - search.low)
    share = ops.clip(_secant(slope_low, slope_high) + 1, 0.1, 0.9)
    share = ops.where((slope_high >= INFINITE) | (tries > 3), 0.5, share)
    between = low + share * (high - low)
    length = ops.where(is_open, beyond, between)

    is_over = tries >= max_evaluations
    forced = ops.cast(is_over & (low > 0) & (search.forced == 0), slope.dtype)
    failed = is_over & ~taken & (forced == 0)
    length = ops.where(forced > 0, low, length)
    return LineSearch(length, low, high, search.slope, slope_low, slope_high, tries, forced), taken, failed


def _secant(slope_start, slope_end):
    """Where the slope is zero by the straight line through two, counted from the second in widths of their interval."""
    rise = slope_end - slope_start
    return ops.where(rise > 0, -slope_end / ops.where(rise > 0, rise, 1.0), INFINITE)
