"""RReLU."""

import keras
from keras import ops

from kerasparts.activations.activation import Activation, as_float, leaky_slope
from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.core.seeded import Seeded, check_seed


@part
class RReLU(Activation, Seeded, keras.layers.Layer):
    """A leaky ReLU whose slopes are drawn anew for every number while training; not in Keras.

        training:   f(x) = x if x > 0 else a * x, a uniform on [lower, upper]
        inference:  f(x) = x if x > 0 else (lower + upper) / 2 * x

    It is a layer too, because only a layer knows whether it is training: pass it as `activation=` like any other, or
    use it as a layer of its own. Its knowledge of itself is that of inference.

    Args:
        lower: float in [0, 1). Least slope below zero.
        upper: float in [0, 1), at least `lower`. Greatest slope below zero.
        seed: int or None.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: any; element-wise.

    Example:
    >>> float(kerasparts.activations.RReLU(lower=0.25, upper=0.75)(np.array([-2.0]))[0])
    -1.0

    Reference: Xu et al. 2015, https://arxiv.org/abs/1505.00853, section 2.4.
    """

    steepest = 1.0

    def __init__(self, lower=1 / 8, upper=1 / 3, seed=None, **kwargs):
        check_number("lower", lower, "[0, 1)")
        check_number("upper", upper, "[0, 1)")
        check(lower <= upper, "upper", upper, f"at least lower, which is {lower}")
        check_seed(seed)
        keras.layers.Layer.__init__(self, **{"autocast": False, **kwargs})
        self.lower = lower
        self.upper = upper
        self.seeded(seed)
        self.supports_masking = True

    def __call__(self, *args, **kwargs):
        return keras.layers.Layer.__call__(self, *args, **kwargs)

    def build(self, input_shape=None):
        pass

    def call(self, inputs, training=False):
        x = as_float(inputs)
        if not training:
            return keras.activations.leaky_relu(x, negative_slope=self._slope)
        slope = keras.random.uniform(ops.shape(x), self.lower, self.upper, x.dtype, seed=self.seed_generator)
        return ops.where(x > 0, x, slope * x)

    @property
    def _slope(self):
        return (self.lower + self.upper) / 2

    def derivative(self, x):
        return leaky_slope(as_float(x), self._slope)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **keras.layers.Layer.get_config(self),
            "lower": self.lower,
            "upper": self.upper,
            "seed": self.seed,
        }

    def __repr__(self):
        return f"RReLU(lower={self.lower!r}, upper={self.upper!r}, seed={self.seed!r})"
