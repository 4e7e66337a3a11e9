"""Penalties on weights, which can be summed and scaled."""

from kerasparts.regularizers.l1_l2 import L1L2 as L1L2
from kerasparts.regularizers.regularizer import PenaltySum as PenaltySum
from kerasparts.regularizers.regularizer import Regularizer as Regularizer

__all__ = ["L1L2", "PenaltySum", "Regularizer"]
