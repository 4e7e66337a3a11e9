"""What experiments find: the mathematics and the results. Nothing here trains a model or draws a figure."""

__all__ = []
