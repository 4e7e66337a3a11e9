"""Numbers that are kept from step to step of a compiled fit, though no model tracks them."""

import keras
from keras import ops


class Memory:
    """A small array that whoever computes in a training step may read and write, without a word to the model.

    Keras tracks variables of layers, metrics and optimizers. What a loss keeps is none of them: on JAX, where a step
    is a pure function of the tracked variables, it would be frozen into the program.

    Args:
        value: array of floats to begin with.
    """

    def __init__(self, value):
        # Of several replicas each sees a part of the batch.
        self._variable = keras.Variable(value, dtype="float32", trainable=False, aggregation="mean")

    def read(self):
        """The value, as a tensor."""
        return ops.convert_to_tensor(self._variable)

    def keep(self, losses, update, *observed):
        """`losses` as they are; who takes their gradient, and no one else, leaves a new value in the memory.

        A loss is not told whether a step trains or evaluates. It can tell, as only training takes gradients. What
        this library computes aside, gauges and the like, leaves no trace.

        Args:
            losses: tensor.
            update: function of `(upstream, *observed)` that returns the new value; `upstream`, the gradient by the
                losses, holds the weight of each.
            observed: tensors that the update needs, taken as constants.
        """
        if Scope.depth:
            return losses

        @ops.custom_gradient
        def passed_on(losses, *observed):
            def gradient(*arguments, upstream=None):
                upstream = arguments[0] if upstream is None else upstream
                return self._after_write(upstream, update(upstream, *observed)), *map(ops.zeros_like, observed)

            return losses, gradient

        return passed_on(losses, *map(ops.stop_gradient, observed))

    def numpy(self):
        """The value, as an array."""
        return ops.convert_to_numpy(self._variable)

    def assign(self, value):
        """Sets the value, outside of any step."""
        self._variable.assign(value)

    def _after_write(self, tensor, value):
        self._variable.assign(value)
        return tensor


class Scope(keras.StatelessScope):
    """A stateless scope in which a `Memory` is read, and never written: not later in a backward pass either."""

    depth = 0

    def __enter__(self):
        Scope.depth += 1
        return super().__enter__()

    def __exit__(self, *args, **kwargs):
        Scope.depth -= 1
        return super().__exit__(*args, **kwargs)
