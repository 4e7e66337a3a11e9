"""VarianceMatched."""

import functools
import random

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check, check_choice
from kerasparts.core.part import part

DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


@part
class VarianceMatched(keras.initializers.Initializer):
    """Keeps the variance of the signal from layer to layer, for any activation.

    Keras has He's rule for ReLU, LeCun's for linear and SELU layers, and nothing for the others. Here the gain
    is computed for the activation at hand. With `z` a standard normal number and `f` the activation:

        gain = 1 / sqrt(E[f(z)**2])
        variance of a weight = gain**2 / n

    where `n` is the number of inputs, outputs, or their mean, as `mode` says. For "relu" it is He's initializer
    (gain `sqrt(2)`), for "linear" LeCun's (gain 1), and with `mode="fan_avg"` Glorot's.

    `f` is the activation that makes the *input* of the layer: in a stack of equal layers, the layer's own. It
    keeps `E[h**2]`, not the mean: where `f` has a mean far from zero (sigmoid), most of the signal becomes that
    mean. And it keeps the power where it is right: a layer multiplies a small relative deviation of it by
    `E[z f(z) f'(z)] / E[f(z)**2]`, which is 1 for ReLU and less for tanh, but 1.17 for Swish and 1.14 for GELU, so
    that plain stacks of more than some 20 of those need normalization or residual connections all the same.

    Keras' random initializers draw the same values again for every layer that shares an instance; here every
    call draws anew, and a seed repeats the whole sequence of draws.

    Args:
        activation: name of a Keras activation, a function, or an object such as `Swish(2.0)`; element-wise.
        mode: "fan_in" keeps the forward signal, "fan_out" the gradient, "fan_avg" is the compromise.
        distribution: "truncated_normal" (cut at two standard deviations), "untruncated_normal" or "uniform".
        seed: int, `keras.random.SeedGenerator`, or None to follow `keras.utils.set_random_seed`.

    Shapes: `(inputs, outputs)` for dense kernels, `(*window, channels_in, channels_out)` for convolutions.

    Raises:
        ValueError: the activation works across elements (softmax), or `E[f(z)**2]` is zero or not finite.

    Example:
    >>> round(kerasparts.initializers.VarianceMatched("relu").gain ** 2, 6)
    2.0
    >>> layer = keras.layers.Dense(64, "tanh", kernel_initializer=kerasparts.initializers.VarianceMatched("tanh"))

    Reference: He et al. 2015, https://arxiv.org/abs/1502.01852, equation 10, for any f; Klambauer et al. 2017,
    https://arxiv.org/abs/1706.02515, for the moments of f under a normal input.
    """

    def __init__(self, activation="relu", mode="fan_in", distribution="truncated_normal", seed=None):
        check_choice("mode", mode, ("fan_in", "fan_out", "fan_avg"))
        check_choice("distribution", distribution, DISTRIBUTIONS)
        seed = keras.saving.deserialize_keras_object(seed) if isinstance(seed, dict) else seed
        is_seed = seed is None or isinstance(seed, keras.random.SeedGenerator)
        is_seed = is_seed or (isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0)
        check(is_seed, "seed", seed, "an integer of at least 0, a keras.random.SeedGenerator or None")
        self.activation = _activation(activation)
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self._draws = 0
        _ = self.gain  # an activation that has none is refused here, not in the first layer that is built

    @functools.cached_property
    def gain(self):
        """`1 / sqrt(E[f(z)**2])`, z standard normal: 1 for linear, sqrt(2) for relu."""
        return _gain(keras.activations.get(self.activation), self.activation)

    def __call__(self, shape, dtype=None):
        scaling = keras.initializers.VarianceScaling(
            scale=self.gain**2, mode=self.mode, distribution=self.distribution, seed=self._next_seed()
        )
        return scaling(shape, dtype=dtype)

    def _next_seed(self):
        if isinstance(self.seed, keras.random.SeedGenerator):
            return self.seed
        if self.seed is None:
            return random.randint(1, 10**9)
        sequence = np.random.SeedSequence([self.seed, self._draws])
        self._draws += 1
        return int(sequence.generate_state(1)[0]) & 0x7FFFFFFF

    def get_config(self):
        activation = self.activation
        seed = self.seed
        if not isinstance(activation, str):
            activation = keras.activations.serialize(activation)
        if isinstance(seed, keras.random.SeedGenerator):
            seed = keras.saving.serialize_keras_object(seed)
        return {
            **super().get_config(),
            "activation": activation,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": seed,
        }


def _activation(identifier):
    """Names stay names, files are read, and what is no activation is refused."""
    try:
        function = keras.activations.get(identifier)
    except (ValueError, TypeError):
        function = None
    known = identifier is not None and callable(function)
    check(known, "activation", identifier, "the name of a Keras activation, a function or an activation object")
    return function if isinstance(identifier, dict) else identifier


def _gain(function, identifier):
    z, density = _normal_grid()
    f = ops.convert_to_numpy(function(ops.convert_to_tensor(z, dtype="float32"))).astype("float64")
    rule = "element-wise: one number in, one number out, whatever stands beside it"
    check(f.shape == z.shape, "activation", identifier, rule)
    part_of_z = ops.convert_to_tensor(z[::1000], dtype="float32")
    alone = ops.convert_to_numpy(function(part_of_z)).astype("float64")
    check(np.allclose(alone, f[::1000], rtol=1e-4, atol=1e-6), "activation", identifier, rule)
    second_moment = float(np.sum(np.where(density > 0, f * f, 0.0) * density))
    usable = np.isfinite(second_moment) and second_moment > 0
    check(usable, "activation", identifier, f"of finite, non-zero power, but E[f(z)**2] is {second_moment}")
    return float(second_moment**-0.5)


@functools.cache
def _normal_grid():
    """Midpoints of equal cells on [-12, 12] with the normal probability of each.

    The midpoint rule is exact to rounding for smooth functions of such fast decay, and loses next to nothing at
    the kinks and jumps of real activations, which Gauss-Hermite nodes do not survive. A kink at zero lies on
    the border of two cells.
    """
    cells = 240_000
    z = (np.arange(cells) + 0.5) * (24.0 / cells) - 12.0
    density = np.exp(-0.5 * z * z)
    return z, density / density.sum()
