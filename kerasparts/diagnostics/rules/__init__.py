"""What a quantity means: small functions from `Signals` to a `Finding`, or None, with their thresholds as arguments."""

from kerasparts.diagnostics.rules.activations import dead_relu as dead_relu
from kerasparts.diagnostics.rules.activations import missing_nonlinearity as missing_nonlinearity
from kerasparts.diagnostics.rules.activations import saturated_activation as saturated_activation
from kerasparts.diagnostics.rules.activations import wrong_hidden_activation as wrong_hidden_activation
from kerasparts.diagnostics.rules.data import class_imbalance as class_imbalance
from kerasparts.diagnostics.rules.data import unnormalized_inputs as unnormalized_inputs
from kerasparts.diagnostics.rules.data import unnormalized_targets as unnormalized_targets
from kerasparts.diagnostics.rules.data import unrelated_labels as unrelated_labels
from kerasparts.diagnostics.rules.generalization import high_bias as high_bias
from kerasparts.diagnostics.rules.generalization import high_variance as high_variance
from kerasparts.diagnostics.rules.generalization import over_regularized as over_regularized
from kerasparts.diagnostics.rules.generalization import too_little_data as too_little_data
from kerasparts.diagnostics.rules.gradients import exploding_gradient as exploding_gradient
from kerasparts.diagnostics.rules.gradients import vanishing_gradient as vanishing_gradient
from kerasparts.diagnostics.rules.initialization import bad_init_scale as bad_init_scale
from kerasparts.diagnostics.rules.initialization import symmetric_init as symmetric_init
from kerasparts.diagnostics.rules.learning_rate import lr_too_high as lr_too_high
from kerasparts.diagnostics.rules.learning_rate import lr_too_low as lr_too_low
from kerasparts.diagnostics.rules.learning_rate import oscillating_loss as oscillating_loss
from kerasparts.diagnostics.rules.learning_rate import too_few_epochs as too_few_epochs
from kerasparts.diagnostics.rules.output_layer import wrong_labels as wrong_labels
from kerasparts.diagnostics.rules.output_layer import wrong_loss as wrong_loss
from kerasparts.diagnostics.rules.output_layer import wrong_output_activation as wrong_output_activation

__all__ = [
    "dead_relu",
    "missing_nonlinearity",
    "saturated_activation",
    "wrong_hidden_activation",
    "class_imbalance",
    "unnormalized_inputs",
    "unnormalized_targets",
    "unrelated_labels",
    "high_bias",
    "high_variance",
    "over_regularized",
    "too_little_data",
    "exploding_gradient",
    "vanishing_gradient",
    "bad_init_scale",
    "symmetric_init",
    "lr_too_high",
    "lr_too_low",
    "oscillating_loss",
    "too_few_epochs",
    "wrong_labels",
    "wrong_loss",
    "wrong_output_activation",
]
