"""Layers that learn their own nonlinearity."""
