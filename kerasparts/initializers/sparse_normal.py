"""SparseNormal."""

import math

import keras
from keras import ops

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.part import part
from kerasparts.initializers._scaled import ScaledInitializer


@part
class SparseNormal(ScaledInitializer):
    """Gives each unit the same small number of non-zero incoming weights, whatever the width of the layer before.

    Keras has no sparse initializer. Dense weights must be the smaller the wider the layer before is; with a few large
    ones instead, the size of a weight does not depend on the width, and units stay different from one another. With
    `k` the number of connections, or of inputs where there are fewer, `z` a standard normal number and `f` the
    activation:

        k weights of each unit, chosen at random:  normal, of mean 0 and standard deviation gain / sqrt(k)
        all others:                                0
        gain = 1 / sqrt(E[f(z)**2])

    which keeps the power of the signal. The zeros are a start only: they are trained like all weights.

    `f` is the activation that makes the *input* of the layer: in a stack of equal layers, the layer's own.

    Args:
        connections: int of at least 1. Non-zero incoming weights of each unit; a unit with fewer inputs gets them all.
        activation: name of a Keras activation, a function, or an activation object; element-wise.
        stddev: float in (0, inf) to be used in place of `gain / sqrt(k)`, or None.
        seed: int, `keras.random.SeedGenerator`, or None to follow `keras.utils.set_random_seed`.

    Shapes: `(inputs, outputs)`, or `(*window, channels_in, channels_out)`, where each output channel is a unit with all
    others as inputs.

    Raises:
        ValueError: the activation has no gain (softmax), or the shape has fewer than 2 axes.

    Example:
    >>> kernel = kerasparts.initializers.SparseNormal(connections=15)((784, 4))
    >>> (keras.ops.convert_to_numpy(kernel) != 0).sum(axis=0).tolist()
    [15, 15, 15, 15]

    Reference: Martens 2010, https://www.cs.toronto.edu/~jmartens/docs/Deep_HessianFree.pdf, section 5.
    """

    def __init__(self, connections=15, activation="relu", stddev=None, seed=None):
        check_integer("connections", connections, "[1, inf)")
        if stddev is not None:
            check_number("stddev", stddev, "(0, inf)")
        super().__init__(activation, seed)
        self.connections = connections
        self.stddev = stddev

    def draw(self, shape, dtype, seed):
        check(len(shape) >= 2, "shape", shape, "of at least 2 axes, the last of them the outputs")
        if 0 in shape:
            return ops.zeros(shape, dtype=dtype)
        inputs, units = math.prod(shape[:-1]), shape[-1]
        k = min(self.connections, inputs)
        stddev = self.gain / math.sqrt(k) if self.stddev is None else self.stddev

        numbers = keras.random.normal((units, inputs + k), dtype=dtype, seed=seed)
        lots, values = numbers[:, :inputs], stddev * numbers[:, inputs:]
        chosen = ops.cast(ops.top_k(lots, k, sorted=False)[1], "int32")
        unit = ops.repeat(ops.arange(units, dtype="int32"), k)
        places = ops.stack([unit, ops.reshape(chosen, (-1,))], axis=1)
        kernel = ops.scatter(places, ops.reshape(values, (-1,)), (units, inputs))
        return ops.reshape(ops.transpose(kernel), shape)

    def get_config(self):
        return {**super().get_config(), "connections": self.connections, "stddev": self.stddev}
