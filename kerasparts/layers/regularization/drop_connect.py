"""DropConnect."""

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.core.seeded import Seeded, check_seed
from kerasparts.layers.regularization._kernel_wrapper import KernelWrapper
from kerasparts.layers.regularization._masks import drawn, masked


@part
class DropConnect(Seeded, KernelWrapper):
    """Trains a layer with some of its connections dropped, others at each step; biases stay.

    Not in Keras, whose `Dropout` drops units, that is whole rows of a kernel. For each number of the kernel:

        training:   w = kept * kernel / (1 - rate), kept 0 with probability rate, else 1
        inference:  w = kernel, the mean

    The paper draws connections for each sample, which takes a kernel for each; here the samples of a batch share them.

    Args:
        layer: Dense, EinsumDense, convolution or transposed convolution.
        rate: float in [0, 1). Share of the connections that are dropped.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`; the precision is that of the layer.

    Shapes: as the layer.

    Memory: in training one more array of the size of the kernel.

    Example:
    >>> layer = kerasparts.layers.DropConnect(keras.layers.Dense(3, kernel_initializer="ones"), rate=0.5, seed=1)
    >>> keras.ops.convert_to_numpy(layer(np.ones((1, 4)))).tolist()
    [[4.0, 4.0, 4.0]]

    Reference: Wan et al. 2013, Regularization of Neural Networks using DropConnect,
    https://proceedings.mlr.press/v28/wan13.html, section 3.
    """

    def __init__(self, layer, rate=0.5, seed=None, **kwargs):
        check_number("rate", rate, "[0, 1)")
        check_seed(seed)
        super().__init__(layer, **kwargs)
        self.rate = rate
        self.seeded(seed)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return self.layer(inputs)
        kernel = self.kernel()
        kept = drawn(kernel.shape, self.rate, self.seed_generator)
        return self.call_with(masked(kernel, kept, 1 / (1 - self.rate)), inputs)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
