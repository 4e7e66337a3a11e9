"""What the optimizers of Adam's kind share."""

from kerasparts.core.checks import check_number
from kerasparts.optimizers.optimizer import Optimizer


class MomentOptimizer(Optimizer):
    """Base class of optimizers with a moving average of the gradient and one of its size, with their memories."""

    def __init__(self, learning_rate, beta_1, beta_2, epsilon, **kwargs):
        check_number("beta_1", beta_1, "[0, 1)")
        check_number("beta_2", beta_2, "[0, 1)")
        check_number("epsilon", epsilon, "(0, inf)")
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def get_config(self):
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
