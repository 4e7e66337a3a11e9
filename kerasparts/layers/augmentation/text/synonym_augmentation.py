"""What augmentations by synonyms share."""

from kerasparts.layers.augmentation.text.synonyms import Thesaurus, Unopened, check_synonyms, plain_synonyms
from kerasparts.layers.augmentation.text.word_augmentation import WordAugmentation


class SynonymAugmentation(WordAugmentation):
    """Base class of augmentations by synonyms.

    A folder that a configuration names is never opened, for a model's file may be anyone's: `synonyms` is to be given
    to a new layer then.

    Args:
        rate: float in [0, 1].
        synonyms: dict of lists of `str` by word, folder with WordNet's files, or None.
        seed: int or None.
        **kwargs: as in `keras.layers.Layer`.
    """

    def __init__(self, rate=0.1, synonyms=None, seed=None, **kwargs):
        check_synonyms(synonyms)
        super().__init__(rate, seed, **kwargs)
        self.synonyms = synonyms
        self._thesaurus = Thesaurus(synonyms)

    def get_config(self):
        return {**super().get_config(), "synonyms": plain_synonyms(self.synonyms)}

    @classmethod
    def from_config(cls, config):
        synonyms = config.get("synonyms")
        return super().from_config(
            {**config, "synonyms": Unopened(synonyms) if isinstance(synonyms, str) else synonyms}
        )
