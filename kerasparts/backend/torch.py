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
        # The parameters themselves, because a wrapped `torch.nn.Module` reads no others.
        values = [_differentiable(variable.value) for variable in variables]
        mapping = [*zip(variables, values, strict=True), *((other, other.value) for other in state)]
        with torch.enable_grad(), keras.StatelessScope(mapping, collect_losses=True):
            value = loss(*keras.tree.map_structure(_tensor, arguments))
        if not (values and value.requires_grad):
            return value.detach(), [torch.zeros_like(x) for x in values]
        gradients = torch.autograd.grad(value, values, allow_unused=True, materialize_grads=True)
        return value.detach(), list(gradients)

    return run


def readable(variable):
    value = variable.value
    return None if value.is_meta else keras.ops.convert_to_numpy(value)


def _differentiable(value):
    return value if value.requires_grad else value.detach().requires_grad_()


def _tensor(value):
    return None if value is None else keras.ops.convert_to_tensor(value)
