"""plot_gradient_flow."""

import numpy as np

from kerasparts.core.checks import check
from kerasparts.core.optional import require
from kerasparts.diagnostics.signals import Signals
from kerasparts.plots._axes import axes
from kerasparts.plots.moments import groups, kernels, matrix, short_names, thinned

ZERO, MISSING = "#c2185b", "#e3e5e8"
MOST_COLUMNS, MOST_LABELS = 240, 20


def plot_gradient_flow(signals, ax=None):
    """Gradient norm of each kernel over the training, as colours: a row a kernel, the first layer on top.

    A gradient that vanishes on its way back darkens towards the top, one that explodes brightens. The moments stand
    side by side: first steps of the first epoch, then epochs. A gradient of exactly zero has a colour of its own, and
    what was not measured or not finite is grey.

    Args:
        signals: `diagnostics.Signals`.
        ax: matplotlib axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: not signals, or without a moment or a variable.

    Example:
    >>> norms = np.array([[0.1, 0.2], [0.001, 0.1]])
    >>> measured = dict(step=np.arange(2), epoch=np.arange(2), gradient_norm=norms)
    >>> signals = Signals(variables=("net/first/kernel", "net/last/kernel"), kernels=(True, True), **measured)
    >>> ax = kerasparts.plots.plot_gradient_flow(signals)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['first', 'last']
    """
    check(isinstance(signals, Signals), "signals", signals, "Signals")
    rows = kernels(signals)
    size = f"{signals.moments} moments, {len(rows)} variables"
    check(signals.moments and len(rows), "signals", size, "of at least one moment and one variable")
    moments = thinned(signals.moments, MOST_COLUMNS)
    norms = matrix(signals, "gradient_norm", len(signals.variables))[np.ix_(moments, rows)].T
    colors = require("matplotlib.colors", "plots")
    ticker = require("matplotlib.ticker", "plots")
    known = norms[np.isfinite(norms) & (norms > 0)]
    low, high = (np.log10(known.min()), np.log10(known.max())) if known.size else (-1.0, 0.0)
    middle, half = (low + high) / 2, max((high - low) / 2, 0.5)
    with np.errstate(all="ignore"):
        levels = np.where(np.isfinite(norms), np.log10(norms), np.nan)
    is_zero = norms == 0
    levels = np.ma.masked_where(is_zero | ~np.isfinite(levels), levels)

    ax = axes(ax)
    ax.grid(visible=False)
    ax.set_facecolor(MISSING)
    limits = {"vmin": middle - half, "vmax": middle + half}
    image = ax.imshow(levels, aspect="auto", interpolation="none", cmap="viridis", **limits)
    zeros = np.ma.masked_where(~is_zero, np.ones(norms.shape))
    ax.imshow(zeros, aspect="auto", interpolation="none", cmap=colors.ListedColormap([ZERO]))
    parts = groups(signals, moments)
    ax.set_xticks(*zip(*(tick for *_, ticks in parts for tick in ticks), strict=True))
    for _, first, _, _ in parts[1:]:
        ax.axvline(first - 0.5, color="white", linewidth=3)
    ax.set_xlabel(", then ".join(label for label, *_ in parts))
    shown = thinned(len(rows), MOST_LABELS)
    names = short_names([signals.variables[row] for row in rows])
    ax.set_yticks(shown, [names[row] for row in shown], fontsize="small")
    ax.set_ylabel("kernel, from input to output")
    ax.set_title("Gradient flow", loc="left", fontweight="bold")
    bar = ax.figure.colorbar(image, ax=ax, label="gradient norm")
    bar.ax.yaxis.set_major_locator(ticker.MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    bar.ax.yaxis.set_major_formatter(ticker.FuncFormatter(lambda power, _: f"$10^{{{power:g}}}$"))
    handles = [("exactly 0", ZERO)] * bool(is_zero.any())
    handles += [("not measured", MISSING)] * bool((~np.isfinite(norms)).any())
    patch = require("matplotlib.patches", "plots").Patch
    if handles:
        patches = [patch(facecolor=color, edgecolor="0.5", label=label) for label, color in handles]
        ax.legend(handles=patches, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize="small")
    return ax
