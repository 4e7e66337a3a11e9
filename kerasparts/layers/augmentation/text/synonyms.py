"""Synonyms of words, as words stand in texts."""

import os
import re
import threading

from kerasparts.core.checks import check
from kerasparts.layers.augmentation.text.word_net import WordNet

# Each line: words of which any may stand for any other in most sentences.
_GROUPS = """
    begin, start, commence
    end, finish, conclude
    help, assist, aid
    buy, purchase
    show, display, present
    make, create, produce
    build, construct
    choose, select, pick
    need, require
    want, desire, wish
    think, believe
    say, state
    tell, inform
    ask, inquire
    answer, reply, respond
    look, glance
    speak, talk
    keep, retain
    allow, permit
    change, alter, modify
    mend, repair, fix
    grow, increase
    shrink, decrease
    hurry, rush
    fall, drop
    gather, collect
    hide, conceal
    join, connect
    fight, battle
    love, adore
    hate, detest
    win, triumph
    lose, misplace
    found, discovered
    happened, occurred
    big, large, huge
    small, little, tiny
    good, fine
    great, excellent, superb
    bad, poor
    awful, terrible, horrible, dreadful
    fast, quick, rapid
    slow, sluggish
    happy, glad, cheerful
    sad, unhappy, gloomy
    angry, furious, irate
    scared, afraid, frightened
    smart, clever, bright
    stupid, foolish, silly
    rich, wealthy
    hard, difficult, tough
    easy, simple
    important, significant, crucial
    strange, odd, peculiar, weird
    beautiful, lovely, pretty
    ugly, unsightly
    funny, amusing, comical
    boring, dull, tedious
    interesting, intriguing
    new, recent
    old, ancient
    real, genuine, authentic
    false, untrue
    right, correct
    wrong, incorrect
    strong, powerful
    weak, feeble
    calm, peaceful
    noisy, loud
    quiet, silent
    clean, tidy
    dirty, filthy
    cold, chilly
    hot, warm
    famous, renowned
    whole, entire, complete
    broad, wide
    brave, courageous, bold
    kind, gentle
    rude, impolite
    dangerous, risky, hazardous
    safe, secure
    cheap, inexpensive
    expensive, costly
    usual, ordinary, common
    rare, uncommon
    enough, sufficient
    quickly, rapidly, swiftly
    slowly, gradually
    often, frequently
    rarely, seldom
    also, too
    almost, nearly
    maybe, perhaps
    really, truly
    suddenly, abruptly
    finally, eventually
    mostly, mainly, chiefly
    film, movie, picture
    story, tale
    book, volume
    car, automobile
    house, home
    road, street
    shop, store
    job, task
    work, labor
    idea, thought, notion
    problem, trouble, issue
    error, mistake
    result, outcome
    cause, reason
    goal, aim, purpose
    part, piece
    place, spot, location
    child, kid
    friend, companion
    enemy, foe
    boss, chief
    doctor, physician
    sickness, illness
    gift, present
    trip, journey
    picture, image
    stone, rock
    forest, woods
    sea, ocean
    noise, sound
    fear, dread
    anger, rage
    joy, delight
    chance, opportunity
    amount, quantity
    kind, sort, type
    method, way
    rule, law
    test, trial
"""

# Words of WordNet that are hardly ever meant in its sense: "a" is there the angstrom, "it" computing.
_STOP_WORDS = """
    a about above after again against all am an and any are as at be because been before being below between both but
    by can could did do does doing down during each few for from further had has have having he her here hers herself
    him himself his how i if in into is it its itself just may me might more most must my myself no nor not now of off
    on once one only or other our ours ourselves out over own same shall she should so some such than that the their
    theirs them themselves then there these they this those through to too under until up upon us very was we were
    what when where which while who whom whose why will with would yet you your yours yourself yourselves
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

# A word with what surrounds it, such as quotation marks and a full stop.
_SURROUNDED = re.compile(r"(\W*)(.*?)(\W*)", re.DOTALL)
_MEMORY = 100_000  # words


def _own_table():
    table = {}
    for line in _GROUPS.strip().splitlines():
        group = [word.strip() for word in line.split(",")]
        for word in group:
            table.setdefault(word, []).extend(other for other in group if other != word)
    return table


OWN_SYNONYMS = _own_table()


class Unopened(str):
    """A folder as a configuration names it, which is not to be opened."""


class Thesaurus:
    """Finds synonyms of words as they stand in texts, and remembers them; may be asked by several threads.

    Args:
        synonyms: as checked by `check_synonyms`.
    """

    def __init__(self, synonyms):
        self._synonyms = synonyms
        self._memory = {}
        self._find = None
        self._lock = threading.Lock()

    def synonyms(self, word):
        """The synonyms, without what surrounds the word; empty for none."""
        return self._remembered(word)[0]

    def replacements(self, word):
        """What may stand in place of the word: synonyms in its case, with what surrounds it; empty for none."""
        return self._remembered(word)[1]

    def _remembered(self, word):
        found = self._memory.get(word)
        if found is None:
            if len(self._memory) >= _MEMORY:
                self._memory.clear()
            found = self._memory[word] = self._found(word)
        return found

    def _found(self, word):
        before, bare, after = _SURROUNDED.fullmatch(word).groups()
        synonyms = self._opened()(bare.lower()) if bare else ()
        return tuple(synonyms), tuple(f"{before}{_in_case(synonym, bare)}{after}" for synonym in synonyms)

    def _opened(self):
        """The function from a word to its synonyms; files are opened here, at the first call of the layer."""
        with self._lock:
            if self._find is None:
                self._find = _finder(self._synonyms)
            return self._find


def check_synonyms(synonyms):
    """Raises unless `synonyms` is None, a path, or a dict of lists of words by word."""
    is_table = isinstance(synonyms, dict) and all(
        isinstance(word, str)
        and isinstance(others, list | tuple)
        and all(isinstance(other, str) and other.strip() for other in others)
        for word, others in synonyms.items()
    )
    is_path = isinstance(synonyms, str | os.PathLike)
    rule = "a dict of lists of words by word, the folder with WordNet's files, or None"
    check(synonyms is None or is_path or is_table, "synonyms", synonyms, rule)


def plain_synonyms(synonyms):
    """The same for a configuration."""
    if isinstance(synonyms, dict):
        return {word: list(others) for word, others in synonyms.items()}
    return None if synonyms is None else str(os.fspath(synonyms))


def _finder(synonyms):
    rule = "given to a new layer: a folder that a configuration names is not opened, as the file may be anyone's"
    check(not isinstance(synonyms, Unopened), "synonyms", synonyms, rule)
    if isinstance(synonyms, str | os.PathLike):
        files = WordNet(synonyms)
        return lambda word: () if len(word) == 1 or word in STOP_WORDS else files.synonyms(word)
    table = OWN_SYNONYMS if synonyms is None else {word.lower(): others for word, others in synonyms.items()}
    return lambda word: table.get(word, ())


def _in_case(synonym, word):
    if len(word) > 1 and word.isupper():
        return synonym.upper()
    return synonym[0].upper() + synonym[1:] if word[0].isupper() else synonym
