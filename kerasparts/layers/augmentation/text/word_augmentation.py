"""WordAugmentation."""

import re

from kerasparts.core.checks import check_number
from kerasparts.layers.augmentation.text.text_augmentation import TextAugmentation

WORD = re.compile(r"\S+")


class WordAugmentation(TextAugmentation):
    """Base class of text augmentations that change words: what stands between white space.

    A subclass writes `change(words, *draws)`, which gets the words of one text and `draws_per_word` lists of as many
    numbers from [0, 1), and returns a list of what stands in the words' places, None for nothing. What separates the
    words stays as it was; of the separators around what is gone, one with a line break, if any.

    Args:
        rate: float in [0, 1]. Share of the words to change.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.
    """

    draws_per_word = 1

    def __init__(self, rate=0.1, seed=None, **kwargs):
        check_number("rate", rate, "[0, 1]")
        super().__init__(seed, **kwargs)
        self.rate = rate

    def augment(self, texts, random):
        if self.rate == 0:
            return texts
        texts_in_words = [text.split() for text in texts]
        count = sum(map(len, texts_in_words))
        draws = random.random((self.draws_per_word, count)).tolist()
        changed, end = [], 0
        for text, words in zip(texts, texts_in_words, strict=True):
            begin, end = end, end + len(words)
            if words:
                text = _joined(text, words, self.change(words, *(numbers[begin:end] for numbers in draws)))
            changed.append(text)
        return changed

    def change(self, words, *draws):
        raise NotImplementedError

    def changes(self, words):
        """How many of the words to change: at least one, as in the paper."""
        return max(1, int(self.rate * len(words)))

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


def _joined(text, words, changed):
    if changed == words:
        return text
    before, is_plain, after = text.partition(" ".join(words))
    if is_plain:
        return before + " ".join([word for word in changed if word is not None]) + after
    places = [i for i, word in enumerate(changed) if word is not None]
    separators = WORD.split(text)  # before the first word, after each, the last of them at the end of the text
    parts = [separators[0]]
    for i, following in zip(places, [*places[1:], None], strict=True):
        parts.append(changed[i])
        between = separators[i + 1 : following + 1] if following is not None else separators[-1:]
        parts.append(max(between, key=lambda separator: separator.count("\n")))
    return "".join(parts)
