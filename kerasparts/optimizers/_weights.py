"""Weights as optimizers see them: in float32 at least, whole or copied."""

from keras import ops

from kerasparts import backend
from kerasparts.core.precision import float32_at_least


def whole(variable, residual):
    """The weights in float32 at least, with what rounding took off them, where it is kept."""
    w = ops.cast(variable, float32_at_least(variable.dtype))
    return w if residual is None else w + residual


def add_copies(optimizer, variables, name):
    """State of an optimizer of ours that starts as the weights; None for what gradients only overwrite."""

    def start_of(variable):
        # As a constant, because TensorFlow builds an optimizer inside the compiled step, where XLA starts no variable
        # from another.
        value = backend.readable(variable)
        return lambda shape, dtype: ops.convert_to_tensor(value, dtype)

    return [optimizer.add_state([variable], name, start_of(variable))[0] for variable in variables]
