"""Numbers in, findings out. Nothing here trains a model or draws a figure."""

from kerasparts.diagnostics.bias_variance import BiasVarianceDiagnosis as BiasVarianceDiagnosis
from kerasparts.diagnostics.bias_variance import ErrorCurves as ErrorCurves
from kerasparts.diagnostics.bias_variance import Estimate as Estimate
from kerasparts.diagnostics.bias_variance import diagnose_bias_variance as diagnose_bias_variance
from kerasparts.diagnostics.statistics import Trend as Trend
from kerasparts.diagnostics.statistics import batch_mean as batch_mean
from kerasparts.diagnostics.statistics import student_quantile as student_quantile
from kerasparts.diagnostics.statistics import trend as trend
from kerasparts.diagnostics.trivial import error_rate as error_rate
from kerasparts.diagnostics.trivial import is_multi_label as is_multi_label
from kerasparts.diagnostics.trivial import trivial_prediction as trivial_prediction

__all__ = [
    "BiasVarianceDiagnosis",
    "ErrorCurves",
    "Estimate",
    "diagnose_bias_variance",
    "Trend",
    "batch_mean",
    "student_quantile",
    "trend",
    "error_rate",
    "is_multi_label",
    "trivial_prediction",
]
