"""RandomInsertion."""

from kerasparts.core.part import part
from kerasparts.layers.augmentation.text.synonym_augmentation import SynonymAugmentation


@part
class RandomInsertion(SynonymAugmentation):
    """Puts synonyms of a text's words into random places of it while training; Keras changes no texts.

    `max(1, int(rate * words))` words that have synonyms are drawn, all of them before any again, and a synonym of each
    is put before or after any word. White space and line breaks are kept as they are.

    Args:
        rate: float in [0, 1]. Synonyms to insert for each word of the text; 0: none.
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
    >>> layer = kerasparts.layers.RandomInsertion(rate=0.3, synonyms={"quick": ["fast"]}, seed=1)
    >>> layer("A quick brown fox.", training=True)
    'A quick fast brown fox.'

    Reference: Wei and Zou 2019, https://arxiv.org/abs/1901.11196, section 2.
    """

    draws_per_word = 3

    def change(self, words, order, choice, where):
        known = [i for i, word in enumerate(words) if self._thesaurus.synonyms(word)]
        known.sort(key=order.__getitem__)
        changed = list(words)
        for n in range(self.changes(words) if known else 0):
            choices = self._thesaurus.synonyms(words[known[n % len(known)]])
            synonym = choices[int(choice[n] * len(choices))]
            place = int(where[n] * (len(words) + 1))
            if place < len(words):
                changed[place] = f"{synonym} {changed[place]}"
            else:
                changed[-1] = f"{changed[-1]} {synonym}"
        return changed
