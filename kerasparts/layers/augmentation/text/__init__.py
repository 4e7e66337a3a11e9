"""Layers that change texts at random while training: outside the model, because they read strings."""
