"""The framework that Keras runs on."""

import keras

_NAME = keras.backend.backend()

if _NAME == "tensorflow":
    from kerasparts.backend import tensorflow as framework
elif _NAME == "jax":
    from kerasparts.backend import jax as framework
elif _NAME == "torch":
    from kerasparts.backend import torch as framework
else:
    raise ImportError(
        f"kerasparts runs on the Keras backends 'tensorflow', 'jax' and 'torch'. Received: KERAS_BACKEND={_NAME!r}"
    )

Memory = framework.Memory
apply_gradients = framework.apply_gradients
assign_sub_all = framework.assign_sub_all
compiled = framework.compiled
deferred = framework.deferred
get_random_state = framework.get_random_state
gradients_of = framework.gradients_of
in_blocks = framework.in_blocks
is_first_process = framework.is_first_process
joined = framework.joined
largest_grouped = framework.largest_grouped
many_models = framework.many_models
many_seeds = framework.many_seeds
mean_over_replicas = framework.mean_over_replicas
mixed = framework.mixed
parted = framework.parted
program = framework.program
put_random_state = framework.put_random_state
readable = framework.readable
repeated = framework.repeated
replicas = framework.replicas
set_random_state = framework.set_random_state
summed_over_replicas = framework.summed_over_replicas
unsynchronized_processes = framework.unsynchronized_processes
value_and_gradients = framework.value_and_gradients
vectorized = framework.vectorized
