"""What experiments find: the mathematics and the results. Nothing here trains a model or draws a figure."""

from kerasparts.diagnostics.experiments.cross_validation import CrossValidation as CrossValidation
from kerasparts.diagnostics.experiments.decay import Decay as Decay
from kerasparts.diagnostics.experiments.decay import fit_decay as fit_decay
from kerasparts.diagnostics.experiments.decay import forecast as forecast
from kerasparts.diagnostics.experiments.decompose import decompose_bias_variance as decompose_bias_variance
from kerasparts.diagnostics.experiments.decomposition import BiasVarianceDecomposition as BiasVarianceDecomposition
from kerasparts.diagnostics.experiments.decomposition import ErrorPart as ErrorPart
from kerasparts.diagnostics.experiments.ensemble_diversity import EnsembleDiversity as EnsembleDiversity
from kerasparts.diagnostics.experiments.ensemble_diversity import ensemble_diversity as ensemble_diversity
from kerasparts.diagnostics.experiments.ensemble_spread import EnsembleSpread as EnsembleSpread
from kerasparts.diagnostics.experiments.ensemble_spread import ensemble_spread as ensemble_spread
from kerasparts.diagnostics.experiments.folds import FoldScores as FoldScores
from kerasparts.diagnostics.experiments.folds import fold_scores as fold_scores
from kerasparts.diagnostics.experiments.folds import out_of_fold as out_of_fold
from kerasparts.diagnostics.experiments.learning_curve import LearningCurve as LearningCurve
from kerasparts.diagnostics.experiments.learning_curve import judge_learning_curve as judge_learning_curve
from kerasparts.diagnostics.experiments.nested_cross_validation import NestedCrossValidation as NestedCrossValidation
from kerasparts.diagnostics.experiments.out_of_bag import OutOfBag as OutOfBag
from kerasparts.diagnostics.experiments.tradeoff import BiasVarianceTradeoff as BiasVarianceTradeoff
from kerasparts.diagnostics.experiments.validation_curve import ValidationCurve as ValidationCurve

__all__ = [
    "CrossValidation",
    "Decay",
    "fit_decay",
    "forecast",
    "decompose_bias_variance",
    "BiasVarianceDecomposition",
    "ErrorPart",
    "EnsembleDiversity",
    "ensemble_diversity",
    "EnsembleSpread",
    "ensemble_spread",
    "FoldScores",
    "fold_scores",
    "out_of_fold",
    "LearningCurve",
    "judge_learning_curve",
    "NestedCrossValidation",
    "OutOfBag",
    "BiasVarianceTradeoff",
    "ValidationCurve",
]
