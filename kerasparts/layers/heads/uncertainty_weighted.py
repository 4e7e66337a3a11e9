"""UncertaintyWeighted."""

import keras
from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check_number
from kerasparts.core.part import part


@part
class UncertaintyWeighted(keras.layers.Layer):
    """The last layer of a model with several outputs, which learns how much the loss of each shall count.

    Not in Keras, where `loss_weights` are fixed by hand. The outputs pass unchanged; the layer has a number for each,
    which `kerasparts.losses.UncertainTask`, the loss of each output, reads and trains. It is saved with the model.

    Args:
        log_variance: float. Where the learned numbers start.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: a dict or list of tensors of any shape, or one, to the same. Keys of a dict name the outputs of the model.

    Memory: one number an output.

    Example:
    >>> layer = kerasparts.layers.UncertaintyWeighted(log_variance=2.0)
    >>> outputs = layer({"size": np.zeros((4, 1)), "kind": np.zeros((4, 7))})
    >>> layer.log_variances()
    {'kind': 2.0, 'size': 2.0}

    Reference: Kendall et al. 2018, https://arxiv.org/abs/1705.07115, section 3.2.
    """

    def __init__(self, log_variance=0.0, **kwargs):
        check_number("log_variance", log_variance)
        super().__init__(**kwargs)
        self.log_variance = log_variance
        self.supports_masking = True

    def build(self, input_shape):
        self.variance_of = {}
        for name in _by_name(input_shape, is_shape=True):
            start = keras.initializers.Constant(self.log_variance)
            self.variance_of[name] = self.add_weight((), start, name=f"log_variance_{name}", autocast=False)

    def call(self, inputs):
        outputs = {name: self._passed(name, x) for name, x in _by_name(inputs).items()}
        if isinstance(inputs, dict):
            return outputs
        return list(outputs.values()) if isinstance(inputs, list | tuple) else outputs["0"]

    def _passed(self, name, x):
        """A copy of the output that knows its log variance."""
        log_variance = ops.convert_to_tensor(self.variance_of[name])
        return backend.deferred(lambda: ops.copy(x), log_variance, ops.shape(x), x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def log_variances(self):
        """The learned number of each output, by its name, or its place as text."""
        return {name: float(ops.convert_to_numpy(variable)) for name, variable in self.variance_of.items()}

    def get_config(self):
        return {**super().get_config(), "log_variance": self.log_variance}


def _by_name(nest, is_shape=False):
    """Outputs, or their shapes, in a dict: one alone is called "0", as the first of a list."""
    if isinstance(nest, dict):
        return {name: nest[name] for name in sorted(nest)}
    is_alone = is_shape and (not nest or not isinstance(nest[0], list | tuple))
    if is_alone or not isinstance(nest, list | tuple):
        return {"0": nest}
    return {str(place): one for place, one in enumerate(nest)}
