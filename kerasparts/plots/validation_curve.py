"""plot_validation_curve."""

from kerasparts.core.checks import check
from kerasparts.core.tables import label
from kerasparts.diagnostics import ValidationCurve
from kerasparts.diagnostics.experiments.folds import mean_and_spread
from kerasparts.plots._axes import MARK, axes
from kerasparts.plots._curves import draw_train_and_dev, metric_label
from kerasparts.plots._places import place_values


def plot_validation_curve(result, ax=None, xlabel="value"):
    """Training and dev error by the value of a setting, with the best value and the one-standard-error choice marked.

    The bands are one standard deviation over the folds wide on each side. The axis is logarithmic where all values are
    positive and span two decades; values of which some are no numbers, and a zero beside such a span, stand side by
    side.

    Args:
        result: `diagnostics.ValidationCurve`.
        ax: matplotlib axes to draw on, or None for a new figure.
        xlabel: str. What the values are.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: the result is none of a validation curve.
    """
    check(isinstance(result, ValidationCurve), "result", result, "a ValidationCurve")
    ax = axes(ax)
    x = place_values(ax, result.values)
    draw_train_and_dev(ax, x, result.train, result.dev)
    means, _ = mean_and_spread(result.dev)
    best, chosen = result.best_index, result.one_standard_error_index
    title = f"Best: {label(result.best)}"
    ax.axvline(x[best], color=MARK, linestyle=":", linewidth=1.5, label="best")
    if chosen is not None:
        title += f"; simplest as good: {label(result.one_standard_error)}"
        ax.axvline(x[chosen], color=MARK, linestyle="--", linewidth=1.5, label="within one standard error")
        bound = means[best] + (result.standard_error if result.mode == "min" else -result.standard_error)
        ax.plot(x[[best, chosen]], [bound, bound], color=MARK, linewidth=1)
    ax.set_title(title, loc="left", fontweight="bold")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(metric_label(result.metric))
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=4)
    return ax
