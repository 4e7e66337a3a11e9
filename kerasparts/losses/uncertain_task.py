"""The loss of one of several outputs that are weighed by their learned uncertainty."""

import keras
from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check, check_choice
from kerasparts.core.part import part, revived

SHARES = {"regression": 0.5, "classification": 1.0}


@part
class UncertainTask(keras.losses.Loss):
    """The loss of an output of `kerasparts.layers.UncertaintyWeighted`, which learns how much it shall count.

    Not in Keras, where `loss_weights` are fixed by hand. With the output's learned `log_variance`:

        exp(-log_variance) / 2 * loss + log_variance / 2     kind="regression", for a squared error
        exp(-log_variance) * loss + log_variance / 2         kind="classification", for a cross-entropy

    A task whose loss stays high gets a greater variance and counts less; the second term keeps it from not counting at
    all. The value may be negative. Predictions that do not come straight from the layer have no variance and give NaN.

    Args:
        loss: Keras loss.
        kind: "regression" or "classification".
        name: str or None.

    Shapes: those of `loss`.

    Example:
    >>> inputs = keras.Input((3,))
    >>> outputs = {"size": keras.layers.Dense(1)(inputs), "kind": keras.layers.Dense(4)(inputs)}
    >>> model = keras.Model(inputs, kerasparts.layers.UncertaintyWeighted()(outputs))
    >>> squares = keras.losses.MeanSquaredError()
    >>> entropy = kerasparts.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> task = kerasparts.losses.UncertainTask
    >>> model.compile("adam", {"size": task(squares), "kind": task(entropy, "classification")})

    Reference: Kendall et al. 2018, https://arxiv.org/abs/1705.07115, equations 7 and 10.
    """

    def __init__(self, loss, kind="regression", name=None):
        check(isinstance(loss, keras.losses.Loss), "loss", loss, "a keras.losses.Loss")
        check_choice("kind", kind, tuple(SHARES))
        super().__init__(name=name)
        self.loss = loss
        self.kind = kind

    def __call__(self, y_true, y_pred, sample_weight=None):
        log_variance = backend.source_of(y_pred)
        value = ops.cast(self.loss(y_true, y_pred, sample_weight), self.dtype)
        if log_variance is None:
            return value * float("nan")
        log_variance = ops.cast(log_variance, self.dtype)
        return SHARES[self.kind] * ops.exp(-log_variance) * value + log_variance / 2 / backend.replicas()

    def get_config(self):
        loss = keras.saving.serialize_keras_object(self.loss)
        return {"loss": loss, "kind": self.kind, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "loss": revived(config["loss"])})
