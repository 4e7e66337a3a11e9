"""JAX. Docstrings: see `tensorflow.py`."""

import contextlib
import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import io_callback

from kerasparts.backend import memory


def many_seeds():
    return contextlib.nullcontext()


def get_random_state():
    return None  # there is no global state


def put_random_state(state):
    pass


def set_random_state(seed):
    pass


def is_first_process():
    """Whether this is the first, or the only one, of the processes that train one model together."""
    return jax.process_index() == 0


def unsynchronized_processes():
    return 1


def many_models():
    return contextlib.nullcontext()


def compiled(function, state):
    state = list(state)

    @jax.jit
    def run(values, arguments):
        with memory.Scope(list(zip(state, values, strict=True)), collect_losses=True):
            return function(*arguments)

    return lambda *arguments: run([variable.value for variable in state], arguments)


def value_and_gradients(loss, variables, state=(), has_aux=False):
    variables, state = list(variables), list(state)

    def value_of(values, others, arguments):
        mapping = [*zip(variables, values, strict=True), *zip(state, others, strict=True)]
        with memory.Scope(mapping, collect_losses=True):
            return loss(*arguments)

    run = jax.jit(jax.value_and_grad(value_of, has_aux=has_aux))
    return lambda *arguments: run(
        [variable.value for variable in variables], [other.value for other in state], arguments
    )


def readable(variable):
    try:
        value = variable.value
    except TypeError:  # `fit` lends its values to a step, and one that fails does not give them back
        return None
    return None if isinstance(value, jax.core.Tracer) else np.asarray(value)


def program(function, fused=True):
    return jax.jit(function)


def repeated(step, state, items):
    return jax.lax.scan(lambda state, item: (step(state, item), None), state, items)[0]


def vectorized(function):
    return jax.vmap(function)


def deferred(compute, shape, dtype):
    return compute()


def gradients_of(function, values):
    return jax.value_and_grad(function, has_aux=True)(values)


def apply_gradients(optimizer, gradients, variables):
    optimizer.apply(gradients, variables)


def replicas():
    return 1


def summed_over_replicas(tensors):
    return tensors


def mean_over_replicas(tensor):
    return tensor


def largest_grouped():
    return 0  # XLA makes one loop for each variable, without a copy


def joined(arrays, dtype):
    return jnp.concatenate([jnp.ravel(getattr(x, "value", x)).astype(dtype) for x in arrays])


def parted(array, shapes):
    parts = jnp.split(array, list(itertools.accumulate(map(math.prod, shapes)))[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def assign_sub_all(variables, values):
    return False


def in_blocks(update, gradient, variables, whole=False):
    return False


def mixed(x, y, share):
    return x + share * (y - x)


class Memory(memory.Memory):
    def __init__(self, value):
        super().__init__(value)
        self._value = np.array(value, "float32")  # on the host, where callbacks from the program find it

    def read(self):
        _ = self._variable.value  # for a scope that refuses variables it does not know
        return io_callback(lambda: self._value, jax.ShapeDtypeStruct(self._value.shape, "float32"))

    def numpy(self):
        jax.effects_barrier()
        return self._value.copy()

    def assign(self, value):
        self._value = np.array(value, "float32")

    def _after_write(self, tensor, value):
        def write(value):
            self._value = np.array(value)
            return np.zeros((), tensor.dtype)

        # The gradient waits for the write, and the next step, which reads, for the gradient.
        return tensor + io_callback(write, jax.ShapeDtypeStruct((), tensor.dtype), value)
