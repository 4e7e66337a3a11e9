"""plot_bias_variance."""

import numpy as np

from kerasparts.core.checks import check
from kerasparts.diagnostics import BiasVarianceDecomposition
from kerasparts.diagnostics.experiments.decomposition import NAMES
from kerasparts.plots._axes import MARK, TRAIN, VALIDATION, axes

COLORS = {"noise": MARK, "bias": TRAIN, "variance": VALIDATION}
MOST_GROUPS = 10


def plot_bias_variance(result, ax=None):
    """What the error is made of: in total, and from the test points with the least error to those with the most.

    The first bar is the mean over all test points; its lines are one standard error of each part long on each side. The
    other bars are tenths of the test points in the order of their error. A variance that mends more than it spoils,
    as there is with the share of wrong classes, hangs below zero.

    Args:
        result: `diagnostics.BiasVarianceDecomposition`.
        ax: matplotlib axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: the result is none of a decomposition.

    Example:
    >>> bv = kerasparts.diagnostics.decompose_bias_variance(np.random.normal(size=(5, 30, 1)), np.zeros((30, 1)))
    >>> ax = kerasparts.plots.plot_bias_variance(bv)
    >>> ax.get_ylabel()
    'squared error'
    """
    check(isinstance(result, BiasVarianceDecomposition), "result", result, "a BiasVarianceDecomposition")
    ax = axes(ax)
    groups = np.array_split(np.argsort(result.error_by_point, kind="stable"), min(MOST_GROUPS, result.points))
    x = np.concatenate([[0], np.arange(len(groups)) + 2])
    names = ["bias", "variance"] if result.noise is None else ["noise", "bias", "variance"]
    above, below = np.zeros(len(x)), np.zeros(len(x))
    for name, label in zip(names, result.parts(), strict=True):
        part, by_point = getattr(result, name), getattr(result, f"{name}_by_point")
        heights = np.array([part.value, *(by_point[group].mean() for group in groups)])
        bottoms = np.where(heights >= 0, above, below)
        ax.bar(x, heights, bottom=bottoms, width=0.8, color=COLORS[name], alpha=0.85, label=label)
        if result.noise_source != "given" or name != "noise":
            shift = 0.25 * (names.index(name) - (len(names) - 1) / 2)  # side by side, where ends are close together
            error = {"yerr": part.standard_error, "color": "0.15", "capsize": 3, "linewidth": 1.2}
            ax.errorbar(shift, bottoms[0] + heights[0], **error)
        above += np.maximum(heights, 0)
        below += np.minimum(heights, 0)
    ax.plot(x, above + below, "D", color="0.15", markersize=4, label="error")
    ax.axhline(0, color="0.15", linewidth=0.8)
    ax.set_xticks([0, x[1], x[-1]], ["all", "least error", "most error"])
    ax.set_xlabel("test points")
    ax.set_ylabel(NAMES[result.loss])
    ax.set_title(_title(result), loc="left", fontweight="bold")
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=4)
    return ax


def _title(result):
    parts = ", ".join(f"{name} {part.value:.3g}" for name, part in result.parts().items())
    return f"Error {result.error.value:.3g}: {parts}"
