"""Axes that look alike."""

from kerasparts.core.optional import require

TRAIN, VALIDATION, MARK = "#0b6e99", "#d9730d", "#5f6368"  # told apart by those who do not see red and green too


def axes(ax):
    """The given axes, or those of a new figure."""
    pyplot = require("matplotlib.pyplot", "plots")
    if ax is None:
        _, ax = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", alpha=0.25)
    return ax
