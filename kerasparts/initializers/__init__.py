"""Starting values for weights."""

from kerasparts.initializers.delta_orthogonal import DeltaOrthogonal as DeltaOrthogonal
from kerasparts.initializers.initializer import Initializer as Initializer
from kerasparts.initializers.layer_sequential_unit_variance import LayerVariances as LayerVariances
from kerasparts.initializers.layer_sequential_unit_variance import (
    layer_sequential_unit_variance as layer_sequential_unit_variance,
)
from kerasparts.initializers.scaled_orthogonal import ScaledOrthogonal as ScaledOrthogonal
from kerasparts.initializers.sparse_normal import SparseNormal as SparseNormal
from kerasparts.initializers.variance_matched import VarianceMatched as VarianceMatched

__all__ = [
    "DeltaOrthogonal",
    "Initializer",
    "LayerVariances",
    "layer_sequential_unit_variance",
    "ScaledOrthogonal",
    "SparseNormal",
    "VarianceMatched",
]
