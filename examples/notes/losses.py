"""Losses for regression."""
