"""Residual."""

import keras
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part, revived
from kerasparts.core.seeded import check_seed
from kerasparts.layers.blocks.layer_scale import LayerScale
from kerasparts.layers.regularization.drop_path import DropPath

CONVOLUTIONS = {3: keras.layers.Conv1D, 4: keras.layers.Conv2D, 5: keras.layers.Conv3D}
TRIED = 240  # places along an axis of unknown size, to see what stride a block has


@part
class Residual(keras.layers.Layer):
    """Adds what goes into some layers to what comes out of them, so that gradients pass through however many of these.

    Not in Keras, where a residual block is a functional model by hand, and `Sequential` cannot hold one.

        y = activation(projection(x) + drop_path(scale * block(x)))

    Args:
        block: layer, or list of layers that are called one after another.
        projection: "auto": none where the shape stays the same, else a linear layer without bias: `Dense` where only
            the channels change, or a convolution of 1 x 1 with the strides that the shapes tell. None: none ever. Or
            a layer of yours. "auto" takes channels to be last.
        drop_path: float in [0, 1). Share of the samples whose branch is dropped, while training; as `DropPath`.
        scale_init: float, or None for no `scale`. Where the learned scale starts, as in `LayerScale`.
        scale_per_channel: bool. One scale for each channel (the paper's LayerScale, with `scale_init=1e-5`), or one for
            all (ReZero, with `scale_init=0.0`).
        activation: as in `keras.layers.Dense`; of the sum.
        seed: int or None. Of `drop_path`. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: those of the block.

    Raises:
        ValueError: the shape changes, and there is no projection or none that fits.

    Example:
    >>> conv = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")
    >>> layer = kerasparts.layers.Residual([conv, keras.layers.Conv2D(8, 3, padding="same")])
    >>> tuple(layer(np.zeros((2, 15, 15, 3))).shape), layer.shortcut.strides
    ((2, 8, 8, 8), (2, 2))

    Reference: He et al. 2016, https://arxiv.org/abs/1512.03385, equations 1 and 2; Bachlechner et al. 2020 (ReZero),
    https://arxiv.org/abs/2003.04887; Touvron et al. 2021 (LayerScale), https://arxiv.org/abs/2103.17239.
    """

    def __init__(
        self,
        block,
        projection="auto",
        drop_path=0.0,
        scale_init=None,
        scale_per_channel=False,
        activation=None,
        seed=None,
        **kwargs,
    ):
        layers = block if isinstance(block, list | tuple) else [block]
        is_block = len(layers) > 0 and all(isinstance(layer, keras.layers.Layer) for layer in layers)
        check(is_block, "block", block, "a layer, or a list of layers")
        is_projection = isinstance(projection, keras.layers.Layer) or projection in ("auto", None)
        check(is_projection, "projection", projection, "'auto', None or a layer")
        check_number("drop_path", drop_path, "[0, 1)")
        if scale_init is not None:
            check_number("scale_init", scale_init)
        check(isinstance(scale_per_channel, bool), "scale_per_channel", scale_per_channel, "True or False")
        check_seed(seed)
        super().__init__(**kwargs)
        self.block = list(block) if isinstance(block, tuple) else block
        self.projection = projection
        self.drop_path = drop_path
        self.scale_init = scale_init
        self.scale_per_channel = scale_per_channel
        self.activation = keras.activations.get(revived(activation))
        self.seed = seed
        self.supports_masking = True
        common = {"dtype": self.dtype_policy}
        self.scale = LayerScale(scale_init, scale_per_channel, **common) if scale_init is not None else None
        self.drop = DropPath(drop_path, seed, **common) if drop_path else None

    def build(self, input_shape):
        # Axes of unknown size are tried with one that many strides divide.
        tried = tuple(
            TRIED if size is None and 0 < a < len(input_shape) - 1 else size for a, size in enumerate(input_shape)
        )
        shape, outputs = input_shape, tried
        for layer in self._layers_in_block():
            if not layer.built:
                layer.build(shape)
            shape, outputs = layer.compute_output_shape(shape), layer.compute_output_shape(outputs)
        if self.scale is not None:
            self.scale.build(shape)
        if self.drop is not None:
            self.drop.build(shape)
        self._keeps_places = tuple(outputs[1:-1]) == tried[1:-1]
        self.shortcut = self._shortcut(tried, tuple(outputs))
        if self.shortcut is not None and not self.shortcut.built:
            self.shortcut.build(input_shape)

    def call(self, inputs):
        y = inputs
        for layer in self._layers_in_block():
            y = layer(y)
        y = y if self.scale is None else self.scale(y)
        y = y if self.drop is None else self.drop(y)
        x = inputs if self.shortcut is None else self.shortcut(inputs)
        y = ops.cast(x, self.compute_dtype) + ops.cast(y, self.compute_dtype)
        return y if self.activation is None else self.activation(y)

    def compute_mask(self, inputs, previous_mask=None):
        return previous_mask if self._keeps_places else None

    def compute_output_shape(self, input_shape):
        for layer in self._layers_in_block():
            input_shape = layer.compute_output_shape(input_shape)
        return tuple(input_shape)

    def get_config(self):
        def saved(value):
            return keras.saving.serialize_keras_object(value)

        return {
            **super().get_config(),
            "block": [saved(layer) for layer in self.block] if isinstance(self.block, list) else saved(self.block),
            "projection": saved(self.projection),
            "drop_path": self.drop_path,
            "scale_init": self.scale_init,
            "scale_per_channel": self.scale_per_channel,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        block = config["block"]
        block = [revived(layer) for layer in block] if isinstance(block, list) else revived(block)
        return cls(**{**config, "block": block, "projection": revived(config["projection"])})

    def _layers_in_block(self):
        return self.block if isinstance(self.block, list) else [self.block]

    def _shortcut(self, inputs, outputs):
        """The layer that leads from a shape of inputs to one of outputs, or None where there is nothing to do."""
        if isinstance(self.projection, keras.layers.Layer):
            projected = tuple(self.projection.compute_output_shape(inputs))
            check(projected == outputs, "projection", projected, f"a layer that gives the block's shape {outputs}")
            return self.projection
        if inputs == outputs:
            return None
        rule = f"a layer that leads from {inputs} to the block's {outputs}"
        check(self.projection == "auto" and len(inputs) == len(outputs), "projection", self.projection, rule)
        common = {"use_bias": False, "dtype": self.dtype_policy, "name": "projection"}
        if self._keeps_places:
            return keras.layers.Dense(outputs[-1], **common)
        strides = [-(-before // max(after, 1)) for before, after in zip(inputs[1:-1], outputs[1:-1], strict=True)]
        strided = tuple(-(-before // stride) for before, stride in zip(inputs[1:-1], strides, strict=True))
        found = strided == outputs[1:-1] and len(inputs) in CONVOLUTIONS
        check(found, "projection", self.projection, f"{rule}: no strides do")
        convolution = CONVOLUTIONS[len(inputs)]
        return convolution(outputs[-1], 1, strides=tuple(strides), data_format="channels_last", **common)
