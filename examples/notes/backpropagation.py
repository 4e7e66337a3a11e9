"""The delta rule and backpropagation."""
