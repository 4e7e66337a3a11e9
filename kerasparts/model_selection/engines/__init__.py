"""Engines: what runs the fits of an experiment.

Any object with a `name` and a method `run(plan, tasks)`, which yields the outcome of each task as it is done, is one.
"""

from kerasparts.model_selection.engines.loky import Loky as Loky
from kerasparts.model_selection.engines.ray import Ray as Ray
from kerasparts.model_selection.engines.sequential import Sequential as Sequential
from kerasparts.model_selection.engines.vectorized import Vectorized as Vectorized

__all__ = ["Loky", "Ray", "Sequential", "Vectorized"]
