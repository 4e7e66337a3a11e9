"""Layers."""

from kerasparts.layers.scaling.robust_scaling import RobustScaling as RobustScaling

__all__ = ["RobustScaling"]
