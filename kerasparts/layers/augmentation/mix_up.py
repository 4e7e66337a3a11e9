"""MixUp."""

import keras
from keras import ops

from kerasparts.core.part import part
from kerasparts.layers.augmentation._mixing import Mixing, like


@part
class MixUp(Mixing):
    """Mixes each row of a batch with another, inputs, targets and sample weights alike.

    Keras' `MixUp` refuses tables, takes sequences for a single image, leaves integer labels to the user, forgets the
    sample weights, and mixes images without their labels when it stands in a model. Here, with a partner `j` for each
    row `i` and `share ~ Beta(alpha, alpha)`, one a row:

        x = share * x[i] + (1 - share) * x[j]
        y = part * y[i] + (1 - part) * y[j]        part = share * w[i] / w
        w = share * w[i] + (1 - share) * w[j]

    Without sample weights, `part` is `share`. With them, the loss of the mix is the mix of the weighted losses, for
    any loss linear in its targets; a row of weight 0 leaves no trace in the targets.

    Integer targets are labels and become one-hot rows; numbers and one-hot rows must be floats, and booleans become
    floats. A label outside of `[0, classes)` gives a row of NaN, so that the loss shows it. A cell of `x` that is NaN
    in either row is NaN. Integers in `x` are taken for numbers: of tokens, mix the embeddings.

    Args:
        alpha: float > 0. Small: nearly all rows stay nearly as they are; 1: all shares alike.
        classes: int >= 2, needed where targets are integers; for several outputs, a nest of such or None.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(x, y)` or `(x, y, sample_weight)` to the same; integer targets `(batch, ...)` or `(batch, 1)` to
    `(batch, ..., classes)`. `x` may be a nest of arrays: all take the same share.

    Raises:
        ValueError: `x` alone; integer targets without `classes`.

    Example:
    >>> layer = kerasparts.layers.MixUp(alpha=0.4, classes=3, seed=0)
    >>> x, y = layer((np.eye(4), np.array([0, 1, 2, 2])))
    >>> bool(np.allclose(keras.ops.sum(y, axis=-1), 1.0)), bool(np.allclose(y[:, 0], x[:, 0]))
    (True, True)

    Reference: Zhang et al. 2018, https://arxiv.org/abs/1710.09412, equation 1; one share a row.
    """

    def __init__(self, alpha=0.2, classes=None, seed=None, **kwargs):
        super().__init__(alpha, classes, seed, **kwargs)

    def mix(self, x, partners, share):
        def mixed(a):
            return a + like(1.0 - share, a) * (ops.take(a, partners, axis=0) - a)

        return keras.tree.map_structure(mixed, x), share
