"""WeightNoise."""

import keras
from keras import ops

from kerasparts.core.checks import check_choice, check_number
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.core.seeded import Seeded, check_seed
from kerasparts.layers.regularization._kernel_wrapper import KernelWrapper

MODES = ("additive", "multiplicative")


@part
class WeightNoise(Seeded, KernelWrapper):
    """Trains a layer with noise on its kernel, another at each step; it comes to prefer flat minima.

    Not in Keras, whose `GaussianNoise` and `GaussianDropout` put noise on what flows between layers. With `e` from a
    normal distribution of standard deviation `stddev`, for each number of the kernel:

        w = kernel + e          mode "additive"
        w = kernel * (1 + e)    mode "multiplicative": in proportion to the weights
        w = kernel              at inference

    Args:
        layer: Dense, EinsumDense, convolution or transposed convolution.
        stddev: float in [0, inf). Of the noise: in units of the weights, or as a share of each. The paper takes 0.075.
        mode: "additive" or "multiplicative".
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`; the precision is that of the layer.

    Shapes: as the layer.

    Memory: in training one more array of the size of the kernel.

    Example:
    >>> layer = kerasparts.layers.WeightNoise(keras.layers.Dense(1, kernel_initializer="zeros"), stddev=0.1, seed=1)
    >>> y = [keras.ops.convert_to_numpy(layer(np.ones((1, 100)), training=True)).item() for _ in range(200)]
    >>> bool(0.9 < np.std(y) < 1.1)  # the root of 100 * 0.1**2
    True

    Reference: Graves 2011, Practical Variational Inference for Neural Networks,
    https://papers.nips.cc/paper/4329-practical-variational-inference-for-neural-networks, section 5.
    """

    def __init__(self, layer, stddev=0.05, mode="additive", seed=None, **kwargs):
        check_number("stddev", stddev, "[0, inf)")
        check_choice("mode", mode, MODES)
        check_seed(seed)
        super().__init__(layer, **kwargs)
        self.stddev = stddev
        self.mode = mode
        self.seeded(seed)

    def call(self, inputs, training=False):
        if not training or self.stddev == 0:
            return self.layer(inputs)
        kernel = self.kernel()
        kernel = ops.cast(kernel, float32_at_least(kernel.dtype))
        noise = keras.random.normal(kernel.shape, stddev=self.stddev, dtype=kernel.dtype, seed=self.seed_generator)
        return self.call_with(kernel + (noise if self.mode == "additive" else kernel * noise), inputs)

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev, "mode": self.mode, "seed": self.seed}
