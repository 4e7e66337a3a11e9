"""RandomSwap."""

from kerasparts.core.part import part
from kerasparts.layers.augmentation.text.word_augmentation import WordAugmentation


@part
class RandomSwap(WordAugmentation):
    """Lets words of a text change places while training; Keras changes no texts.

    `max(1, int(rate * words))` times, two words drawn at random are exchanged. White space and line breaks stay where
    they are; a text of one word is left alone.

    Args:
        rate: float in [0, 1]. Exchanges for each word; 0: none.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: a text, or a list, NumPy array or TensorFlow tensor of texts, to the same.

    Example:
    >>> layer = kerasparts.layers.RandomSwap(rate=0.3, seed=1)
    >>> layer(["a quick brown fox", "jumps"], training=True)
    ['brown quick a fox', 'jumps']

    Reference: Wei and Zou 2019, https://arxiv.org/abs/1901.11196, section 2.
    """

    draws_per_word = 2

    def change(self, words, first, second):
        count = len(words)
        if count < 2:
            return words
        words = list(words)
        for n in range(self.changes(words)):
            i = int(first[n] * count)
            j = (i + 1 + int(second[n] * (count - 1))) % count
            words[i], words[j] = words[j], words[i]
        return words
