"""Imports Keras while what its framework prints at start-up goes nowhere.

TensorFlow writes some of it before any setting of its own is read, straight to the file descriptor.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # the same numbers on every processor

sys.stderr.flush()
_screen, _nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
os.dup2(_nowhere, 2)
try:
    import keras as keras
    import tensorflow as tensorflow  # on JAX and Torch, Keras would import it later, in `fit`
finally:
    os.dup2(_screen, 2)
    os.close(_screen)
    os.close(_nowhere)

jit_compile = keras.backend.backend() == "jax"  # small nets start sooner without, but JAX would run step by step
