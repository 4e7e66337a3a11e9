"""RandomDeletion."""

from kerasparts.core.part import part
from kerasparts.layers.augmentation.text.word_augmentation import WordAugmentation


@part
class RandomDeletion(WordAugmentation):
    """Leaves out each word of a text with probability `rate` while training; Keras changes no texts.

    Where all words would go, one drawn at random stays. White space and line breaks are kept as they are.

    Args:
        rate: float in [0, 1]. Probability.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: a text, or a list, NumPy array or TensorFlow tensor of texts, to the same.

    Example:
    >>> layer = kerasparts.layers.RandomDeletion(rate=0.4, seed=1)
    >>> layer(["a quick brown fox", "jumps"], training=True)
    ['a quick fox', 'jumps']

    Reference: Wei and Zou 2019, https://arxiv.org/abs/1901.11196, section 2.
    """

    def change(self, words, draws):
        kept = [word if draw >= self.rate else None for word, draw in zip(words, draws, strict=True)]
        if not any(kept):
            last = max(range(len(words)), key=draws.__getitem__)
            kept[last] = words[last]
        return kept
