"""Measuring in turn, and the rows that come of it: one shape for all benchmarks."""

import itertools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """Ours beside a peer that did the same, in turn in one process.

    Attributes:
        what: was measured.
        peer: that stands beside ours.
        unit: of `ours` and `theirs`: "s" for seconds, or any other.
        ours: median over the rounds.
        theirs: the same of the peer.
        ratio: median over the rounds of ours / theirs.
        spread: quartiles of that ratio.
        again: median of the peer / the peer again, which is 1 but for the error of the measurement.
        note: what a reader must know, or why there are no numbers.
    """

    what: str
    peer: str
    unit: str = "s"
    ours: float | None = None
    theirs: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    again: float | None = None
    note: str = ""


def compared(what, peer, ours, theirs, again=None, unit="s", note=""):
    """The row of two series of measurements, round by round, and of a second one of the peer."""
    ours, theirs = np.asarray(ours, "float64"), np.asarray(theirs, "float64")
    ratios = ours / theirs
    low, high = np.quantile(ratios, [0.25, 0.75])
    again = None if again is None else float(np.median(np.asarray(again) / theirs))
    medians = [float(np.median(values)) for values in (ours, theirs, ratios)]
    return Row(what, peer, unit, *medians, (float(low), float(high)), again, note)


def in_turn(programs, rounds):
    """Seconds, in a row for every copy in every round, in a column for every program.

    Where in memory one compiled copy happens to lie changes its time by several percent, and what runs first finds
    colder caches. So each program comes as several copies, and every round pairs the copies anew and runs each pair in
    another order.

    Args:
        programs: for each program its copies, functions that run it some times and return the seconds of one.
        rounds: int.
    """
    for seconds in itertools.chain(*programs):
        seconds(1)  # compile
    copies = len(programs[0])
    columns = range(len(programs))
    orders = list(itertools.permutations(columns))
    times = np.empty((rounds * copies, len(programs)))
    for row in range(len(times)):
        for column in orders[row % len(orders)]:
            shift = column * (row // copies)  # in every round another copy of the peer stands beside each of ours
            times[row, column] = programs[column][(row + shift) % copies]()
    return times
