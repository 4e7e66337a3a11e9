"""Paraphrase."""

from kerasparts.core.part import part, revived
from kerasparts.layers.augmentation.text.rewriting import Rewriting, answers_of, check_function, saved_function


@part
class Paraphrase(Rewriting):
    """Says texts in other words while training, by a function such as a language model; Keras does not.

        text = generate(text)

    `generate` is any function from a list of `str` to a list of as many: a model of keras-hub with its prompt, a
    service. It is asked for each text once, as long as it is remembered. A service that fails loses no batch: the
    texts stay as they are, a warning says so once, and `failures` counts them.

    Args:
        generate: function.
        rate: float in [0, 1]. Probability that a text is replaced, rather than kept as it is.
        batch_size: int >= 1. Most texts in one call of the function.
        cache_size: int >= 0. Texts to remember; those not asked for the longest are forgotten.
        on_error: "keep" or "raise". What a function that fails, or gives something else than as many texts, leads to.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: a text, or a list, NumPy array or TensorFlow tensor of texts, to the same.

    Memory: `cache_size` pairs of texts.

    Raises:
        ValueError: saved with a function that is not registered with Keras.

    Example:
    >>> generate = lambda texts: [f"They say that {text}" for text in texts]
    >>> kerasparts.layers.Paraphrase(generate, rate=1.0)(["foxes are quick"], training=True)
    ['They say that foxes are quick']

    Reference: Kumar et al. 2020, https://arxiv.org/abs/2003.02245.
    """

    def __init__(self, generate, rate=0.5, batch_size=32, cache_size=10_000, on_error="keep", seed=None, **kwargs):
        check_function("generate", generate)
        super().__init__(rate, batch_size, cache_size, on_error, seed, **kwargs)
        self.generate = generate

    def rewritten(self, texts):
        return answers_of("generate", self.generate, texts)

    def get_config(self):
        return {**super().get_config(), "generate": saved_function("generate", self.generate)}

    @classmethod
    def from_config(cls, config):
        return super().from_config({**config, "generate": revived(config["generate"])})
