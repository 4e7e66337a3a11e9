"""Cutout."""

from keras import ops

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.part import part
from kerasparts.layers.augmentation._boxes import box_axes, check_axes, random_box
from kerasparts.layers.augmentation.augmentation import Augmentation


@part
class Cutout(Augmentation):
    """Blanks a box of each image, so that a model does not rest on a single part of it.

    Keras' `RandomErasing` never reaches the first row and column, keeps the box inside the image, draws its area rather
    than its sides, and leaves half of the images as they are. Here the centre is any pixel, and what of the box lies
    outside is cut off: the paper finds this matters, as some images are then seen nearly whole.

        start = centre - size // 2
        blank = start <= place < start + size, along each axis

    Args:
        size: int >= 1, or one a blanked axis. Pixels.
        fill_value: float. What stands in the box; 0 is the mean where the data are standardized.
        axes: tuple of int or None. Axes that the box is cut along; None: all but the batch and the channels.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, height, width, channels)`, or any of rank 3 or more, to the same shape: a stretch of time of
    `(batch, steps, features)`. Channels stand where `keras.config.image_data_format` says.

    Example:
    >>> layer = kerasparts.layers.Cutout(size=2, seed=0)
    >>> x = layer(np.ones((1, 4, 4, 1)), training=True)
    >>> int(keras.ops.sum(x)) in (12, 14, 15)
    True

    Reference: DeVries and Taylor 2017, https://arxiv.org/abs/1708.04552, section 3.2.
    """

    def __init__(self, size, fill_value=0.0, axes=None, seed=None, **kwargs):
        for length in size if isinstance(size, list | tuple) else [size]:
            check_integer("size", length, "[1, inf)")
        check(size not in ([], ()), "size", size, "one integer, or one a blanked axis")
        check_number("fill_value", fill_value)
        check_axes(axes)
        super().__init__(seed, **kwargs)
        self.size = tuple(size) if isinstance(size, list) else size
        self.fill_value = fill_value
        self.axes = None if axes is None else tuple(axes)

    def augment(self, x):
        axes = box_axes(self.axes, x)
        check(axes, "inputs", tuple(x.shape), "of rank 3 or more; FeatureDropout blanks cells of tables")
        sizes = self.size if isinstance(self.size, tuple) else [self.size] * len(axes)
        check(len(sizes) == len(axes), "size", self.size, f"one integer, or one for each of the axes {axes}")
        box, _ = random_box(x, axes, sizes, self.seed_generator)
        return ops.where(box, ops.cast(self.fill_value, x.dtype), x)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "fill_value": self.fill_value, "axes": self.axes}
