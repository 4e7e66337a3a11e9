"""Starting values for weights."""

from kerasparts.initializers.variance_matched import VarianceMatched as VarianceMatched

__all__ = ["VarianceMatched"]
