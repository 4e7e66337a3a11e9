"""Optimizers that are right in half precision and keep their rules in the file."""

from kerasparts.optimizers import schedules as schedules
from kerasparts.optimizers.adamw import AdamW as AdamW
from kerasparts.optimizers.optimizer import Optimizer as Optimizer

__all__ = ["AdamW", "Optimizer", "schedules"]
