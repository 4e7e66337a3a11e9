"""One of two Torch processes in a group, which Keras trains apart; prints what the gauges warn of.

`python alone.py PORT PROCESS`
"""

import os
import sys
import warnings

os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=sys.argv[1])

import keras
import numpy as np
import torch

import kerasparts as kp

torch.distributed.init_process_group("gloo", rank=int(sys.argv[2]), world_size=2)
keras.utils.set_random_seed(1)
x = np.random.default_rng(int(sys.argv[2])).normal(size=(32, 3)).astype("float32")
y = x.sum(axis=1)
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
gauges = [kp.callbacks.TrainingDiagnostics(verbose=0), kp.callbacks.BiasVarianceDiagnostics()]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(x, y, validation_data=(x, y), epochs=1, verbose=0, callbacks=gauges)
print([str(one.message) for one in caught if "process group" in str(one.message)])
print(model.get_weights()[0].ravel().tolist())
torch.distributed.destroy_process_group()
