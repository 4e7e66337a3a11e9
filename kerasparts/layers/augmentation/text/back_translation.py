"""BackTranslation."""

from kerasparts.core.part import part, revived
from kerasparts.layers.augmentation.text.rewriting import Rewriting, answers_of, check_function, saved_function


@part
class BackTranslation(Rewriting):
    """Says texts in other words while training, by translating them and translating that back; Keras does not.

        text = back(to(text))

    `to` and `back` are any functions from a list of `str` to a list of as many: a translating model, a service. They
    are asked for each text once, as long as it is remembered. A service that fails loses no batch: the texts stay as
    they are, a warning says so once, and `failures` counts them.

    Args:
        to: function. Translates into another language.
        back: function. Translates into the texts' own language.
        rate: float in [0, 1]. Probability that a text is replaced, rather than kept as it is.
        batch_size: int >= 1. Most texts in one call of a function.
        cache_size: int >= 0. Texts to remember; those not asked for the longest are forgotten.
        on_error: "keep" or "raise". What a function that fails, or gives something else than as many texts, leads to.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: a text, or a list, NumPy array or TensorFlow tensor of texts, to the same.

    Memory: `cache_size` pairs of texts.

    Raises:
        ValueError: saved with functions that are not registered with Keras.

    Example:
    >>> to = lambda texts: [text.replace("quick", "schnell") for text in texts]
    >>> back = lambda texts: [text.replace("schnell", "fast") for text in texts]
    >>> kerasparts.layers.BackTranslation(to, back, rate=1.0)(["a quick fox"], training=True)
    ['a fast fox']

    Reference: Sennrich et al. 2016, https://arxiv.org/abs/1511.06709; Yu et al. 2018,
    https://arxiv.org/abs/1804.09541, section 3.
    """

    def __init__(self, to, back, rate=0.5, batch_size=32, cache_size=10_000, on_error="keep", seed=None, **kwargs):
        check_function("to", to)
        check_function("back", back)
        super().__init__(rate, batch_size, cache_size, on_error, seed, **kwargs)
        self.to = to
        self.back = back

    def rewritten(self, texts):
        return answers_of("back", self.back, answers_of("to", self.to, texts))

    def get_config(self):
        return {**super().get_config(), "to": saved_function("to", self.to), "back": saved_function("back", self.back)}

    @classmethod
    def from_config(cls, config):
        return super().from_config({**config, "to": revived(config["to"]), "back": revived(config["back"])})
