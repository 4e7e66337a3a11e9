"""CutMix."""

import keras
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.part import part
from kerasparts.layers.augmentation._boxes import box_axes, check_axes, random_box
from kerasparts.layers.augmentation._mixing import Mixing


@part
class CutMix(Mixing):
    """Pastes a piece of another row into each row of a batch, and mixes the targets by the share that is left.

    Keras' `CutMix` takes images only, leaves integer labels to the user, forgets the sample weights, mixes labels by a
    share that is not that of the pixels, as it rounds the box and not the share, and never reaches the first row.
    Here, for a partner `j` of each row and `share ~ Beta(alpha, alpha)`, images get a box of `j` of sides
    `length * sqrt(1 - share)` around any pixel, clipped at the border; sequences a stretch of `steps * (1 - share)`;
    tables each column of `j` with chance `1 - share`. Then, with `share` counted anew from the cells that were kept,

        y = part * y[i] + (1 - part) * y[j]        part = share * w[i] / w
        w = share * w[i] + (1 - share) * w[j]

    Without sample weights, `part` is `share`; labels, weights and NaN targets are treated as in `MixUp`.

    Args:
        alpha: float > 0. 1, as in the paper: all shares alike; small: nearly nothing or nearly all is pasted.
        classes: int >= 2, needed where targets are integers; for several outputs, a nest of such or None.
        axes: tuple of int or None. Axes that the box is cut along, such as `(1, 2)` for images without an axis of
            channels; None: all but the batch and the channels, and single columns in tables.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(x, y)` or `(x, y, sample_weight)` to the same, for `x` of `(batch, features)`, `(batch, steps, channels)`
    or `(batch, height, width, channels)`; integer targets `(batch, ...)` or `(batch, 1)` to `(batch, ..., classes)`.

    Raises:
        ValueError: `x` alone; `x` of several arrays; integer targets without `classes`.

    Example:
    >>> layer = kerasparts.layers.CutMix(classes=2, seed=0)
    >>> x, y = layer((np.stack([np.zeros((4, 4, 1)), np.ones((4, 4, 1))]), np.array([0, 1])))
    >>> bool(np.allclose(keras.ops.mean(x, axis=(1, 2, 3)), y[:, 1]))  # the share of ones is that of class 1
    True

    Reference: Yun et al. 2019, https://arxiv.org/abs/1905.04899, equations 1 and 2; for tables Somepalli et al. 2021,
    https://arxiv.org/abs/2106.01342, whose mask of columns it is.
    """

    def __init__(self, alpha=1.0, classes=None, axes=None, seed=None, **kwargs):
        check_axes(axes)
        super().__init__(alpha, classes, seed, **kwargs)
        self.axes = None if axes is None else tuple(axes)

    def mix(self, x, partners, share):
        check(not isinstance(x, dict | list | tuple), "x", type(x).__name__, "one array, of which a share can be told")
        if len(x.shape) == 2 and self.axes is None:
            uniform = keras.random.uniform(ops.shape(x), dtype="float32", seed=self.seed_generator)
            pasted = uniform >= share[:, None]
            pasted_share = ops.mean(ops.cast(pasted, "float32"), axis=1)
        else:
            axes = box_axes(self.axes, x)
            side = ops.power(1.0 - share, 1.0 / len(axes))
            sizes = [ops.cast(side * ops.cast(ops.shape(x)[axis], "float32"), "int32") for axis in axes]
            pasted, pasted_share = random_box(x, axes, sizes, self.seed_generator)
        return ops.where(pasted, ops.take(x, partners, axis=0), x), 1.0 - pasted_share

    def get_config(self):
        return {**super().get_config(), "axes": self.axes}
