"""What initializers share that take their scale from an activation."""

from kerasparts.initializers.initializer import Initializer
from kerasparts.initializers.variance_matched import VarianceMatched


class ScaledInitializer(Initializer):
    """Random initializer with the gain of an activation; see `VarianceMatched`."""

    def __init__(self, activation, seed):
        super().__init__(seed)
        self._matched = VarianceMatched(activation)  # refuses what has no gain
        self.activation = self._matched.activation

    @property
    def gain(self):
        """`1 / sqrt(E[f(z)**2])`, z standard normal: 1 for linear, sqrt(2) for relu."""
        return self._matched.gain

    def get_config(self):
        return {**super().get_config(), "activation": self._matched.get_config()["activation"]}
