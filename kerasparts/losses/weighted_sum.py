"""Several losses on one output."""

import keras
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.part import part, revived


@part
class WeightedSum(keras.losses.Loss):
    """Several losses on one output, each seen in the logs.

    Of a list of two losses on one output, Keras counts the first alone, and says nothing.

        sum(weight * loss(y_true, y_pred) for name, weight, loss in parts)

    Sample weights and masks go to every part, and every part reduces its own values.

    For the logs, hand `metrics()` to `compile` as `weighted_metrics`: each part, without its weight, then appears as
    `name` and `val_name` in the logs and in `History`, averaged over the epoch as the loss is. On JAX, Keras shows the
    mask of a model to the loss, but not to metrics during training: masked steps count in the logs of an epoch there.

    Args:
        parts: list of `(name, weight, loss)`: text, a finite number and a Keras loss.
        name: str or None.

    Shapes: those that all parts take.

    Example:
    >>> squares, lines = keras.losses.MeanSquaredError(), keras.losses.MeanAbsoluteError()
    >>> loss = kerasparts.losses.WeightedSum([("squares", 1.0, squares), ("lines", 0.1, lines)])
    >>> round(float(loss([[0.0]], [[3.0]])), 4)
    9.3
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile("sgd", loss, weighted_metrics=loss.metrics())
    >>> sorted(model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0).history)
    ['lines', 'loss', 'squares']
    """

    def __init__(self, parts, name=None):
        is_list = isinstance(parts, list | tuple) and len(parts) > 0 and all(map(_is_part, parts))
        check(is_list, "parts", parts, "a list of (name, finite weight, keras.losses.Loss)")
        names = [name for name, _, _ in parts]
        check(len(set(names)) == len(names), "parts", names, "a list of parts with names that differ")
        super().__init__(name=name)
        self.parts = [tuple(one) for one in parts]

    def __call__(self, y_true, y_pred, sample_weight=None):
        values = [weight * loss(y_true, y_pred, sample_weight) for _, weight, loss in self.parts]
        return sum(ops.cast(value, self.dtype) for value in values)

    def metrics(self):
        """A new metric for each part, for `compile(weighted_metrics=...)`."""
        return [LossMetric(loss, name) for name, _, loss in self.parts]

    def get_config(self):
        parts = [(name, weight, keras.saving.serialize_keras_object(loss)) for name, weight, loss in self.parts]
        return {"parts": parts, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "parts": [(name, weight, revived(loss)) for name, weight, loss in config["parts"]]})


@part
class LossMetric(keras.metrics.Mean):
    """The mean of a loss over an epoch, batch by batch as Keras averages the loss that it trains on."""

    def __init__(self, loss, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.loss = loss

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(self.loss(y_true, y_pred, sample_weight), sample_weight=ops.shape(y_pred)[0])

    def get_config(self):
        return {**super().get_config(), "loss": keras.saving.serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "loss": revived(config["loss"])})


def _is_part(value):
    if not isinstance(value, list | tuple) or len(value) != 3:
        return False
    name, weight, loss = value
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool) and abs(weight) < float("inf")
    return isinstance(name, str) and name != "" and is_number and isinstance(loss, keras.losses.Loss)
