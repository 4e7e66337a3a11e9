"""Curves over the epochs, as the template draws them."""

from dataclasses import dataclass, field

import numpy as np

from kerasparts.reports._scale import Scale, number

SIDE = 1000  # of the square that every picture is drawn in; the page stretches it
MOST_MARKED = 60  # moments up to which each is a dot


@dataclass(frozen=True)
class Mark:
    """A path with its style: "area", "line" or "dots", and the class that colours it."""

    kind: str
    style: str
    path: str
    title: str = ""


@dataclass(frozen=True)
class Entry:
    """A line of a legend."""

    kind: str
    style: str
    text: str
    full: str = ""


@dataclass(frozen=True)
class Chart:
    """A figure; `x_ticks` and `y_ticks` are (percent from left or top, text)."""

    name: str
    title: str
    y_label: str
    how: str
    description: str
    x_label: str = "epoch"
    x_ticks: list = field(default_factory=list)
    y_ticks: list = field(default_factory=list)
    marks: list = field(default_factory=list)
    legend: list = field(default_factory=list)
    ramp: tuple = ()
    kind: str = "chart"


class Canvas:
    """Collects the marks of a chart on two axes."""

    def __init__(self, x, y_scale):
        self.x, self.y_scale = np.asarray(x, dtype="float64"), y_scale
        self.x_scale = Scale.over(self.x, pad=0.02)
        self.marks, self.legend = [], []
        self.is_empty = True

    def line(self, values, style, label, full="", dots=True, legend=True):
        across, up = self._points(self.x, values)
        pieces = runs(across, up)
        path = "".join(_polyline(across[piece], up[piece]) for piece in pieces)
        if not path:
            return
        self.is_empty = False
        self.marks.append(Mark("line", style, path, full or label))
        if dots and len(self.x) <= MOST_MARKED:
            path = "".join(f"M{_xy(across[i], up[i])}h0" for piece in pieces for i in range(piece.start, piece.stop))
            self.marks.append(Mark("dots", style, path))
        if legend:
            self.legend.append(Entry("line", style, label, full))

    def band(self, low, high, style, label=""):
        """An area between two curves, or between two numbers over the whole width."""
        x = self.x
        if np.ndim(low) == 0:
            x = self.x_scale.low + np.arange(2) * (self.x_scale.high - self.x_scale.low)
            low, high = np.full(2, low), np.full(2, high)
        across, below = self._points(x, low)
        _, above = self._points(x, high)
        path = ""
        for piece in runs(across, below, above):
            around = list(range(piece.start, piece.stop))
            corners = [_xy(across[i], above[i]) for i in around] + [_xy(across[i], below[i]) for i in around[::-1]]
            path += "M" + "L".join(corners) + "z"
        if path:
            self.marks.append(Mark("area", style, path))
            if label:
                self.legend.append(Entry("area", style, label))

    def level(self, value, style, label):
        """A horizontal line over the whole width."""
        if np.isfinite(value):
            _, up = self._points([0.0], [value])
            self.marks.append(Mark("line", style, f"M0 {_coordinate(up[0])}H{SIDE}", f"{label}: {number(value)}"))
            self.legend.append(Entry("line", style, label))

    def finish(self, **texts):
        legend = sorted(self.legend, key=lambda entry: entry.kind == "area")  # areas explain lines
        x = np.unique(self.x[np.isfinite(self.x)])
        places = self.x_scale.ticks(6) if len(x) > 1 else [(float(self.x_scale.places(one)), number(one)) for one in x]
        x_ticks = [(percent(place), text) for place, text in places]
        y_ticks = [(percent(1 - place), text) for place, text in self.y_scale.ticks()]
        marks = [] if self.is_empty else self.marks  # bands and levels alone say nothing
        return Chart(x_ticks=x_ticks, y_ticks=y_ticks, marks=marks, legend=legend, **texts)

    def _points(self, x, values):
        return SIDE * self.x_scale.places(x), SIDE * (1 - self.y_scale.places(values))


def runs(*coordinates):
    """Slices in which all coordinates are finite."""
    known = np.isfinite(coordinates).all(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    return [slice(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def percent(place):
    return f"{100 * place:.2f}%"


def _polyline(across, up):
    if len(across) == 1:
        return f"M{_xy(across[0], up[0])}h0"
    return "M" + "L".join(_xy(*pair) for pair in zip(across, up, strict=True))


def _xy(x, y):
    return f"{_coordinate(x)} {_coordinate(y)}"


def _coordinate(value):
    return f"{value:.1f}".removesuffix(".0").replace("-0.0", "0")
