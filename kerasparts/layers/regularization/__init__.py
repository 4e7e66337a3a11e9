"""Layers that regularize: they drop, or add noise, while training."""
