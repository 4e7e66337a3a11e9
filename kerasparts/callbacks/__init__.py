"""Callbacks: they collect during `fit`, ask `diagnostics`, and act."""

from kerasparts.callbacks.bias_variance_diagnostics import BiasVarianceDiagnostics as BiasVarianceDiagnostics
from kerasparts.callbacks.early_stopping import EarlyStopping as EarlyStopping

__all__ = ["BiasVarianceDiagnostics", "EarlyStopping"]
