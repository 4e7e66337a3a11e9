"""L2SP."""

import numpy as np
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.regularizers.regularizer import StatefulRegularizer


@part
class L2SP(StatefulRegularizer):
    """Pulls weights back to where fine-tuning started, not to zero; Keras has no penalty that knows a start.

        rate / 2 * sum((w - start)**2)

    L2 makes a pretrained network forget what it has learned; this keeps it near.

    The start is the weights that a model has when `regularize` gives it the penalty:

        model = keras.models.load_model("pretrained.keras")
        kerasparts.regularizers.regularize(model, kerasparts.regularizers.L2SP(0.01), include="backbone/.*kernel")

    Each weight gets a copy of the penalty with a start of its own, an array in the model's file beside the weight:
    training that goes on after save and load, anywhere, is pulled to the same start. Given to a layer as
    `kernel_regularizer`, where nothing says when the weights are the pretrained ones, it has no start, and the
    first fit raises a ValueError; so has the copy that `keras.models.clone_model` makes.

    Args:
        rate: float in [0, inf). Price of the squared distance; the paper's alpha, with its factor 1/2.
        start: None for the weights that `regularize` finds; or a float, the same for all weights (with 0.0 it is
            the term that the paper has for new layers).

    Shapes: any; returns a scalar.

    Memory: 1 array a weight, in float32 at least, among the non-trainable weights of the layer.

    Raises:
        ValueError: the penalty has no start, or the start of a weight of another shape.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, kernel_initializer="ones")])
    >>> penalty = kerasparts.regularizers.L2SP(0.5)
    >>> model = kerasparts.regularizers.regularize(model, penalty)
    >>> kernel, bias = model.trainable_weights
    >>> kernel.assign(kernel + 2.0) is None
    False
    >>> sum(kerasparts.regularizers.penalty_by_layer(model).values())
    6.0

    Reference: Li et al. 2018, https://arxiv.org/abs/1802.01483, section 3, "L2-SP".
    """

    def __init__(self, rate, start=None):
        check_number("rate", rate, "[0, inf)")
        if start is not None:
            check_number("start", start)
        super().__init__()
        self.rate = rate
        self.start = start
        self.start_weights = None

    def start_at(self, weights):
        if self.start is not None:
            return
        if self.start_weights is None:
            dtype = float32_at_least(weights.dtype)
            self.start_weights = self.add_weight(
                shape=weights.shape, initializer="zeros", dtype=dtype, trainable=False, autocast=False, name="start"
            )
        # A copy, because JAX refuses to train two variables that share their memory.
        self.start_weights.assign(np.array(ops.convert_to_numpy(weights), dtype=self.start_weights.dtype))

    def penalty(self, x):
        return 0.5 * self.rate * ops.sum(ops.square(x - self._start_for(x)))

    def load_own_variables(self, store):
        if "0" in store:
            self.start_at(store["0"][()])

    def _start_for(self, x):
        if self.start is not None:
            return self.start
        if self.start_weights is None:
            raise ValueError(
                "L2SP has no start. Once the model holds the weights to stay near, call "
                "`kerasparts.regularizers.regularize(model, L2SP(rate))`. Received: start=None"
            )
        same_shape = tuple(x.shape) == tuple(self.start_weights.shape)
        check(same_shape, "start", tuple(self.start_weights.shape), f"of the weights' shape {tuple(x.shape)}")
        return ops.cast(self.start_weights, x.dtype)

    def get_config(self):
        return {"rate": self.rate, "start": self.start}
