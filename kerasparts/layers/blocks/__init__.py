"""Layers that learn their own nonlinearity, and the blocks of deep nets."""
