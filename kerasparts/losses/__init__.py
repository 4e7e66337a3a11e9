"""What `fit` makes small. Each loss is a class and, beside it, its function of one value a sample."""

from kerasparts.losses.adaptive_robust import AdaptiveRobust as AdaptiveRobust
from kerasparts.losses.adaptive_robust import adaptive_robust as adaptive_robust
from kerasparts.losses.asymmetric import Asymmetric as Asymmetric
from kerasparts.losses.asymmetric import asymmetric as asymmetric
from kerasparts.losses.binary_crossentropy import BinaryCrossentropy as BinaryCrossentropy
from kerasparts.losses.binary_crossentropy import binary_crossentropy as binary_crossentropy
from kerasparts.losses.categorical_crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from kerasparts.losses.categorical_crossentropy import categorical_crossentropy as categorical_crossentropy
from kerasparts.losses.class_weights import class_weights as class_weights
from kerasparts.losses.classification import ClassificationLoss as ClassificationLoss
from kerasparts.losses.contrastive import Contrastive as Contrastive
from kerasparts.losses.contrastive import contrastive as contrastive
from kerasparts.losses.focal import Focal as Focal
from kerasparts.losses.focal import focal as focal
from kerasparts.losses.gaussian_nll import GaussianNLL as GaussianNLL
from kerasparts.losses.gaussian_nll import gaussian_nll as gaussian_nll
from kerasparts.losses.hinge import Hinge as Hinge
from kerasparts.losses.hinge import hinge as hinge
from kerasparts.losses.huber import Huber as Huber
from kerasparts.losses.huber import huber as huber
from kerasparts.losses.kl_divergence import KLDivergence as KLDivergence
from kerasparts.losses.kl_divergence import kl_divergence as kl_divergence
from kerasparts.losses.ldam import LDAM as LDAM
from kerasparts.losses.ldam import ldam as ldam
from kerasparts.losses.log_cosh import LogCosh as LogCosh
from kerasparts.losses.log_cosh import log_cosh as log_cosh
from kerasparts.losses.logit_adjusted import LogitAdjusted as LogitAdjusted
from kerasparts.losses.logit_adjusted import logit_adjusted as logit_adjusted
from kerasparts.losses.loss import Loss as Loss
from kerasparts.losses.mean_absolute_error import MeanAbsoluteError as MeanAbsoluteError
from kerasparts.losses.mean_absolute_error import mean_absolute_error as mean_absolute_error
from kerasparts.losses.mean_squared_error import MeanSquaredError as MeanSquaredError
from kerasparts.losses.mean_squared_error import mean_squared_error as mean_squared_error
from kerasparts.losses.n_pairs import NPairs as NPairs
from kerasparts.losses.n_pairs import n_pairs as n_pairs
from kerasparts.losses.quantile import Quantile as Quantile
from kerasparts.losses.quantile import quantile as quantile
from kerasparts.losses.sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from kerasparts.losses.sparse_categorical_crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from kerasparts.losses.supervised_contrastive import SupervisedContrastive as SupervisedContrastive
from kerasparts.losses.supervised_contrastive import supervised_contrastive as supervised_contrastive
from kerasparts.losses.triplet_hard import TripletHard as TripletHard
from kerasparts.losses.triplet_hard import triplet_hard as triplet_hard
from kerasparts.losses.triplet_semi_hard import TripletSemiHard as TripletSemiHard
from kerasparts.losses.triplet_semi_hard import triplet_semi_hard as triplet_semi_hard
from kerasparts.losses.uncertain_task import UncertainTask as UncertainTask
from kerasparts.losses.weighted_sum import WeightedSum as WeightedSum

__all__ = [
    "Loss",
    "ClassificationLoss",
    "Asymmetric",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Focal",
    "Hinge",
    "KLDivergence",
    "LDAM",
    "LogitAdjusted",
    "SparseCategoricalCrossentropy",
    "asymmetric",
    "binary_crossentropy",
    "categorical_crossentropy",
    "class_weights",
    "focal",
    "hinge",
    "kl_divergence",
    "ldam",
    "logit_adjusted",
    "sparse_categorical_crossentropy",
    "AdaptiveRobust",
    "adaptive_robust",
    "GaussianNLL",
    "gaussian_nll",
    "Huber",
    "huber",
    "LogCosh",
    "log_cosh",
    "MeanAbsoluteError",
    "mean_absolute_error",
    "MeanSquaredError",
    "mean_squared_error",
    "Quantile",
    "quantile",
    "Contrastive",
    "contrastive",
    "NPairs",
    "n_pairs",
    "SupervisedContrastive",
    "supervised_contrastive",
    "TripletHard",
    "triplet_hard",
    "TripletSemiHard",
    "triplet_semi_hard",
    "UncertainTask",
    "WeightedSum",
]
