"""plot_schedule."""

import keras
import numpy as np

from kerasparts.core.checks import check, check_integer
from kerasparts.plots._axes import axes


def plot_schedule(schedule, steps, ax=None):
    """Learning rate by step, or by epoch where the schedule knows how many steps make one.

    Args:
        schedule: any schedule, ours or Keras'; or a dict of them by the name they get in the legend.
        steps: int of at least 1. How many steps to draw.
        ax: matplotlib axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: schedules in steps and in epochs in one figure.

    Example:
    >>> schedule = kerasparts.optimizers.schedules.OneCycle(0.1, length=10, steps_per_epoch=45)
    >>> ax = kerasparts.plots.plot_schedule(schedule, steps=450)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('epoch', 'learning rate')
    """
    check_integer("steps", steps, "[1, inf)")
    schedules = schedule if isinstance(schedule, dict) else {"": schedule}
    check(schedules and all(map(callable, schedules.values())), "schedule", schedule, "a schedule, or a dict of them")
    lengths = {getattr(one, "steps_per_epoch", None) for one in schedules.values()}
    check(len(lengths) == 1, "schedule", schedule, f"all of one `steps_per_epoch`, not of {sorted(map(str, lengths))}")
    steps_per_epoch = lengths.pop()
    ax = axes(ax)
    at = np.unique(np.linspace(0, steps - 1, 2000).round())
    for name, one in schedules.items():
        rates = [float(keras.ops.convert_to_numpy(one(step))) for step in at]
        ax.plot(at / (steps_per_epoch or 1), rates, label=name or None)
    ax.set_xlabel("epoch" if steps_per_epoch else "step")
    ax.set_ylabel("learning rate")
    ax.set_ylim(bottom=0)
    if isinstance(schedule, dict):
        ax.legend(frameon=False)
    return ax
