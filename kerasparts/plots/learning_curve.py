"""plot_learning_curve."""

import numpy as np

from kerasparts.core.checks import check
from kerasparts.diagnostics import LearningCurve
from kerasparts.plots._axes import MARK, VALIDATION, axes
from kerasparts.plots._curves import draw_train_and_dev, metric_label


def plot_learning_curve(result, ax=None):
    """Training and dev error by the number of training rows, on to what twice the rows are expected to bring.

    The bands are one standard deviation over the runs wide on each side, the verdict is the title, and the bar at the
    end is the interval of the forecast.

    Args:
        result: `diagnostics.LearningCurve`.
        ax: matplotlib axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: the result is none of a learning curve.
    """
    check(isinstance(result, LearningCurve), "result", result, "a LearningCurve")
    ax = axes(ax)
    draw_train_and_dev(ax, result.sizes, result.train, result.dev)
    if result.decay is not None:
        rows = np.linspace(result.sizes[0], 2 * result.sizes[-1], 200)
        ax.plot(rows, result.fitted(rows), color=VALIDATION, linestyle="--", linewidth=1, label="dev, fitted")
        doubled = result.doubled
        margins = [[doubled.value - doubled.low], [doubled.high - doubled.value]]
        label = "dev, expected with twice the rows"
        bars = np.nan_to_num(margins, posinf=0.0)
        ax.errorbar([rows[-1]], [doubled.value], bars, fmt="s", color=MARK, capsize=4, label=label)
    ax.set_title(result.verdict[0].upper() + result.verdict[1:], loc="left", fontweight="bold")
    ax.set_xlabel("training rows")
    ax.set_ylabel(metric_label(result.metric))
    ax.set_xlim(left=0)
    ax.legend(frameon=False)
    return ax
