"""TensorFlow."""

import contextlib
import functools
import math
import random

import keras
import tensorflow as tf
from tensorflow.python.eager import context

from kerasparts.backend.memory import Memory as Memory
from kerasparts.backend.memory import Scope


def get_random_state():
    """The state of what the framework draws from where it is given no seed, as plain values and arrays."""
    eager = context.context()  # has no public name; `tf.random.set_seed` writes these two, and nothing reads them back
    generator = getattr(eager, "_rng", None)
    return {"seed": eager._seed, "generator": generator and generator.getstate()}


def put_random_state(state):
    """Goes on from `get_random_state()`."""
    eager = context.context()
    eager._seed, eager._rng = state["seed"], None
    if state["generator"]:
        eager._rng = random.Random()
        eager._rng.setstate(state["generator"])


@contextlib.contextmanager
def many_seeds():
    """Context in which to set one new seed after the other is fast; wrap it in `kept_random_numbers`.

    TensorFlow forgets all its compiled kernels at each, so that one that has been used with that seed starts anew.
    """
    global _seeds
    tf.random.set_seed(0)
    _seeds = {0}
    try:
        yield
    finally:
        _seeds = None


_seeds = None  # that were set since kernels were last forgotten; None outside `many_seeds`


def set_random_state(seed):
    """Sets the global seed of the framework."""
    if _seeds is None or seed in _seeds:
        tf.random.set_seed(seed)
        return
    eager = context.context()
    eager._seed, eager._rng = seed, random.Random(seed)
    _seeds.add(seed)


def is_first_process():
    """Whether this is the first, or the only one, of the processes that train one model together."""
    resolver = tf.distribute.get_strategy().cluster_resolver
    return resolver is None or not resolver.task_id


def unsynchronized_processes():
    """How many processes stand together, though Keras trains in each of them a model of its own; 1 for none."""
    return 1


@contextlib.contextmanager
def many_models():
    """Context without the framework's warnings that each of many models is compiled anew."""
    logger = tf.get_logger()

    def is_other(record):
        return "triggered tf.function retracing" not in record.getMessage()

    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


def compiled(function, state):
    """`function(*arguments)` as one compiled program that reads the variables in `state`.

    Whatever the function assigns to a variable is thrown away: calling it leaves no trace on the model.
    A new program is made for every new structure, shape or dtype of the arguments.

    Args:
        function: called with tensors (or nests of them, `None` allowed), returns a nest of tensors.
        state: list of all the `keras.Variable`s whose present value the function reads.

    Returns:
        Function of the same arguments, as arrays or tensors.
    """
    state = list(state)

    def run(*arguments):
        with Scope([(variable, variable.value) for variable in state], collect_losses=True):
            return function(*arguments)

    # TensorFlow counts traces by code object, which a partial has not, and would warn of many models traced once each.
    return tf.function(functools.partial(run), autograph=False, reduce_retracing=True)


