"""One of two workers of TensorFlow's `MultiWorkerMirroredStrategy`, which Keras' `fit` does not know.

`python workers.py PORT OTHER_PORT PROCESS`
"""

import json
import os
import sys

os.environ["TF_CONFIG"] = json.dumps(
    {
        "cluster": {"worker": [f"127.0.0.1:{port}" for port in sys.argv[1:3]]},
        "task": {"type": "worker", "index": int(sys.argv[3])},
    }
)

import keras
import numpy as np
import tensorflow as tf

with tf.distribute.MultiWorkerMirroredStrategy().scope():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
model.fit(np.ones((8, 3)), np.ones(8), verbose=0)
