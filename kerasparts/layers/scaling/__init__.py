"""Layers that learn the scale of their input from data, by `adapt`."""
