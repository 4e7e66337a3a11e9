"""WordNet."""

import mmap
from pathlib import Path

from kerasparts.core.checks import check

KINDS = ("noun", "verb", "adj", "adv")


class WordNet:
    """Synonyms from WordNet's own files, which stay on the disk: one word takes a few dozen short reads.

    Taken are the senses of a word that occur in WordNet's annotated texts, or its first one where none does; those
    that never occur are mostly far from what a text means.

    Args:
        folder: with the files `index.noun`, `data.noun`, and so on.

    Reference: the formats of the files are those of the manual pages `wndb(5WN)` and `wninput(5WN)`.
    """

    def __init__(self, folder):
        self._folder = Path(folder)
        names = [f"{file}.{kind}" for file in ("index", "data") for kind in KINDS]
        missing = [name for name in names if not (self._folder / name).is_file()]
        rule = f"a folder with WordNet's files; missing: {', '.join(missing)} (on Debian: apt-get install wordnet-base)"
        check(not missing, "synonyms", str(folder), rule)
        self._files = {name: self._mapped(name) for name in names}

    def synonyms(self, word):
        """A list of words and phrases, the most frequent sense first."""
        lemma = word.replace(" ", "_").encode()
        entries = [(kind, *self._senses(kind, lemma)) for kind in KINDS]
        is_tagged = any(tagged for _, tagged, _ in entries)
        found = {}
        for kind, tagged, offsets in entries:
            for offset in offsets[: tagged if is_tagged else 1]:
                found.update(dict.fromkeys(self._words(kind, offset)))
        return [synonym for synonym in found if synonym.lower() != word]

    def _senses(self, kind, lemma):
        """How many senses occur in the annotated texts, and where all of them stand, by frequency."""
        fields = _entry(self._files[f"index.{kind}"], lemma + b" ").split()
        if not fields:
            return 0, []
        count = int(fields[2])
        return int(fields[-count - 1]), [int(offset) for offset in fields[-count:]]

    def _words(self, kind, offset):
        file = self._files[f"data.{kind}"]
        fields = file[offset : file.find(b"\n", offset)].split()
        count = int(fields[3], 16)
        for word in fields[4 : 4 + 2 * count : 2]:
            yield word.partition(b"(")[0].decode().replace("_", " ")  # adjectives may say where they stand: "(p)"

    def _mapped(self, name):
        with (self._folder / name).open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _entry(file, key):
    """The line of a sorted file that starts with `key`, or nothing, by bisection."""
    low, high = 0, len(file)
    while low < high:
        middle = (low + high) // 2
        begin = file.rfind(b"\n", low, middle) + 1 or low
        end = file.find(b"\n", middle)
        line = file[begin:end]
        if line.startswith(key):
            return line
        low, high = (end + 1, high) if line < key else (low, begin)
    return b""
