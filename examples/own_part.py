"""A layer of your own, held to what the parts of the library promise: `python examples/own_part.py`.

The first form has faults that pass unseen in a notebook, and show up in a saved model, in half precision or in another
batch. `kerasparts.testing.check_part` names them. The second form is the first one, mended.
"""

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp


class Gate(keras.layers.Layer):
    """Lets through a learned share of each input, with noise while training."""

    def __init__(self, strength=1.0, noise=0.1):
        super().__init__()
        self.strength = strength
        self.noise = noise

    def build(self, shape):
        self.slope = keras.Variable(keras.ops.ones(shape[-1]), name="slope")

    def call(self, x, training=False):
        x = x - keras.ops.mean(x, axis=0)
        if training:
            x = x + self.noise * np.random.default_rng().normal(size=x.shape[1:])
        return x * keras.ops.sigmoid(self.strength * keras.ops.cast(self.slope, "float32"))

    def get_config(self):
        return {"strength": self.strength}


@keras.saving.register_keras_serializable(package="mine")
class MendedGate(keras.layers.Layer):
    """Lets through a learned share of each input, with noise while training."""

    def __init__(self, strength=1.0, noise=0.1, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.strength = strength
        self.noise = kp.layers.InputNoise("gaussian", noise, seed=seed)
        self.seed = seed

    def build(self, shape):
        self.slope = self.add_weight(shape=(shape[-1],), initializer="ones", name="slope")

    def call(self, x, training=False):
        return self.noise(x, training=training) * keras.ops.sigmoid(self.strength * self.slope)

    def get_config(self):
        noise = self.noise.amount
        return {**super().get_config(), "strength": self.strength, "noise": noise, "seed": self.seed}


def main(folder=None):
    try:
        kp.testing.check_part(Gate, strength=2.0, noise=0.2)
    except kp.testing.BrokenPromises as error:
        print(error)
    kp.testing.check_part(MendedGate, strength=2.0, noise=0.2, seed=1)
    print("\nMendedGate keeps all of them.")


if __name__ == "__main__":
    main()
