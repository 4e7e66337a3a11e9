"""Numbers in, findings out. Nothing here trains a model or draws a figure."""

from kerasparts.diagnostics.baseline import attainable_skill as attainable_skill
from kerasparts.diagnostics.bias_variance import BiasVarianceDiagnosis as BiasVarianceDiagnosis
from kerasparts.diagnostics.bias_variance import ErrorCurves as ErrorCurves
from kerasparts.diagnostics.bias_variance import Estimate as Estimate
from kerasparts.diagnostics.bias_variance import diagnose_bias_variance as diagnose_bias_variance
from kerasparts.diagnostics.diagnose import diagnose as diagnose
from kerasparts.diagnostics.experiments import BiasVarianceDecomposition as BiasVarianceDecomposition
from kerasparts.diagnostics.experiments import BiasVarianceTradeoff as BiasVarianceTradeoff
from kerasparts.diagnostics.experiments import CrossValidation as CrossValidation
from kerasparts.diagnostics.experiments import EnsembleDiversity as EnsembleDiversity
from kerasparts.diagnostics.experiments import EnsembleSpread as EnsembleSpread
from kerasparts.diagnostics.experiments import ErrorPart as ErrorPart
from kerasparts.diagnostics.experiments import FoldScores as FoldScores
from kerasparts.diagnostics.experiments import LearningCurve as LearningCurve
from kerasparts.diagnostics.experiments import NestedCrossValidation as NestedCrossValidation
from kerasparts.diagnostics.experiments import OutOfBag as OutOfBag
from kerasparts.diagnostics.experiments import ValidationCurve as ValidationCurve
from kerasparts.diagnostics.experiments import decompose_bias_variance as decompose_bias_variance
from kerasparts.diagnostics.experiments import ensemble_diversity as ensemble_diversity
from kerasparts.diagnostics.experiments import ensemble_spread as ensemble_spread
from kerasparts.diagnostics.experiments import fold_scores as fold_scores
from kerasparts.diagnostics.experiments import judge_learning_curve as judge_learning_curve
from kerasparts.diagnostics.facts import InputFacts as InputFacts
from kerasparts.diagnostics.facts import LayerFacts as LayerFacts
from kerasparts.diagnostics.facts import OutputFacts as OutputFacts
from kerasparts.diagnostics.facts import RunFacts as RunFacts
from kerasparts.diagnostics.facts import Score as Score
from kerasparts.diagnostics.findings import FAULTS as FAULTS
from kerasparts.diagnostics.findings import Diagnosis as Diagnosis
from kerasparts.diagnostics.findings import Evidence as Evidence
from kerasparts.diagnostics.findings import Finding as Finding
from kerasparts.diagnostics.learning_rate_search import LearningRateSearch as LearningRateSearch
from kerasparts.diagnostics.learning_rate_search import judge_learning_rates as judge_learning_rates
from kerasparts.diagnostics.preflight import preflight as preflight
from kerasparts.diagnostics.probe import Probe as Probe
from kerasparts.diagnostics.signals import Signals as Signals
from kerasparts.diagnostics.statistics import Trend as Trend
from kerasparts.diagnostics.statistics import batch_mean as batch_mean
from kerasparts.diagnostics.statistics import student_quantile as student_quantile
from kerasparts.diagnostics.statistics import trend as trend
from kerasparts.diagnostics.targets import skill as skill
from kerasparts.diagnostics.targets import target_form as target_form
from kerasparts.diagnostics.trivial import error_rate as error_rate
from kerasparts.diagnostics.trivial import is_multi_label as is_multi_label
from kerasparts.diagnostics.trivial import trivial_prediction as trivial_prediction

__all__ = [
    "attainable_skill",
    "BiasVarianceDiagnosis",
    "ErrorCurves",
    "Estimate",
    "diagnose_bias_variance",
    "diagnose",
    "BiasVarianceDecomposition",
    "BiasVarianceTradeoff",
    "CrossValidation",
    "EnsembleDiversity",
    "EnsembleSpread",
    "ErrorPart",
    "FoldScores",
    "LearningCurve",
    "NestedCrossValidation",
    "OutOfBag",
    "ValidationCurve",
    "decompose_bias_variance",
    "ensemble_diversity",
    "ensemble_spread",
    "fold_scores",
    "judge_learning_curve",
    "FAULTS",
    "Diagnosis",
    "Evidence",
    "Finding",
    "LearningRateSearch",
    "judge_learning_rates",
    "preflight",
    "Probe",
    "InputFacts",
    "LayerFacts",
    "OutputFacts",
    "RunFacts",
    "Score",
    "Signals",
    "Trend",
    "batch_mean",
    "student_quantile",
    "trend",
    "skill",
    "target_form",
    "error_rate",
    "is_multi_label",
    "trivial_prediction",
]
