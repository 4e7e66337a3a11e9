"""JAX. Docstrings: see `tensorflow.py`."""

import contextlib

import jax
import keras
import numpy as np


def kept_random_state():
    return contextlib.nullcontext()


def compiled(function, state):
    state = list(state)

    @jax.jit
    def run(values, arguments):
        with keras.StatelessScope(list(zip(state, values, strict=True)), collect_losses=True):
            return function(*arguments)

    return lambda *arguments: run([variable.value for variable in state], arguments)


def value_and_gradients(loss, variables, state=(), has_aux=False):
    variables, state = list(variables), list(state)

    def value_of(values, others, arguments):
        mapping = [*zip(variables, values, strict=True), *zip(state, others, strict=True)]
        with keras.StatelessScope(mapping, collect_losses=True):
            return loss(*arguments)

    run = jax.jit(jax.value_and_grad(value_of, has_aux=has_aux))
    return lambda *arguments: run(
        [variable.value for variable in variables], [other.value for other in state], arguments
    )


def readable(variable):
    value = variable.value
    return None if isinstance(value, jax.core.Tracer) else np.asarray(value)
