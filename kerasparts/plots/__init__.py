"""One function a figure: a result in, axes out. Needs matplotlib: `pip install "kerasparts[plots]"`."""

from kerasparts.plots.training_curves import plot_training_curves as plot_training_curves

__all__ = ["plot_training_curves"]
