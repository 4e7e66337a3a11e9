"""Callbacks: they collect during `fit`, ask `diagnostics`, and act."""

from kerasparts.callbacks.bias_variance_diagnostics import BiasVarianceDiagnostics as BiasVarianceDiagnostics
from kerasparts.callbacks.early_stopping import EarlyStopping as EarlyStopping
from kerasparts.callbacks.evaluated_weights import EvaluatedWeights as EvaluatedWeights
from kerasparts.callbacks.training_diagnostics import TrainingDiagnostics as TrainingDiagnostics

__all__ = ["BiasVarianceDiagnostics", "EarlyStopping", "EvaluatedWeights", "TrainingDiagnostics"]
