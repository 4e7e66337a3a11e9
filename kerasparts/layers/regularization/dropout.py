"""Dropout."""

from kerasparts.core.checks import check_choice, check_number
from kerasparts.core.part import part
from kerasparts.layers.random_layer import RandomLayer
from kerasparts.layers.regularization._masks import check_noise_shape, drawn, mask_shape, masked, scaled


@part
class Dropout(RandomLayer):
    """Drops single numbers while training, in the way of Keras, in that of the first paper, or at inference too.

    With `kept` 0 with probability `rate`, else 1, for each number by itself:

        mode          training                    inference
        inverted      kept * x / (1 - rate)       x
        classic       kept * x                    (1 - rate) * x
        monte_carlo   kept * x / (1 - rate)       kept * x / (1 - rate)

    Keras has the first alone. What it loses there, and is kept here: a file holds the place in the random numbers, so
    that a fit that is resumed is the fit; what is dropped is zero, though it be NaN (on Torch, Keras' without a seed
    stays NaN); and in bfloat16 the rate is the one asked for (on TensorFlow, Keras drops 1.6% at a rate of 1%).

    With "monte_carlo", `predict` gives another answer each time, and BatchNormalization acts as at inference.
    `ensembles.monte_carlo_predict` draws many of them, of a model with any dropout in it.

    Args:
        rate: float in [0, 1). Share of the numbers that are dropped.
        mode: "inverted", "classic" or "monte_carlo".
        noise_shape: tuple or None. Shape of the mask, with 1 for an axis along which all is dropped together, and None
            for one as in the input: `(None, 1, None)` drops whole features of a sequence. None for the input's shape.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: any; the same comes out.

    Example:
    >>> dropout = kerasparts.layers.Dropout(0.25, mode="classic")
    >>> float(dropout(np.array([[8.0]]))[0, 0])
    6.0

    Reference: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting, section 4,
    and section 10 for the inverted one; Gal and Ghahramani 2016, https://arxiv.org/abs/1506.02142.
    """

    def __init__(self, rate, mode="inverted", noise_shape=None, seed=None, **kwargs):
        check_number("rate", rate, "[0, 1)")
        check_choice("mode", mode, ("inverted", "classic", "monte_carlo"))
        noise_shape = check_noise_shape(noise_shape)
        super().__init__(seed, **kwargs)
        self.rate = rate
        self.mode = mode
        self.noise_shape = noise_shape

    def call(self, inputs, training=False):
        is_classic = self.mode == "classic"
        if self.rate == 0:
            return inputs
        if training or self.mode == "monte_carlo":
            kept = drawn(mask_shape(inputs, self.noise_shape), self.rate, self.seed_generator)
            return masked(inputs, kept, 1.0 if is_classic else 1 / (1 - self.rate))
        return scaled(inputs, 1 - self.rate) if is_classic else inputs

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "mode": self.mode, "noise_shape": self.noise_shape}
