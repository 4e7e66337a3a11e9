"""plot_learning_rate_finder."""

import numpy as np

from kerasparts.core.checks import check
from kerasparts.core.tables import number
from kerasparts.diagnostics import LearningRateSearch
from kerasparts.plots._axes import MARK, TRAIN, VALIDATION, axes


def plot_learning_rate_finder(result, ax=None):
    """Loss by learning rate, batch by batch and smoothed, with the rates that are suggested.

    Losses far above the first one, where the search diverged, are cut off.

    Args:
        result: `diagnostics.LearningRateSearch`.
        ax: matplotlib axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: the result is none of a search.
    """
    check(isinstance(result, LearningRateSearch), "result", result, "a LearningRateSearch")
    ax = axes(ax)
    ax.plot(result.rates, result.losses, ".", color=TRAIN, alpha=0.3, label="batch")
    ax.plot(result.rates, result.smoothed, color=TRAIN, label="smoothed")
    for rate, style, label in ((result.steepest, "-", "steepest"), (result.conservative, "--", "conservative")):
        if rate is not None:
            ax.axvline(rate, color=VALIDATION, linestyle=style, linewidth=1.2, label=f"{label}: {number(rate)}")
    if result.diverged is not None:
        ax.axvline(result.diverged, color=MARK, linestyle=":", label=f"diverged: {number(result.diverged)}")
    low, high = np.nanmin(result.losses), np.nanmax(result.smoothed[: max(1, len(result.rates) // 2)])
    room = 0.15 * (high - low) or 1.0
    ax.set_ylim(low - room, high + 2 * room)
    ax.set_xscale("log")
    ax.set_xlabel("learning rate")
    ax.set_ylabel("loss")
    ax.set_title("Suggested learning rate" if result.steepest else "No suggestion", loc="left", fontweight="bold")
    ax.legend(frameon=False)
    return ax
