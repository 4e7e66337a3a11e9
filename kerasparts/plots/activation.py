"""plot_activation, plot_activations."""

import numpy as np
from keras import ops

from kerasparts import activations
from kerasparts.activations.elementwise import ELEMENTWISE
from kerasparts.core.checks import check
from kerasparts.core.optional import require
from kerasparts.plots._axes import MARK, TRAIN, VALIDATION, axes

BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}


def plot_activation(activation, ax=None, limits=(-6.0, 6.0), tolerance=0.05):
    """An activation with its derivative, the regions where it is saturated in light grey, where dead in dark grey.

    Args:
        activation: name of a Keras activation, a function or an activation object; element-wise.
        ax: matplotlib axes to draw on, or None for a new figure.
        limits: pair of floats. Least and greatest input.
        tolerance: float in [0, 1). Share of the greatest slope below which the function counts as saturated.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: no activation, or not element-wise.

    Example:
    >>> kerasparts.plots.plot_activation("tanh").get_title(loc="left")
    'tanh'
    """
    is_pair = isinstance(limits, list | tuple) and len(limits) == 2 and limits[0] < limits[1]
    check(is_pair, "limits", limits, "a pair of numbers in rising order")
    known = activations.describe(activation)
    x = np.linspace(*limits, 1201, dtype="float32")
    y, slope, saturated, dead = (
        ops.convert_to_numpy(values)
        for values in (known(x), known.derivative(x), known.saturated(x, tolerance), known.dead(x))
    )
    check(y.shape == slope.shape == x.shape, "activation", activation, "element-wise")

    ax = axes(ax)
    between = ax.get_xaxis_transform()
    ax.fill_between(
        x, 0, 1, where=saturated & ~dead, transform=between, color="0.5", alpha=0.18, lw=0, label="saturated"
    )
    ax.fill_between(x, 0, 1, where=dead, transform=between, color="0.3", alpha=0.38, lw=0, label="dead")
    ax.axhline(0, color=MARK, linewidth=0.8)
    ax.axvline(0, color=MARK, linewidth=0.8)
    ax.plot(x, y, color=TRAIN, linewidth=2, label="f(x)")
    ax.plot(x, slope, color=VALIDATION, linewidth=1.5, linestyle="--", label="f'(x)")
    lowest, highest = min(y.min(), slope.min()), max(y.max(), slope.max())
    ax.set_ylim(max(-3.0, lowest) - 0.25, min(3.0, highest) + 0.35)
    ax.set_xlim(*limits)
    ax.set_xlabel("x")
    name = activation if isinstance(activation, str) else _title(known)
    ax.set_title(name, loc="left", fontweight="bold", fontsize="medium")
    low, high = (_bound(bound) for bound in known.range)
    note = f"gain {known.gain:.3g}\nrange {low} to {high}"
    ax.text(0.98, 0.04, note, transform=ax.transAxes, ha="right", va="bottom", fontsize="small", bbox=BOX)
    ax.legend(frameon=False, loc="upper left", fontsize="small")
    return ax


def plot_activations(names=None):
    """A sheet of activations, each as `plot_activation` draws it.

    Args:
        names: list of activations as `plot_activation` takes them; None for all element-wise ones of the library.

    Returns:
        Array of the axes, one for each.

    Example:
    >>> len(kerasparts.plots.plot_activations(["relu", "tanh"]))
    2
    """
    chosen = [kind() for kind in ELEMENTWISE] if names is None else list(names)
    check(chosen, "names", names, "a list of at least one activation")
    pyplot = require("matplotlib.pyplot", "plots")
    columns = min(3, len(chosen))
    rows = -(-len(chosen) // columns)
    figure, sheet = pyplot.subplots(
        rows, columns, figsize=(5.2 * columns, 3.1 * rows), layout="constrained", squeeze=False
    )
    for ax, activation in zip(sheet.flat, chosen, strict=False):
        plot_activation(activation, ax=ax)
        ax.get_legend().remove()
    for ax in sheet.flat[len(chosen) :]:
        ax.remove()
    handles = {}
    for ax in sheet.flat[: len(chosen)]:
        handles |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=4, frameon=False)
    return np.array(sheet.flat[: len(chosen)])


def _title(activation):
    arguments = {k: v for k, v in activation.get_config().items() if isinstance(v, int | float | str)}
    inside = ", ".join(f"{name}={value}" for name, value in arguments.items())
    return f"{type(activation).__name__}({inside})" if inside else type(activation).__name__


def _bound(value):
    return {float("inf"): "\u221e", float("-inf"): "-\u221e"}.get(value, f"{value:.3g}")
