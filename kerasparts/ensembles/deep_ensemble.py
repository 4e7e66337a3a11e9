"""deep_ensemble."""

from typing import Unpack

from kerasparts.ensembles._train import trained_ensemble
from kerasparts.ensembles.ensemble import Ensemble
from kerasparts.model_selection.experiment import FitSettings


def deep_ensemble(
    build_model,
    x,
    y,
    members: int = 5,
    *,
    sample_weight=None,
    **settings: Unpack[FitSettings],
) -> Ensemble:
    """Trains a model several times on the same rows from other seeds, and gives them as one model.

    The answers are better than those of a member, and the probabilities better calibrated: `Ensemble.diversity` says
    by how much, `Ensemble.spread` where the members disagree.

    Args:
        build_model: function without arguments that returns a new, compiled `keras.Model`.
        x, y: arrays, or nests of arrays, with a row a sample.
        members: int of at least 2.
        sample_weight: a number a row, or None.
        **settings: `FitSettings`: `epochs`, `batch_size`, `callbacks`, `seed`, `engine`, `directory` ...

    Returns:
        `Ensemble`, compiled to be evaluated with the loss and metrics of the members; compile it anew to train it.

    Raises:
        ValueError: a model that cannot be saved and compiled again.

    Example:
    >>> def build_model():
    ...     model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(3)])
    ...     model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    ...     return model
    >>> # ensemble = deep_ensemble(build_model, x, y, epochs=20)
    >>> # ensemble.save("ensemble.keras")

    Reference: Lakshminarayanan et al. 2017, https://arxiv.org/abs/1612.01474, without its adversarial training.
    """
    return trained_ensemble(build_model, x, y, members, sample_weight, settings, "deep ensemble")[0]
