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

compiled = framework.compiled
kept_random_state = framework.kept_random_state
readable = framework.readable
value_and_gradients = framework.value_and_gradients
