"""Numbers by layer and moment as colours, as the template draws them."""

from dataclasses import dataclass, field

import numpy as np

from kerasparts.plots.moments import groups, short_names
from kerasparts.reports._chart import SIDE, Entry, percent
from kerasparts.reports._scale import number

TALL, SMALL, GAP = 26, 18, 2  # pixels of a row, of one among many, and between two
MOST_TALL = 12
LEVELS = 24
RAMPS = {  # told apart by those who do not see red and green too
    "flow": (
        "#440154",
        "#482878",
        "#3e4989",
        "#31688e",
        "#26828e",
        "#1f9e89",
        "#35b779",
        "#6ece58",
        "#b5de2b",
        "#fde725",
    ),
    "share": ("#f4f1ea", "#fdd9a8", "#f9a65a", "#d9601a", "#8f2d04", "#4a1003"),
    "share-dark": ("#272d35", "#55331f", "#93481a", "#d9701a", "#f7a950", "#ffe9b8"),
}


@dataclass(frozen=True)
class Row:
    name: str
    full: str
    text: str


@dataclass(frozen=True)
class Heatmap:
    """A figure of one row a layer; `cells` are (class, path), `parts` of the axis (from, width, label, ticks)."""

    name: str
    title: str
    y_label: str
    how: str
    description: str
    palette: str
    scale_label: str
    rows: list = field(default_factory=list)
    height: int = 0
    row_height: int = TALL
    cells: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    scale_ticks: list = field(default_factory=list)
    legend: list = field(default_factory=list)
    kind: str = "heatmap"


def heatmap(signals, moments, values, names, *, palette, unit, scale, zeros=False, **texts):
    """A heatmap of `values`, (moments, rows), with the places of `scale` as colours.

    Args:
        zeros: whether exactly zero has a colour of its own.
    """
    count = len(moments)
    row_height = TALL if len(names) <= MOST_TALL else SMALL
    paths, rows, seen = {}, [], set()
    edges = [f"{SIDE * i / count:.1f}".removesuffix(".0") for i in range(count + 1)] if count else []
    for row, (short, full) in enumerate(zip(short_names(names), names, strict=True)):
        column = values[:, row]
        kinds = _classes(column, scale, zeros)
        seen |= set(kinds)
        starts = [i for i in range(count) if i == 0 or kinds[i] != kinds[i - 1]]
        for start, stop in zip(starts, [*starts[1:], count], strict=True):
            top, bottom = row * row_height, (row + 1) * row_height - GAP
            path = f"M{edges[start]} {top}H{edges[stop]}V{bottom}H{edges[start]}z"
            paths[kinds[start]] = paths.get(kinds[start], "") + path
        rows.append(Row(short, full, _range(column, unit)))
    parts = [
        (
            percent(first / count),
            percent((last - first) / count),
            label,
            [(percent((p + 0.5) / count), t) for p, t in ticks],
        )
        for label, first, last, ticks in groups(signals, moments)
    ]
    legend = [Entry("cell", "zero", "exactly 0")] * ("zero" in seen) + [Entry("cell", "none", "not measured")] * (
        "none" in seen
    )
    ticks = [(percent(place), text) for place, text in scale.ticks()]
    return Heatmap(
        palette=palette,
        rows=rows,
        height=max(0, row_height * len(rows) - GAP),
        row_height=row_height,
        cells=sorted(paths.items()),
        parts=parts,
        scale_ticks=ticks,
        legend=legend,
        **texts,
    )


def levels(palette):
    """The colours of a palette, the lowest first."""
    anchors = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in RAMPS[palette]], dtype="float64")
    place = np.linspace(0, len(anchors) - 1, LEVELS)
    mixed = np.stack([np.interp(place, np.arange(len(anchors)), channel) for channel in anchors.T], axis=1)
    return ["#" + "".join(f"{round(channel):02x}" for channel in color) for color in mixed]


def _classes(column, scale, zeros):
    places = scale.places(column)
    steps = np.clip(np.nan_to_num(places) * LEVELS, 0, LEVELS - 1).astype(int)
    return [
        "none" if not np.isfinite(place) else "zero" if zeros and value == 0 else f"c{step:02d}"
        for value, place, step in zip(column, places, steps, strict=True)
    ]


def _range(column, unit):
    known = column[np.isfinite(column)]
    if not known.size:
        return "not measured"
    low, high, last = (number(value) for value in (known.min(), known.max(), known[-1]))
    return f"{low} to {high}, at last {last}{unit}"
