"""plot_training_curves."""

import numpy as np

from kerasparts.core.checks import check
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
        ImportError: matplotlib is not installed. ValueError: the history has no such metric.

    Example:
    >>> ax = kerasparts.plots.plot_training_curves({"loss": [1.0, 0.5], "val_loss": [1.1, 0.8]})
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('epoch', 'loss')
    """
    if isinstance(history_or_diagnosis, BiasVarianceDiagnosis):
        return _plot_diagnosis(history_or_diagnosis, axes(ax))
    history = getattr(history_or_diagnosis, "history", history_or_diagnosis)
    check(isinstance(history, dict), "history_or_diagnosis", history, "a History, its dict or a BiasVarianceDiagnosis")
    check(metric in history, "metric", metric, f"one of {', '.join(history) or 'nothing, the history is empty'}")
    train = np.asarray(history[metric], dtype="float64")
    validation = history.get(f"val_{metric}")
    epochs = np.arange(1, len(train) + 1)
    ax = axes(ax)
    ax.plot(epochs, train, color=TRAIN, marker="o", markersize=3, label="training")
    if validation is not None and len(validation) == len(train):
        validation = np.asarray(validation, dtype="float64")
        ax.plot(epochs, validation, color=VALIDATION, marker="o", markersize=3, label="validation")
        ax.fill_between(epochs, train, validation, color=VALIDATION, alpha=0.08, label="gap")
    return _finish(ax, metric, epochs)


def _plot_diagnosis(diagnosis, ax):
    curves = diagnosis.curves
    epochs = np.array(curves.epochs)
    both = (
        (curves.train, curves.train_standard_error, TRAIN, "training"),
        (curves.validation, curves.validation_standard_error, VALIDATION, "validation"),
    )
    for values, errors, color, label in both:
        values, errors = np.array(values), np.array(errors)
        ax.plot(epochs, values, color=color, marker="o", markersize=3, label=label)
        ax.fill_between(epochs, values - errors, values + errors, color=color, alpha=0.2, linewidth=0)
    ax.fill_between(epochs, curves.train, curves.validation, color=VALIDATION, alpha=0.08, label="gap")
    if diagnosis.target_error is not None:
        ax.axhline(diagnosis.target_error, color=MARK, linestyle="--", linewidth=1, label="target")
    ax.axvline(diagnosis.best_epoch, color=MARK, linestyle=":", linewidth=1, label="lowest validation error")
    verdict = "high bias and high variance" if diagnosis.verdict == "both" else diagnosis.verdict
    ax.set_title(f"{verdict[0].upper()}{verdict[1:]}", loc="left", fontweight="bold")
    label = "error rate (share of wrong classes)" if diagnosis.error == "error_rate" else "data loss"
    return _finish(ax, label, epochs)


def _finish(ax, label, epochs):
    ax.set_xlabel("epoch")
    ax.set_ylabel(label)
    ax.set_ylim(bottom=min(0, ax.get_ylim()[0]) if ax.get_ylim()[0] < 0 else 0)
    ax.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False)
    return ax
