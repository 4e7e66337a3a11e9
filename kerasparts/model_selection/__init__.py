"""How to choose a model: splits, and loops around `fit`."""

from kerasparts.model_selection import engines as engines
from kerasparts.model_selection.bias_variance_decomposition import (
    bias_variance_decomposition as bias_variance_decomposition,
)
from kerasparts.model_selection.bias_variance_tradeoff import bias_variance_tradeoff as bias_variance_tradeoff
from kerasparts.model_selection.cross_validate import cross_validate as cross_validate
from kerasparts.model_selection.experiment import FitSettings as FitSettings
from kerasparts.model_selection.learning_curve import learning_curve as learning_curve
from kerasparts.model_selection.nested_cross_validate import nested_cross_validate as nested_cross_validate
from kerasparts.model_selection.split import DataSplit as DataSplit
from kerasparts.model_selection.split import train_dev_test_split as train_dev_test_split
from kerasparts.model_selection.validation_curve import validation_curve as validation_curve

__all__ = [
    "bias_variance_decomposition",
    "bias_variance_tradeoff",
    "cross_validate",
    "engines",
    "FitSettings",
    "learning_curve",
    "nested_cross_validate",
    "DataSplit",
    "train_dev_test_split",
    "validation_curve",
]
