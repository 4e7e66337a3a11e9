"""Rewriting: text augmentations by a function of the user's."""

import threading
import warnings
from collections import OrderedDict

import keras

from kerasparts.core.checks import check, check_choice, check_integer, check_number
from kerasparts.layers.augmentation.text.text_augmentation import TextAugmentation


class Rewriting(TextAugmentation):
    """Base class of text augmentations by functions from a list of texts to a list of as many, such as a service.

    A subclass writes `rewritten(texts)`, which gives a new list. What it gave for a text is remembered.

    Where it fails, the texts of that call stay as they are, which is warned of once. So do empty answers.

    Attributes:
        failures: number of texts that were kept because the function failed.

    Args:
        rate: float in [0, 1]. Probability that a text is rewritten.
        batch_size: int >= 1. Most texts in one call of the function.
        cache_size: int >= 0. Texts to remember; those not asked for the longest are forgotten.
        on_error: "keep" or "raise".
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.
    """

    def __init__(self, rate=0.5, batch_size=32, cache_size=10_000, on_error="keep", seed=None, **kwargs):
        check_number("rate", rate, "[0, 1]")
        check_integer("batch_size", batch_size, "[1, inf)")
        check_integer("cache_size", cache_size, "[0, inf)")
        check_choice("on_error", on_error, ("keep", "raise"))
        super().__init__(seed, **kwargs)
        self.rate = rate
        self.batch_size = batch_size
        self.cache_size = cache_size
        self.on_error = on_error
        self.failures = 0
        self._cache = Cache(cache_size)
        self._count_lock = threading.Lock()

    def rewritten(self, texts):
        raise NotImplementedError

    def augment(self, texts, random):
        drawn = (random.random(len(texts)) < self.rate).tolist()
        wanted = dict.fromkeys(text for text, is_drawn in zip(texts, drawn, strict=True) if is_drawn and text.strip())
        known = {text: self._cache.get(text) for text in wanted}
        missing = [text for text, answer in known.items() if answer is None]
        for begin in range(0, len(missing), self.batch_size):
            known.update(self._asked(missing[begin : begin + self.batch_size]))
        return [known.get(text, text) if is_drawn else text for text, is_drawn in zip(texts, drawn, strict=True)]

    def _asked(self, texts):
        try:
            answers = dict(zip(texts, self.rewritten(texts), strict=True))
        except Exception as error:
            if self.on_error == "raise":
                raise
            self._count(len(texts), error)
            return dict(zip(texts, texts, strict=True))
        for text, answer in answers.items():
            self._cache.put(text, answer)
        return answers

    def _count(self, texts, error):
        with self._count_lock:
            is_first = self.failures == 0
            self.failures += texts
        if is_first:
            warnings.warn(
                f"{self.name}: {texts} texts stay as they are, because the function failed with "
                f"{type(error).__name__}: {error}. From now on failures are only counted, in `failures`",
                stacklevel=2,
            )

    def get_config(self):
        return {
            **super().get_config(),
            "rate": self.rate,
            "batch_size": self.batch_size,
            "cache_size": self.cache_size,
            "on_error": self.on_error,
        }


class Cache:
    """A dict of the `size` items asked for last, for several threads."""

    def __init__(self, size):
        self._size = size
        self._items = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self):
        return len(self._items)

    def get(self, key):
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key, value):
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            if len(self._items) > self._size:
                self._items.popitem(last=False)


def answers_of(name, function, texts):
    """`function(texts)`, which must be as many texts."""
    answers = function(list(texts))
    is_list = isinstance(answers, list | tuple) and len(answers) == len(texts)
    check(
        is_list and all(isinstance(answer, str) for answer in answers),
        name,
        answers,
        f"a function that gives a list of {len(texts)} texts for a list of as many",
    )
    return list(answers)


def check_function(name, function):
    check(callable(function), name, function, "a function from a list of texts to a list of as many")


def saved_function(name, function):
    """The function for a configuration, where Keras can find it again by its name."""
    is_named = hasattr(function, "__name__")
    registered = keras.saving.get_registered_object(keras.saving.get_registered_name(function)) if is_named else None
    rule = (
        "registered with `@keras.saving.register_keras_serializable()` to be saved: a file does not hold the code "
        "of a function"
    )
    check(registered is function, name, function, rule)
    return keras.saving.serialize_keras_object(function)
