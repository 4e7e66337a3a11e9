"""Curves over experiments, with the spread of their runs."""

import numpy as np

from kerasparts.diagnostics.experiments.folds import mean_and_spread
from kerasparts.plots._axes import TRAIN, VALIDATION


def draw_train_and_dev(ax, x, train, dev):
    """Means over the runs, with bands of one standard deviation on each side."""
    for values, color, label in ((train, TRAIN, "training"), (dev, VALIDATION, "dev")):
        mean, spread = mean_and_spread(values)
        ax.plot(x, mean, color=color, marker="o", markersize=4, label=label)
        spread = np.nan_to_num(spread)
        ax.fill_between(x, mean - spread, mean + spread, color=color, alpha=0.18, linewidth=0)


def metric_label(metric):
    """What an axis of the metric says."""
    return "data loss" if metric == "loss" else metric.replace("_", " ")
