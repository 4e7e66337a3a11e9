"""Torch. Docstrings: see `tensorflow.py`.

Programs run eagerly here, as Keras' own do on Torch unless a model asks for `jit_compile=True`.
"""

import keras
import torch


def compiled(function, state):
    state = list(state)

    def run(*arguments):
        with torch.no_grad(), keras.StatelessScope([(variable, variable.value) for variable in state]):
            return function(*keras.tree.map_structure(_tensor, arguments))

    return run


def value_and_gradients(loss, variables, state=()):
    variables, state = list(variables), list(state)

    def run(*arguments):
        values = [variable.value.detach().requires_grad_() for variable in variables]
        mapping = [*zip(variables, values, strict=True), *((other, other.value) for other in state)]
        with torch.enable_grad(), keras.StatelessScope(mapping):
            value = loss(*keras.tree.map_structure(_tensor, arguments))
        gradients = torch.autograd.grad(value, values, allow_unused=True, materialize_grads=True)
        return value.detach(), list(gradients)

    return run


def readable(variable):
    return keras.ops.convert_to_numpy(variable.value)


def _tensor(value):
    return None if value is None else keras.ops.convert_to_tensor(value)
