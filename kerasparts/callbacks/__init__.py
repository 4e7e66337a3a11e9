"""Callbacks: they collect during `fit`, ask `diagnostics`, and act."""

from kerasparts.callbacks.bias_variance_diagnostics import BiasVarianceDiagnostics as BiasVarianceDiagnostics
from kerasparts.callbacks.checkpoint import Checkpoint as Checkpoint
from kerasparts.callbacks.early_stopping import EarlyStopping as EarlyStopping
from kerasparts.callbacks.evaluated_weights import EvaluatedWeights as EvaluatedWeights
from kerasparts.callbacks.learning_rate_finder import LearningRateFinder as LearningRateFinder
from kerasparts.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from kerasparts.callbacks.stochastic_weight_averaging import StochasticWeightAveraging as StochasticWeightAveraging
from kerasparts.callbacks.time_limit import TimeLimit as TimeLimit
from kerasparts.callbacks.training_diagnostics import TrainingDiagnostics as TrainingDiagnostics
from kerasparts.callbacks.unfreeze_schedule import UnfreezeSchedule as UnfreezeSchedule

__all__ = [
    "BiasVarianceDiagnostics",
    "Checkpoint",
    "EarlyStopping",
    "EvaluatedWeights",
    "LearningRateFinder",
    "ReduceLROnPlateau",
    "StochasticWeightAveraging",
    "TimeLimit",
    "TrainingDiagnostics",
    "UnfreezeSchedule",
]
