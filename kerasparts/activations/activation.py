"""What all activations share."""


class Activation:
    """Base class of activations: a callable that Keras can write into a file and read back.

    Keras' activations are functions, so their arguments are lost when a model is saved. A subclass stores its
    arguments as attributes, computes in `__call__(x)`, and returns the arguments from `get_config()`.

    Example:
    >>> layer = keras.layers.Dense(3, activation=kerasparts.activations.Swish(beta=1.5))
    >>> layer.get_config()["activation"]["config"]
    {'beta': 1.5}
    """

    def __call__(self, x):
        raise NotImplementedError(f"{type(self).__name__} must implement __call__(x).")

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"
