"""DropPath."""

from keras import ops

from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.layers.random_layer import RandomLayer
from kerasparts.layers.regularization._masks import drawn, masked


@part
class DropPath(RandomLayer):
    """Drops whole samples while training: what a residual branch gives them is zero, and the skip is all they have.

    Not in Keras, where `Dropout(rate, noise_shape=(None, 1, 1))` comes close, for one number of axes and without a
    place in the random numbers that a file holds. Per sample:

        training:   y = kept * x / (1 - rate), kept 0 with probability rate, else 1
        inference:  y = x

    A deep residual net is then shorter in training, by another path each time. Usual is a rate that rises with depth.

    Args:
        rate: float in [0, 1). Share of the samples that are dropped.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ...)` to the same shape.

    Example:
    >>> y = kerasparts.layers.DropPath(0.5, seed=1)(np.ones((100, 2, 3)), training=True)
    >>> np.unique(keras.ops.convert_to_numpy(y).reshape(100, 6), axis=0).tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [2.0, 2.0, 2.0, 2.0, 2.0, 2.0]]

    Reference: Huang et al. 2016, Deep Networks with Stochastic Depth, https://arxiv.org/abs/1603.09382, scaled while
    training instead of at inference.
    """

    def __init__(self, rate, seed=None, **kwargs):
        check_number("rate", rate, "[0, 1)")
        super().__init__(seed, **kwargs)
        self.rate = rate

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        shape = (ops.shape(inputs)[0], *[1] * (len(inputs.shape) - 1))
        return masked(inputs, drawn(shape, self.rate, self.seed_generator), 1 / (1 - self.rate))

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}
