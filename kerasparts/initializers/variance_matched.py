"""VarianceMatched."""

import functools
import random

import keras
import numpy as np

from kerasparts.activations import describe
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

    The power of the gradient changes by `E[f'(z)**2] / E[f(z)**2]` a layer: 1 for ReLU, 1.18 for tanh, but 0.15 for the
    sigmoid and 0.32 for softplus, whose gradients vanish with depth under any initializer that keeps the signal.

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
        return describe(self.activation).gain

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
