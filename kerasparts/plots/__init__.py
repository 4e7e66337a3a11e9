"""One function a figure: a result in, axes out. Needs matplotlib: `pip install "kerasparts[plots]"`."""

from kerasparts.plots.activation import plot_activation as plot_activation
from kerasparts.plots.activation import plot_activations as plot_activations
from kerasparts.plots.bias_variance import plot_bias_variance as plot_bias_variance
from kerasparts.plots.bias_variance_tradeoff import plot_bias_variance_tradeoff as plot_bias_variance_tradeoff
from kerasparts.plots.cross_validation import plot_cross_validation as plot_cross_validation
from kerasparts.plots.gradient_flow import plot_gradient_flow as plot_gradient_flow
from kerasparts.plots.learning_curve import plot_learning_curve as plot_learning_curve
from kerasparts.plots.learning_rate_finder import plot_learning_rate_finder as plot_learning_rate_finder
from kerasparts.plots.schedule import plot_schedule as plot_schedule
from kerasparts.plots.training_curves import plot_training_curves as plot_training_curves
from kerasparts.plots.validation_curve import plot_validation_curve as plot_validation_curve

__all__ = [
    "plot_activation",
    "plot_activations",
    "plot_bias_variance",
    "plot_bias_variance_tradeoff",
    "plot_cross_validation",
    "plot_gradient_flow",
    "plot_learning_curve",
    "plot_learning_rate_finder",
    "plot_schedule",
    "plot_training_curves",
    "plot_validation_curve",
]
