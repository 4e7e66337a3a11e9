"""plot_training_curves."""

import numpy as np

from kerasparts.core.checks import check
from kerasparts.core.optional import require
from kerasparts.diagnostics import BiasVarianceDiagnosis
from kerasparts.plots._axes import MARK, TRAIN, VALIDATION, axes


def plot_training_curves(history_or_diagnosis, ax=None, metric="loss"):
    """Training and validation error by epoch, the gap between them shaded.

    Of a diagnosis the bands are one standard error of sampling wide on each side, the verdict is the title, and the
    target is a line. Of a history the curves are those that Keras logged: mind that its two losses are not measured
    alike, and take the diagnosis to judge a gap.

    Args:
        history_or_diagnosis: `keras.callbacks.History`, its dict, or `diagnostics.BiasVarianceDiagnosis`.
        ax: matplotlib axes to draw on, or None for a new figure.
        metric: str. Which value of a history to draw, with its `val_` twin.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed. ValueError: the history has no such metric, or not its `val_` twin
            for every epoch.

    Example:
    >>> ax = kerasparts.plots.plot_training_curves({"loss": [1.0, 0.5], "val_loss": [1.1, 0.8]})
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('epoch', 'loss')
    """
    if isinstance(history_or_diagnosis, BiasVarianceDiagnosis):
        return _plot_diagnosis(history_or_diagnosis, axes(ax))
    history = getattr(history_or_diagnosis, "history", history_or_diagnosis)
    check(isinstance(history, dict), "history_or_diagnosis", history, "a History, its dict or a BiasVarianceDiagnosis")
    names = [name for name, values in history.items() if len(values) > 0]
    check(metric in names, "metric", metric, f"one of {', '.join(names) or 'nothing, the history is empty'}")
    train, validation = history[metric], history.get(f"val_{metric}")
    rule = f"one value for each of the {len(train)} epochs of {metric!r}"
    check(validation is None or len(validation) == len(train), f"val_{metric}", validation, rule)
    first = getattr(history_or_diagnosis, "epoch", [0])[0] + 1  # above 1 after `initial_epoch`
    epochs = np.arange(first, first + len(train))
    ax = axes(ax)
    _curve(ax, epochs, train, TRAIN, "training")
    if validation is not None:
        _curve(ax, epochs, validation, VALIDATION, "validation")
        _gap(ax, epochs, train, validation)
    return _finish(ax, metric, epochs, [train, train if validation is None else validation])


def _plot_diagnosis(diagnosis, ax):
    curves = diagnosis.curves
    epochs = np.array(curves.epochs)
    both = (
        (curves.train, curves.train_standard_error, TRAIN, "training"),
        (curves.validation, curves.validation_standard_error, VALIDATION, "validation"),
    )
    for values, errors, color, label in both:
        values, errors = np.array(values), np.array(errors)
        _curve(ax, epochs, values, color, label)
        ax.fill_between(epochs, values - errors, values + errors, color=color, alpha=0.2, linewidth=0)
    _gap(ax, epochs, curves.train, curves.validation)
    if diagnosis.target_error is not None:
        ax.axhline(diagnosis.target_error, color=MARK, linestyle="--", linewidth=1, label="target")
    if diagnosis.best_epoch is not None:
        label = "lowest validation error"
        ax.axvline(diagnosis.best_epoch, color=MARK, linestyle=":", linewidth=1, label=label)
    ax.set_title(diagnosis.title.capitalize(), loc="left", fontweight="bold")
    label = "error rate (share of wrong classes)" if diagnosis.error == "error_rate" else "data loss"
    target = curves.train if diagnosis.target_error is None else [diagnosis.target_error]
    return _finish(ax, label, epochs, [curves.train, curves.validation, target])


def _curve(ax, epochs, values, color, label):
    marker = "o" if len(epochs) <= 50 else None
    ax.plot(epochs, values, color=color, marker=marker, markersize=3, label=label)


def _gap(ax, epochs, train, validation):
    ax.fill_between(epochs, train, validation, color=VALIDATION, alpha=0.12, linewidth=0, label="gap")


def _finish(ax, label, epochs, drawn):
    ax.set_xlabel("epoch")
    ax.set_ylabel(label)
    values = np.concatenate(drawn)
    if not (values < 0).any():
        ax.set_ylim(bottom=-0.01 * ax.get_ylim()[1])  # a curve at zero lies beside the axis, not under it
    ax.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    ax.xaxis.set_major_locator(require("matplotlib.ticker", "plots").MaxNLocator(integer=True, min_n_ticks=1))
    ax.legend(frameon=False)
    return ax
