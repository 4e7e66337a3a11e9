"""Layers that change data at random while training, so that a model learns what does not matter."""
