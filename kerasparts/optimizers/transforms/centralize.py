"""Centralize."""

from keras import ops

from kerasparts.core.part import part
from kerasparts.optimizers.transforms.transform import GradientTransform, unit_axes


@part
class Centralize(GradientTransform):
    """Takes off the gradient of each unit its mean over the incoming weights; vectors stay. Not in Keras.

        g = g - mean(g)

    Example:
    >>> centralize = kerasparts.optimizers.transforms.Centralize()
    >>> optimizer = kerasparts.optimizers.SGD(0.1, gradient_transforms=[centralize])

    Reference: Yong et al. 2020, https://arxiv.org/abs/2004.01461, equation 1.
    """

    def transform(self, gradients, variables, indices, optimizer):
        return [g - ops.mean(g, axis=unit_axes(g), keepdims=True) if unit_axes(g) else g for g in gradients]
