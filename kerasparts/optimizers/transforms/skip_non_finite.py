"""SkipNonFinite."""

from keras import ops

from kerasparts.core.part import part
from kerasparts.optimizers.transforms.transform import GradientTransform


@part
class SkipNonFinite(GradientTransform):
    """Leaves weights and state as they are at a step with NaN or infinity in a gradient; Keras writes NaN for ever.

    (`keras.optimizers.LossScaleOptimizer` skips such steps too, but scales the loss up and down besides.) The step is
    counted. Put it first, where no other transform has spread the NaN or made it finite.

    Attributes:
        skipped: number of steps left out so far; saved with the optimizer.

    Example:
    >>> skip = kerasparts.optimizers.transforms.SkipNonFinite()
    >>> optimizer = kerasparts.optimizers.SGD(0.1, gradient_transforms=[skip])
    """

    def __init__(self):
        self._skipped = None

    @property
    def skipped(self):
        return 0 if self._skipped is None else int(self._skipped)

    def build(self, optimizer, variables):
        self._skipped = optimizer.add_variable((), dtype="int32", name="skipped_steps")

    def transform(self, gradients, variables, indices, optimizer):
        is_finite = ops.all(ops.stack([ops.all(ops.isfinite(g)) for g in gradients]))
        optimizer.assign(self._skipped, self._skipped + ops.cast(ops.logical_not(is_finite), "int32"))
        optimizer.apply_only_if(is_finite)
        return gradients
