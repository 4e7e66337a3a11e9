"""CharacterNoise."""

import numpy as np

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part
from kerasparts.layers.augmentation.text.text_augmentation import TextAugmentation

KINDS = ("insert", "delete", "substitute", "transpose")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours():
    """Keys beside, above and below each key, where a row starts half a key further right than that above."""
    keys = {(row, column): key for row, letters in enumerate(_ROWS) for column, key in enumerate(letters)}
    around = ((0, -1), (0, 1), (-1, 0), (-1, 1), (1, -1), (1, 0))
    return {
        key: "".join(keys[at] for dr, dc in around if (at := (row + dr, column + dc)) in keys)
        for (row, column), key in keys.items()
    }


NEIGHBOURS = _neighbours()


@part
class CharacterNoise(TextAugmentation):
    """Makes typing errors in texts while training; Keras changes no texts.

    Each letter or digit is hit with probability `rate`. Then, with equal chances among `kinds`: another character is
    put before it, it is left out, replaced, or changes places with the next letter or digit. White space, punctuation
    and signs are left alone.

    A character put in is that of a neighbouring key of a QWERTY keyboard, where `keyboard` is True and the letter is
    on it, else any letter or digit of the same text, so that each script gets its own.

    Args:
        rate: float in [0, 1]. Probability.
        kinds: tuple of some of "insert", "delete", "substitute", "transpose".
        keyboard: bool. Whether errors are those of fingers rather than of eyes.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: a text, or a list, NumPy array or TensorFlow tensor of texts, to the same.

    Example:
    >>> layer = kerasparts.layers.CharacterNoise(rate=0.2, seed=5)
    >>> layer(["a quick brown fox"], training=True)
    ['a quuck nrown fox']

    Reference: Belinkov and Bisk 2018, https://arxiv.org/abs/1711.02173, section 3.
    """

    def __init__(self, rate=0.05, kinds=KINDS, keyboard=True, seed=None, **kwargs):
        check_number("rate", rate, "[0, 1]")
        are_kinds = isinstance(kinds, list | tuple) and len(kinds) > 0 and all(kind in KINDS for kind in kinds)
        check(are_kinds, "kinds", kinds, f"some of {', '.join(map(repr, KINDS))}")
        check(isinstance(keyboard, bool), "keyboard", keyboard, "True or False")
        super().__init__(seed, **kwargs)
        self.rate = rate
        self.kinds = tuple(kinds)
        self.keyboard = keyboard

    def augment(self, texts, random):
        ends = np.cumsum([len(text) for text in texts])
        hits = np.flatnonzero(random.random(ends[-1]) < self.rate)
        which = random.integers(len(self.kinds), size=len(hits)).tolist()
        draws = random.random(len(hits)).tolist()
        bounds = np.searchsorted(hits, ends).tolist()
        hits = hits.tolist()
        changed, first, begin = [], 0, 0
        for text, last, end in zip(texts, bounds, ends.tolist(), strict=True):
            if last > first:
                places = [hit - begin for hit in hits[first:last]]
                text = self._hit(text, places, which[first:last], draws[first:last])
            changed.append(text)
            first, begin = last, end
        return changed

    def _hit(self, text, places, which, draws):
        characters = list(text)
        # From the end on, so that places before stay what they were.
        for place, kind, draw in zip(reversed(places), reversed(which), reversed(draws), strict=True):
            character = text[place]
            if not character.isalnum():
                continue
            kind = self.kinds[kind]
            if kind == "insert":
                characters.insert(place, self._another(character, text, draw))
            elif kind == "substitute":
                characters[place] = self._another(character, text, draw)
            elif kind == "delete":
                del characters[place]
            elif place + 1 < len(characters) and characters[place + 1].isalnum():
                characters[place : place + 2] = characters[place + 1], characters[place]
        return "".join(characters)

    def _another(self, character, text, draw):
        choices = NEIGHBOURS.get(character.lower(), "") if self.keyboard else ""
        if choices:
            choice = choices[int(draw * len(choices))]
            return choice.upper() if character.isupper() else choice
        choices = [other for other in text if other.isalnum()]
        return choices[int(draw * len(choices))]

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "kinds": self.kinds, "keyboard": self.keyboard}
