"""KernelWrapper."""

import keras
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.layers import KERNEL_LAYERS


class KernelWrapper(keras.layers.Wrapper):
    """Base class of wrappers that run a layer with another kernel than the one it keeps.

    A subclass writes `call`, which gives `call_with` the kernel to run with, made of `kernel()`. Gradients flow to the
    layer's own kernel, and its weights keep their place and meaning: those of the plain layer can be loaded into
    `wrapper.layer`. Its regularizers and constraints see its own kernel.

    Args:
        layer: Dense, EinsumDense, convolution or transposed convolution.
        **kwargs: as in `keras.layers.Layer`; the precision is that of the layer.
    """

    def __init__(self, layer, **kwargs):
        kinds = ", ".join(kind.__name__ for kind in KERNEL_LAYERS)
        check(isinstance(layer, KERNEL_LAYERS), "layer", layer, f"one of the layers {kinds}")
        # Without autocast, the kernel is altered in full precision; the layer casts it, and its inputs, itself.
        super().__init__(layer, **{"dtype": layer.dtype_policy, "autocast": False, **kwargs})
        self.supports_masking = layer.supports_masking

    def build(self, input_shape):
        super().build(input_shape)
        is_plain = isinstance(self.layer.kernel, keras.Variable)
        check(is_plain, "layer", self.layer, "a layer whose kernel is one variable, neither quantized nor with LoRA")

    def kernel(self):
        """The layer's own kernel, in the precision it is kept in."""
        return ops.convert_to_tensor(self.layer.kernel)

    def call_with(self, kernel, inputs):
        """The layer's outputs with this kernel."""
        others = [v for v in self.layer.variables if v is not self.layer.kernel]
        mapping = [(self.layer.kernel, kernel), *((v, v.value) for v in others)]
        with keras.StatelessScope(mapping, collect_losses=True, initialize_variables=False) as scope:
            outputs = self.layer(inputs)
        for loss in scope.losses:  # of the layer's activity: they would end with the scope
            self.layer.add_loss(loss)
        return outputs

    def compute_output_shape(self, input_shape):
        return tuple(self.layer.compute_output_shape(input_shape))
