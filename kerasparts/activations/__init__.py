"""Callable objects for `activation=` of any layer."""

from kerasparts.activations.activation import Activation as Activation
from kerasparts.activations.step import Step as Step
from kerasparts.activations.swish import Swish as Swish

__all__ = ["Activation", "Step", "Swish"]
