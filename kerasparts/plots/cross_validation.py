"""plot_cross_validation."""

import numpy as np

from kerasparts.core.checks import check
from kerasparts.core.optional import require
from kerasparts.diagnostics import CrossValidation
from kerasparts.plots._axes import TRAIN, VALIDATION, axes
from kerasparts.plots._curves import metric_label


def plot_cross_validation(result, ax=None, metric="loss"):
    """The score of every fold, their mean, and its confidence interval as a band.

    Args:
        result: `diagnostics.CrossValidation`; of a nested one, its `outer`.
        ax: matplotlib axes to draw on, or None for a new figure.
        metric: "loss" or the name of a compiled metric.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: the result has no such metric.
    """
    check(isinstance(result, CrossValidation), "result", result, "a CrossValidation")
    check(metric in result.scores, "metric", metric, f"one of {', '.join(result.scores)}")
    score = result.scores[metric]
    ax = axes(ax)
    folds = np.arange(1, len(score.values) + 1)
    if np.isfinite(score.interval.high - score.interval.low):
        label = f"{100 * result.confidence:.4g}% interval of the mean"
        ax.axhspan(score.interval.low, score.interval.high, color=TRAIN, alpha=0.15, linewidth=0, label=label)
    ax.axhline(score.mean, color=TRAIN, linewidth=2, label="mean")
    ax.plot(folds, score.values, "o", color=VALIDATION, markersize=6, label="fold", clip_on=False)
    ax.set_title(f"{metric_label(metric)} {score}".capitalize(), loc="left", fontweight="bold")
    ax.set_xlabel("fold")
    ax.set_ylabel(f"{metric_label(metric)} of the rows held out")
    ax.set_xlim(0.5, len(folds) + 0.5)
    ax.xaxis.set_major_locator(require("matplotlib.ticker", "plots").MaxNLocator(integer=True, min_n_ticks=1))
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3)
    return ax
