"""Data, splits and ensembles."""
