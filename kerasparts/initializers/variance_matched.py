"""VarianceMatched."""

import keras

from kerasparts.core.checks import check_choice
from kerasparts.core.part import part
from kerasparts.initializers._scaled import ScaledInitializer

DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


@part
class VarianceMatched(ScaledInitializer):
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
        super().__init__(activation, seed)
        self.mode = mode
        self.distribution = distribution

    def draw(self, shape, dtype, seed):
        scaling = keras.initializers.VarianceScaling(self.gain**2, self.mode, self.distribution, seed)
        return scaling(shape, dtype=dtype)

    def get_config(self):
        return {**super().get_config(), "mode": self.mode, "distribution": self.distribution}
