"""Torch. Docstrings: see `tensorflow.py`.

Programs run eagerly here, as Keras' own do on Torch unless a model asks for `jit_compile=True`.
"""

import contextlib
import math
import operator

import keras
import torch

from kerasparts.backend.memory import Memory as Memory
from kerasparts.backend.memory import Scope

BLOCK = 2**18  # numbers; the arrays of one step of a block fit into the cache of most processors


def many_seeds():
    return contextlib.nullcontext()


def get_random_state():
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return [state.numpy() for state in [torch.get_rng_state(), *devices]]


def put_random_state(state):
    host, *devices = (torch.from_numpy(one.copy()) for one in state)
    torch.set_rng_state(host)
    if devices and len(devices) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(devices)


def set_random_state(seed):
    torch.manual_seed(seed)


def is_first_process():
    """Whether this is the first, or the only one, of the processes that train one model together."""
    group = torch.distributed
    return not (group.is_available() and group.is_initialized()) or group.get_rank() == 0


def unsynchronized_processes():
    group = torch.distributed
    return group.get_world_size() if group.is_available() and group.is_initialized() else 1


def many_models():
    return contextlib.nullcontext()


def compiled(function, state):
    state = list(state)

    def run(*arguments):
        mapping = [(variable, variable.value) for variable in state]
        with torch.no_grad(), _kept_random_state(), Scope(mapping, collect_losses=True):
            return function(*keras.tree.map_structure(_tensor, arguments))

    return run


def value_and_gradients(loss, variables, state=(), has_aux=False):
    variables, state = list(variables), list(state)

    def run(*arguments):
        # The parameters themselves, because a wrapped `torch.nn.Module` reads no others.
        values = [_differentiable(variable.value) for variable in variables]
        mapping = [*zip(variables, values, strict=True), *((other, other.value) for other in state)]
        with torch.enable_grad(), _kept_random_state(), Scope(mapping, collect_losses=True):
            value = loss(*keras.tree.map_structure(_tensor, arguments))
        scalar = value[0] if has_aux else value
        if values and scalar.requires_grad:
            gradients = torch.autograd.grad(scalar, values, allow_unused=True, materialize_grads=True)
        else:
            gradients = [torch.zeros_like(x) for x in values]
        return keras.tree.map_structure(_detached, value), list(gradients)

    return run


def program(function, fused=True):
    return function


def repeated(step, state, items):
    for i in range(len(keras.tree.flatten(items)[0])):
        state = step(state, keras.tree.map_structure(operator.itemgetter(i), items))
    return state


def vectorized(function):
    raise NotImplementedError("many models in one program are not to be had on Torch")


def deferred(compute, shape, dtype):
    if torch.compiler.is_compiling():
        return compute()
    nothing = keras.ops.broadcast_to(keras.ops.full((), float("nan"), dtype=dtype), shape)
    tensor = nothing.as_subclass(_Deferred)
    tensor.compute, tensor.with_gradient = compute, torch.is_grad_enabled()
    return tensor


def gradients_of(function, values):
    raise NotImplementedError("many models in one program are not to be had on Torch")


def apply_gradients(optimizer, gradients, variables):
    optimizer.apply(gradients, variables)


def replicas():
    return 1


def summed_over_replicas(tensors):
    return tensors


def mean_over_replicas(tensor):
    return tensor


def largest_grouped():
    return 2**13


def joined(arrays, dtype):
    dtype = getattr(torch, dtype)
    return torch.cat([getattr(x, "value", x).reshape(-1).to(dtype) for x in arrays])


def parted(array, shapes):
    parts = torch.split(array, [math.prod(shape) for shape in shapes])
    return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]


def mixed(x, y, share):
    return torch.lerp(*map(keras.ops.convert_to_tensor, (x, y)), share)


def assign_sub_all(variables, values):
    with keras.StatelessScope() as scope:
        is_free = scope.original_scope is None  # to change values in place
    if is_free:
        with torch.no_grad():
            torch._foreach_sub_([variable.value for variable in variables], values)
    return is_free


class _Blocks(keras.StatelessScope):
    def assign(self, variable, value):
        self.get_current_value(variable).copy_(value)

    def assign_sub(self, variable, value):
        self.get_current_value(variable).sub_(value)

    def accumulate(self, variable, kept, share, gradient):
        return self.get_current_value(variable).mul_(kept).add_(gradient, alpha=float(share))


def in_blocks(update, gradient, variables, whole=False):
    if gradient.numel() < 2**16:
        return False
    with _Blocks() as scope, torch.no_grad():
        values = [variable.value.detach() for variable in variables]
        is_plain = all(value.is_cpu and value.is_contiguous() for value in values)
        is_free = scope.original_scope is None and not torch.compiler.is_compiling()  # to change values in place
        if not (is_plain and is_free):
            return False
        size = gradient.numel() if whole else BLOCK
        for g, *blocks in zip(*(x.reshape(-1).split(size) for x in (gradient, *values)), strict=True):
            for variable, block in zip(variables, blocks, strict=True):
                scope.add_update((variable, block))
            update(g, scope)
    return True


def readable(variable):
    value = variable.value
    return None if value.is_meta else keras.ops.convert_to_numpy(value)


class _Deferred(torch.Tensor):
    """Looks like a tensor of its shape; whatever else is done with it is done with what it computes, once."""

    computed = None

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function is torch.Tensor.to:  # Keras converts what it may never read
            return args[0]._to(*args[1:], **(kwargs or {}))
        if function not in _WITHOUT_VALUES:
            args, kwargs = torch.utils._pytree.tree_map_only(_Deferred, _Deferred._values, (args, kwargs))
        with torch._C.DisableTorchFunctionSubclass():
            return function(*args, **(kwargs or {}))

    def _to(self, *args, **kwargs):
        like = torch.empty((), dtype=self.dtype, device=self.device).to(*args, **kwargs)
        if (like.dtype, like.device) == (self.dtype, self.device):
            return self
        return deferred(lambda: self._values().to(*args, **kwargs), self.shape, str(like.dtype).split(".")[1])

    def _values(self):
        if self.computed is None:
            with torch.set_grad_enabled(self.with_gradient):
                self.computed = self.compute()
        return self.computed


_WITHOUT_VALUES = {
    torch.Tensor.size,
    torch.Tensor.dim,
    torch.Tensor.ndimension,
    torch.Tensor.__len__,
    *(getattr(torch.Tensor, name).__get__ for name in ("shape", "ndim", "dtype", "device", "is_meta")),
}


def _kept_random_state():
    """A layer without a seed, such as `Dropout`, draws from the global state."""
    return torch.random.fork_rng([torch.cuda.current_device()] if torch.cuda.is_initialized() else [])


def _differentiable(value):
    return value if value.requires_grad else value.detach().requires_grad_()


def _detached(value):
    return value.detach() if isinstance(value, torch.Tensor) else value


def _tensor(value):
    return None if value is None else keras.ops.convert_to_tensor(value)
