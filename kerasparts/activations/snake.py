"""Snake."""

from keras import ops

from kerasparts.activations.activation import Activation, as_float
from kerasparts.core.checks import check_number
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least


@part
class Snake(Activation):
    """Learns periodic functions, and goes on with them beyond the data; was in TensorFlow Addons, is not in Keras.

        f(x) = x + sin(frequency * x)**2 / frequency        f'(x) = 1 + sin(2 * frequency * x)

    Args:
        frequency: float in (0, inf). Waves for each pi of input; larger for faster cycles.

    Shapes: any; element-wise.

    Example:
    >>> round(float(kerasparts.activations.Snake(frequency=2.0)(1.0)), 4)
    1.4134

    Reference: Ziyin et al. 2020, https://arxiv.org/abs/2006.08195, equation 3.
    """

    steepest = 2.0

    def __init__(self, frequency=1.0):
        check_number("frequency", frequency, "(0, inf)")
        self.frequency = frequency

    def __call__(self, x):
        x = as_float(x)
        return x + ops.cast(ops.square(ops.sin(self._phase(x))) / self.frequency, x.dtype)

    def derivative(self, x):
        x = as_float(x)
        return ops.cast(1 + ops.sin(2 * self._phase(x)), x.dtype)

    def _phase(self, x):
        """In float32 at least: in half precision a large phase is anything."""
        return self.frequency * ops.cast(x, float32_at_least(x.dtype))

    def get_config(self):
        return {**super().get_config(), "frequency": self.frequency}
