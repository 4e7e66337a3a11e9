"""TextAugmentation."""

import sys

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check
from kerasparts.layers.random_layer import RandomLayer

PLACE = (
    "strings, not symbols: a text augmentation changes strings before they become numbers, so it stands outside the "
    "model, in `kerasparts.augmentation.AugmentedDataset`, or in tf.data by `dataset.map(lambda text: "
    "tf.numpy_function(lambda t: layer(t, training=True), [text], tf.string))`"
)


class TextAugmentation(RandomLayer):
    """Base class of layers that change texts at random, if called with `training=True`, and leave them alone otherwise.

    A subclass writes `augment(texts, random)`, which gets a list of `str` and a NumPy generator. The numbers come from
    the layer's seed state through NumPy: the same on every backend.

    Texts may be one `str`, a list or tuple of them, a NumPy array of any shape, or a string tensor of TensorFlow, and
    come back in that form, a table's column as an array. Bytes are read as UTF-8. A text never becomes empty.

    Args:
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.
    """

    takes_targets = False

    def __call__(self, texts, training=False):
        return self.call(texts, training=training)

    def call(self, texts, training=False):
        strings, restored = _unpacked(texts)
        if not training:
            return texts
        changed = self.augment(strings, self._generator()) if strings else []
        # What a text was made of was not white space alone, and so it stays.
        return restored([new if new.strip() else old for old, new in zip(strings, changed, strict=True)])

    def augment(self, texts, random):
        raise NotImplementedError

    def _generator(self):
        state = ops.convert_to_numpy(self.seed_generator.next())
        return np.random.default_rng([int(number) & 0xFFFFFFFF for number in state])


def _unpacked(texts):
    """A list of `str`, and the function that gives such a list the form that `texts` have."""
    if isinstance(texts, str):
        return [texts], lambda strings: strings[0]
    if isinstance(texts, list | tuple):
        strings, encoded = _decoded(texts, texts)
        return strings, lambda strings: type(texts)(encoded(strings))
    check(not isinstance(texts, keras.KerasTensor), "texts", texts, PLACE)
    if isinstance(texts, np.ndarray) or hasattr(texts, "to_numpy"):
        array = texts if isinstance(texts, np.ndarray) else texts.to_numpy()
        strings, encoded = _decoded(array.ravel().tolist(), texts)
        dtype = array.dtype.kind if array.dtype.kind in "US" else array.dtype  # as wide as the longest
        return strings, lambda strings: np.array(encoded(strings), dtype).reshape(array.shape)
    framework = sys.modules.get(type(texts).__module__.partition(".")[0])
    are_strings = getattr(getattr(texts, "dtype", None), "name", None) == "string"
    check(are_strings, "texts", texts, "a string, a list or array of strings, or a string tensor of TensorFlow")
    check(hasattr(texts, "numpy"), "texts", texts, PLACE)
    array = np.asarray(texts.numpy(), object)
    strings, encoded = _decoded(array.ravel().tolist(), texts)
    return strings, lambda strings: framework.constant(encoded(strings), texts.dtype, array.shape)


def _decoded(items, texts):
    """A list of `str`, and the function that turns such a list into what `items` are made of: `str` or UTF-8."""
    if all(isinstance(item, str) for item in items):
        return list(items), list
    check(all(isinstance(item, bytes) for item in items), "texts", texts, "made of strings")
    strings = [item.decode("utf-8", "surrogateescape") for item in items]
    return strings, lambda strings: [string.encode("utf-8", "surrogateescape") for string in strings]
