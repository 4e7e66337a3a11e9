"""NoisyDense."""

import math

import keras
from keras import ops

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.part import part, revived
from kerasparts.core.precision import float32_at_least
from kerasparts.layers.random_layer import RandomLayer


@part
class NoisyDense(RandomLayer):
    """A dense layer that learns how much noise each of its weights bears: in reinforcement learning, how to explore.

    Not in Keras. With `n` inputs, learned `kernel`, `bias` and their scales, and noise `e` of mean 0, drawn
    anew at each call with `training=True`:

        y = x @ (kernel + kernel_scale * e) + bias + bias_scale * e_out
        e[i, j] = f(e_in[i]) * f(e_out[j]), f(z) = sign(z) * sqrt(|z|)    factorized: n + units numbers a call
        e[i, j] normal                                                    else: n * units numbers a call

    and `f(e_out)` on the bias if factorized. At inference there is none: `y = x @ kernel + bias`. An agent that shall
    explore calls the model with `training=True`. The rows of a batch share their noise.

    `kernel` and `bias` start uniform within 1 / sqrt(n), or sqrt(3 / n) if not factorized.

    Args:
        units: int of at least 1.
        sigma_0: float in [0, inf), or None for the paper's: 0.5 if factorized, else 0.017. The scales all start
            at sigma_0 / sqrt(n) if factorized, else at sigma_0.
        factorized: bool. Whether the noise of a weight is the product of one of its input and one of its unit.
        use_bias: bool.
        activation: as in `keras.layers.Dense`.
        seed: int or None. None: other numbers each time. The start of the weights follows it too.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., inputs)` to `(batch, ..., units)`.

    Memory: 2 * (inputs + 1) * units weights.

    Example:
    >>> layer = kerasparts.layers.NoisyDense(2, seed=1)
    >>> x = np.ones((1, 3))
    >>> explored, again = (keras.ops.convert_to_numpy(layer(x, training=True)) for _ in range(2))
    >>> bool((explored != again).all())
    True

    Reference: Fortunato et al. 2018, Noisy Networks for Exploration, https://arxiv.org/abs/1706.10295, section 3.
    """

    is_linear = False  # it has an activation

    def __init__(self, units, sigma_0=None, factorized=True, use_bias=True, activation=None, seed=None, **kwargs):
        check_integer("units", units, "[1, inf)")
        if sigma_0 is not None:
            check_number("sigma_0", sigma_0, "[0, inf)")
        check(isinstance(factorized, bool), "factorized", factorized, "True or False")
        check(isinstance(use_bias, bool), "use_bias", use_bias, "True or False")
        super().__init__(seed, **kwargs)
        self.units = units
        self.sigma_0 = sigma_0
        self.factorized = factorized
        self.use_bias = use_bias
        self.activation = keras.activations.get(revived(activation))

    def build(self, input_shape):
        inputs = input_shape[-1]
        check(inputs is not None, "input_shape", tuple(input_shape), "of a known last axis")
        limit, scale = (1.0, 0.5) if self.factorized else (math.sqrt(3), 0.017)
        scale = scale if self.sigma_0 is None else self.sigma_0
        limit = limit / math.sqrt(max(inputs, 1))
        scale = scale / math.sqrt(max(inputs, 1)) if self.factorized else scale
        means, scales = keras.initializers.RandomUniform(-limit, limit, self.seed), keras.initializers.Constant(scale)

        shape = (inputs, self.units)
        # Without autocast, the noise is added in full precision.
        self.kernel = self.add_weight(shape, means, autocast=False, name="kernel")
        self.kernel_scale = self.add_weight(shape, scales, autocast=False, name="kernel_scale")
        self.bias = self.bias_scale = None
        if self.use_bias:
            self.bias = self.add_weight(shape[1:], means, autocast=False, name="bias")
            self.bias_scale = self.add_weight(shape[1:], scales, autocast=False, name="bias_scale")

    def call(self, inputs, training=False):
        kernel, bias = self.kernel, self.bias
        if training:
            of_kernel, of_bias = self._noise()
            kernel = kernel + self.kernel_scale * of_kernel
            bias = bias if bias is None else bias + self.bias_scale * of_bias
        y = ops.matmul(inputs, ops.cast(kernel, inputs.dtype))
        y = y if bias is None else y + ops.cast(bias, y.dtype)
        return y if self.activation is None else self.activation(y)

    def _noise(self):
        dtype = float32_at_least(self.variable_dtype)

        def normal(*shape):
            return keras.random.normal(shape, dtype=dtype, seed=self.seed_generator)

        inputs, units = self.kernel.shape
        if not self.factorized:
            return normal(inputs, units), normal(units)
        of_inputs, of_units = (ops.sign(z) * ops.sqrt(ops.abs(z)) for z in (normal(inputs), normal(units)))
        return of_inputs[:, None] * of_units, of_units

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "sigma_0": self.sigma_0,
            "factorized": self.factorized,
            "use_bias": self.use_bias,
            "activation": keras.activations.serialize(self.activation),
        }
