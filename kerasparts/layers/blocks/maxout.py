"""Maxout."""

import functools

import keras
from keras import ops

from kerasparts.core.checks import check, check_integer
from kerasparts.core.part import part


@part
class Maxout(keras.layers.Layer):
    """A dense layer whose units are the greatest of several linear pieces: it learns a convex function a unit.

    Not in Keras. With pieces `k`:

        h[i] = max over k of (x @ kernel[:, i, k] + bias[i, k])

    Two pieces can be a ReLU or an absolute value, more come close to any convex function. It is never saturated or
    dead, at the price of `pieces` times the weights.

    Args:
        units: int of at least 1.
        pieces: int of at least 2. Linear pieces a unit.
        use_bias: bool.
        kernel_initializer: as in `keras.layers.Dense`; it sees the shape `(inputs, units * pieces)`.
        kernel_regularizer: as in `keras.layers.Dense`.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., inputs)` to `(batch, ..., units)`.

    Memory: `pieces * (inputs + 1) * units` weights.

    Example:
    >>> layer = kerasparts.layers.Maxout(4, pieces=3)
    >>> tuple(layer(np.zeros((2, 5))).shape)
    (2, 4)

    Reference: Goodfellow et al. 2013, https://arxiv.org/abs/1302.4389, section 3.
    """

    def __init__(
        self,
        units,
        pieces=2,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        kernel_regularizer=None,
        **kwargs,
    ):
        check_integer("units", units, "[1, inf)")
        check_integer("pieces", pieces, "[2, inf)")
        check(isinstance(use_bias, bool), "use_bias", use_bias, "True or False")
        super().__init__(**kwargs)
        self.units = units
        self.pieces = pieces
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.supports_masking = True

    def build(self, input_shape):
        check(input_shape[-1] is not None, "input_shape", tuple(input_shape), "of a known last axis")
        outputs = self.units * self.pieces
        self.kernel = self.add_weight(
            (input_shape[-1], outputs), self.kernel_initializer, regularizer=self.kernel_regularizer, name="kernel"
        )
        self.bias = self.add_weight((outputs,), "zeros", name="bias") if self.use_bias else None

    def call(self, inputs):
        z = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            z = z + self.bias
        z = ops.reshape(z, (*ops.shape(z)[:-1], self.units, self.pieces))
        return functools.reduce(ops.maximum, (z[..., k] for k in range(self.pieces)))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "pieces": self.pieces,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
