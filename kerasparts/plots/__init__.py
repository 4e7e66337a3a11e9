"""One function a figure: a result in, axes out. Needs matplotlib: `pip install "kerasparts[plots]"`."""

from kerasparts.plots.activation import plot_activation as plot_activation
from kerasparts.plots.activation import plot_activations as plot_activations
from kerasparts.plots.gradient_flow import plot_gradient_flow as plot_gradient_flow
from kerasparts.plots.schedule import plot_schedule as plot_schedule
from kerasparts.plots.training_curves import plot_training_curves as plot_training_curves

__all__ = ["plot_activation", "plot_activations", "plot_gradient_flow", "plot_schedule", "plot_training_curves"]
