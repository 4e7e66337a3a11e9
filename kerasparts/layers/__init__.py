"""Layers."""

from kerasparts.layers.blocks.maxout import Maxout as Maxout
from kerasparts.layers.blocks.parametric_relu import ParametricReLU as ParametricReLU
from kerasparts.layers.blocks.parametric_swish import ParametricSwish as ParametricSwish
from kerasparts.layers.heads.sparse_softmax_head import SparseSoftmaxHead as SparseSoftmaxHead
from kerasparts.layers.heads.uncertainty_weighted import UncertaintyWeighted as UncertaintyWeighted
from kerasparts.layers.regularization.drop_path import DropPath as DropPath
from kerasparts.layers.scaling.robust_scaling import RobustScaling as RobustScaling

__all__ = [
    "DropPath",
    "Maxout",
    "ParametricReLU",
    "ParametricSwish",
    "RobustScaling",
    "SparseSoftmaxHead",
    "UncertaintyWeighted",
]
