"""TensorFlow."""

import contextlib
import functools

import keras
import tensorflow as tf


def kept_random_state():
    """Context in which random numbers may be drawn without a trace in the global state of the framework."""
    return contextlib.nullcontext()  # Keras draws none from it here


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
        with keras.StatelessScope([(variable, variable.value) for variable in state], collect_losses=True):
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
            with keras.StatelessScope(
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
