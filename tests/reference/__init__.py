"""The papers in NumPy float64. Nothing here imports kerasparts."""