def value_and_gradients(loss, variables, state=(), has_aux=False):
    """Compiled `loss(*arguments)` with its gradients by `variables`.

    Args:
        loss: function that returns a scalar tensor, or with `has_aux` a pair of it and a nest of other tensors.
        variables: list of the `keras.Variable`s to differentiate by.
        state: list of the other `keras.Variable`s that the loss reads; see `compiled`.
        has_aux: bool. Whether the loss returns a pair.

    Returns:
        Function of the arguments of `loss` that returns `(value, gradients)`: what the loss returned, and a list of
        tensors shaped like `variables`, zero where the loss does not depend on a variable.
    """
    variables, state = list(variables), list(state)

    def function(*arguments):
        values = [tf.convert_to_tensor(variable.value) for variable in variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            with Scope(
                [*zip(variables, values, strict=True), *((other, other.value) for other in state)],
                collect_losses=True,
            ):
                value = loss(*arguments)
        scalar = value[0] if has_aux else value
        gradients = tape.gradient(scalar, values, unconnected_gradients="zero")
        return value, [tf.convert_to_tensor(gradient) for gradient in gradients]

    return compiled(function, [*variables, *state])


def readable(variable):
    """The present value of a variable as a NumPy array, or `None` where it is known only at run time.

    Inside a program that is being compiled, the value that the variable has outside is returned, unless the program
    was given another.
    """
    with tf.init_scope():
        value = variable.value
        return value.numpy() if hasattr(value, "numpy") else None


def program(function, fused=True):
    """A pure `function` of nests of tensors as one compiled program, made anew for every new shape.

    Args:
        fused: bool. Whether TensorFlow compiles it by XLA where XLA has all operations: faster to run, slower to
            compile, and other random numbers from the same seed.
    """
    plain = tf.function(functools.partial(function), autograph=False)
    compiled_by_xla = tf.function(functools.partial(function), autograph=False, jit_compile=True)
    is_refused = not fused

    def run(*arguments):
        nonlocal is_refused
        if not is_refused:
            try:
                return compiled_by_xla(*arguments)
            except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
                is_refused = True
        return plain(*arguments)

    return run


def repeated(step, state, items):
    """The state after `state = step(state, item)` for the slices of `items` along the first axis, inside a program."""

    def body(i, state):
        return i + 1, step(state, keras.tree.map_structure(lambda x: x[i], items))

    count = keras.ops.shape(keras.tree.flatten(items)[0])[0]
    return tf.while_loop(lambda i, state: i < count, body, (0, state), parallel_iterations=1)[1]


def vectorized(function):
    """`function` for many sets of arguments at once: of lists and dicts of tensors stacked along a new first axis."""

    def run(*arguments):
        with _without_notices():
            return tf.vectorized_map(lambda one: function(*one), arguments)

    return run


def deferred(compute, shape, dtype):
    """`compute()`, but only if somebody reads it; see `kerasparts.backend.deferred`."""
    return compute()  # a program that is compiled leaves out what is not read


def gradients_of(function, values):
    """`function(values)`, which is a scalar and a nest of other tensors, and its gradients, inside a program.

    Returns:
        `(function(values), gradients)`, these as Keras' optimizers take them: None for a value that the scalar does
        not depend on, and on TensorFlow the rows of a gathered table, which its optimizers treat otherwise.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        scalar, others = function(values)
    return (scalar, others), tape.gradient(scalar, values)


def apply_gradients(optimizer, gradients, variables):
    """`optimizer.apply` within a `StatelessScope`."""
    keys = dict(zip(map(id, variables), optimizer._trainable_variables_indices, strict=True))
    of_tensorflow, of_all = keras.optimizers.Optimizer.__bases__

    class Pure(of_tensorflow):  # its methods write to the variables of TensorFlow, whatever the scope
        assign = of_all.assign
        assign_add = of_all.assign_add
        assign_sub = of_all.assign_sub
        _apply_weight_decay = of_all._apply_weight_decay
        _backend_update_step = of_all._backend_update_step

        def _var_key(self, variable):
            return keys[id(variable)]

    pure = object.__new__(type(type(optimizer).__name__, (type(optimizer), Pure), {}))
    object.__setattr__(pure, "__dict__", vars(optimizer))
    pure.apply(gradients, variables)


def replicas():
    """How many replicas share a batch, each of which sees the loss of its rows alone."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def summed_over_replicas(tensors):
    """Sums of a list of tensors over the replicas of a `tf.distribute.Strategy`, each of which has some of the rows.

    As they are elsewhere: JAX computes with whole batches, on however many devices they are.
    """
    return _over_replicas(tf.distribute.ReduceOp.SUM, tensors)


def mean_over_replicas(tensor):
    """The mean of what each of the replicas has; see `summed_over_replicas`."""
    return _over_replicas(tf.distribute.ReduceOp.MEAN, tensor)


def _over_replicas(reduction, tensors):
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return tensors
    return replica.all_reduce(reduction, tensors)


def largest_grouped():
    """Numbers of the largest variable that is faster updated as a part of one array for many than by itself."""
    return 0 if tf.distribute.has_strategy() else 2**13  # under a strategy each replica has variables of its own


def joined(arrays, dtype):
    """One array with one axis of the numbers of all, tensors or Keras variables."""
    return tf.concat([tf.cast(tf.reshape(x, (-1,)), dtype) for x in arrays], axis=0)


def parted(array, shapes):
    """What was `joined`."""
    parts = tf.split(array, [math.prod(shape) for shape in shapes])
    return [tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)]


def assign_sub_all(variables, values):
    """Whether each value was taken off its variable here; Torch alone does so, which is faster than one by one."""
    return False


def in_blocks(update, gradient, variables, whole=False):
    """Whether `variables` were updated here, block by block, by `update(block of the gradient, blocks)`.

    `update` computes each number from those at the same place. It reads blocks where it reads the variables, and
    writes to them by `blocks.assign(variable, value)`, `blocks.assign_sub(variable, value)`, and
    `blocks.accumulate(variable, kept, share, value)`, which gives the new `kept * variable + share * value`. Torch
    alone does so: it makes an array of each operation, which is several times as fast where that fits into the cache.
    With `whole` there is one block, which is faster where no arrays are made.
    """
    return False


def mixed(x, y, share):
    """`x + share * (y - x)`, in one operation where each counts."""
    return x + share * (y - x)


@contextlib.contextmanager
def _without_notices():
    """No lines in the log on operations that are looped over rather than vectorized, or fail, which raises too."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("FATAL")
    try:
        yield
    finally:
        logger.setLevel(level)
