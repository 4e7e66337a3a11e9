"""plot_bias_variance_tradeoff."""

from kerasparts.core.checks import check
from kerasparts.core.tables import label
from kerasparts.diagnostics import BiasVarianceTradeoff
from kerasparts.diagnostics.experiments.decomposition import NAMES
from kerasparts.plots._axes import MARK, TRAIN, VALIDATION, axes
from kerasparts.plots._places import place_values

MOST_TICKS = 12


def plot_bias_variance_tradeoff(result, ax=None, xlabel="capacity"):
    """Error, bias and variance by the capacity of a model: the U of the textbooks, where it is one.

    The bands are one standard error from the number of replicas wide on each side. The noise is the floor that no
    capacity goes below; where it is not known it is in the bias. The axis is logarithmic where all capacities are
    positive and span two decades; others than numbers stand side by side.

    Args:
        result: `diagnostics.BiasVarianceTradeoff`.
        ax: matplotlib axes to draw on, or None for a new figure.
        xlabel: str. What the capacities are.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: the result is none of a tradeoff.
    """
    check(isinstance(result, BiasVarianceTradeoff), "result", result, "a BiasVarianceTradeoff")
    ax = axes(ax)
    x = place_values(ax, result.capacities)
    if len(x) <= MOST_TICKS:
        ax.set_xticks(x, [label(capacity) for capacity in result.capacities])
        ax.minorticks_off()
    first = result.decompositions[0]
    names = dict(zip(["bias", "variance"], list(first.parts())[-2:], strict=True))
    for name, color in (("error", "0.15"), ("bias", TRAIN), ("variance", VALIDATION)):
        y, error = result.curve(name), result.standard_errors(name)
        ax.plot(x, y, color=color, marker="o", markersize=4, label=names.get(name, name))
        ax.fill_between(x, y - error, y + error, color=color, alpha=0.18, linewidth=0)
    if first.noise is not None:
        ax.plot(x, result.curve("noise"), "--", color=MARK, linewidth=1.2, label="noise")
    best = result.best_index
    ax.axvline(x[best], color=MARK, linestyle=":", linewidth=1.5, label="least error")
    lowest = min(0.0, result.curve("bias").min(), result.curve("variance").min())
    ax.set_ylim(bottom=lowest - 0.02 * ax.get_ylim()[1])  # a curve at zero lies beside the axis, not under it
    ax.set_title(f"Least error at {label(result.best)}", loc="left", fontweight="bold")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(NAMES[first.loss])
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=5)
    return ax
