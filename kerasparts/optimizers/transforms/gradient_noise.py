"""GradientNoise."""

import keras
from keras import ops

from kerasparts.core.checks import check_integer, check_number
from kerasparts.core.part import part
from kerasparts.optimizers.transforms.transform import GradientTransform


@part
class GradientNoise(GradientTransform):
    """Adds Gaussian noise that fades with the steps: gets deep nets going from poor starts. Not in Keras.

    At step `t`, counted from 0, the standard deviation is

        sqrt(eta / (1 + t)**gamma)

    The state of the random numbers is saved with the optimizer: a resumed training draws what it would have drawn.

    Args:
        eta: float in (0, inf). Variance at the first step.
        gamma: float in [0, inf). How fast it fades.
        seed: int.

    Example:
    >>> noise = kerasparts.optimizers.transforms.GradientNoise(eta=0.3)
    >>> optimizer = kerasparts.optimizers.SGD(0.1, gradient_transforms=[noise])

    Reference: Neelakantan et al. 2015, https://arxiv.org/abs/1511.06807, equation 1.
    """

    def __init__(self, eta=0.3, gamma=0.55, seed=0):
        check_number("eta", eta, "(0, inf)")
        check_number("gamma", gamma, "[0, inf)")
        check_integer("seed", seed, "[0, inf)")
        self.eta = eta
        self.gamma = gamma
        self.seed = seed

    def build(self, optimizer, variables):
        self._generator = keras.random.SeedGenerator(self.seed)
        optimizer._track_variable(self._generator.state)

    def transform(self, gradients, variables, indices, optimizer):
        t = ops.cast(optimizer.iterations, "float32")
        std = ops.sqrt(self.eta / ops.power(1 + t, self.gamma))
        return [
            g + ops.cast(std, g.dtype) * keras.random.normal(g.shape, dtype=g.dtype, seed=self._generator)
            for g in gradients
        ]

    def get_config(self):
        return {"eta": self.eta, "gamma": self.gamma, "seed": self.seed}
