"""Gradients and first weights."""
