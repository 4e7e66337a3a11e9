"""SynonymReplacement."""

from kerasparts.core.part import part
from kerasparts.layers.augmentation.text.synonym_augmentation import SynonymAugmentation


@part
class SynonymReplacement(SynonymAugmentation):
    """Replaces words of a text by synonyms while training; Keras changes no texts.

    `max(1, int(rate * words))` different words that have synonyms are drawn, and one of the synonyms for each. Case
    and the punctuation around the word are kept: "Big," may become "Large,". Words are looked up as they stand, in
    lower case: of plurals and other forms only those are known that the synonyms list.

    Args:
        rate: float in [0, 1]. Share of the words to replace; 0: none.
        synonyms: dict of lists of `str` by word in lower case; or the folder with WordNet's files (on Debian
            `/usr/share/wordnet`, package `wordnet-base`), read at the first call, of which the senses are taken that
            WordNet's annotated texts contain; None: a small English table of this library.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: a text, or a list, NumPy array or TensorFlow tensor of texts, to the same.

    Raises:
        ValueError: at the first call, where the folder does not hold WordNet's files, or the layer is from a file:
            a folder that a file names is not opened.

    Example:
    >>> layer = kerasparts.layers.SynonymReplacement(rate=0.5, synonyms={"quick": ["fast"], "fox": ["vixen"]}, seed=1)
    >>> layer("A QUICK brown fox.", training=True)
    'A FAST brown vixen.'

    Reference: Wei and Zou 2019, https://arxiv.org/abs/1901.11196, section 2; Fellbaum 1998, WordNet.
    """

    draws_per_word = 2

    def change(self, words, order, choice):
        known = [i for i, word in enumerate(words) if self._thesaurus.replacements(word)]
        words = list(words)
        for i in sorted(known, key=order.__getitem__)[: self.changes(words)]:
            choices = self._thesaurus.replacements(words[i])
            words[i] = choices[int(choice[i] * len(choices))]
        return words
