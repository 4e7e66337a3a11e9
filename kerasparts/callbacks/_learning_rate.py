"""The learning rates of a model, whatever optimizers it has."""

import keras
import numpy as np

from kerasparts.optimizers._rebuilt import directly_inside

Schedule = keras.optimizers.schedules.LearningRateSchedule


def optimizers_of(optimizer) -> list:
    """The optimizers that have a learning rate of their own, inside those that are around others."""
    return [found for one in directly_inside(optimizer) for found in optimizers_of(one)] or [optimizer]


def schedule_of(optimizer):
    """The schedule of an optimizer, or None for a number."""
    rate = vars(optimizer).get("_learning_rate")  # the public name gives its present value
    return rate if isinstance(rate, Schedule) else None


def rate_of(optimizer) -> float:
    """The learning rate of the next step."""
    return float(np.asarray(keras.ops.convert_to_numpy(optimizer.learning_rate)))


def log_rates(model, logs) -> None:
    """Adds the learning rates to the logs, by the names that Keras gives them."""
    optimizers = optimizers_of(model.optimizer)
    for one in optimizers:
        logs["learning_rate" if len(optimizers) == 1 else f"learning_rate_{one.name}"] = rate_of(one)
