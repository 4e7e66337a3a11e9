"""Penalties on weights, which can be summed and scaled, and put on models that exist already."""

from kerasparts.regularizers.annealed import Annealed as Annealed
from kerasparts.regularizers.group_lasso import GroupLasso as GroupLasso
from kerasparts.regularizers.l1_l2 import L1 as L1
from kerasparts.regularizers.l1_l2 import L1L2 as L1L2
from kerasparts.regularizers.l1_l2 import L2 as L2
from kerasparts.regularizers.l2_sp import L2SP as L2SP
from kerasparts.regularizers.penalty_by_layer import penalty_by_layer as penalty_by_layer
from kerasparts.regularizers.regularize import regularize as regularize
from kerasparts.regularizers.regularizer import PenaltySum as PenaltySum
from kerasparts.regularizers.regularizer import Regularizer as Regularizer
from kerasparts.regularizers.spectral_norm import SpectralNorm as SpectralNorm

__all__ = [
    "Annealed",
    "GroupLasso",
    "L1",
    "L1L2",
    "L2",
    "L2SP",
    "PenaltySum",
    "Regularizer",
    "SpectralNorm",
    "penalty_by_layer",
    "regularize",
]
