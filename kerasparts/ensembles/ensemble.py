"""Ensemble."""

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check, check_choice
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.diagnostics import EnsembleDiversity, EnsembleSpread, ensemble_diversity, ensemble_spread
from kerasparts.diagnostics.model_facts import loss_name, losses_of
from kerasparts.diagnostics.targets import is_classification_loss

ACTIVATIONS = {None: lambda x: x, "softmax": ops.softmax, "sigmoid": ops.sigmoid}


@part
class Ensemble(keras.Model):
    """Many models as one, saved in one file, whose answer is the mean of theirs.

    Not in Keras, where `keras.layers.Average` in a model of one's own would take the mean of logits. Here it is that of
    the probabilities, and how far the members disagree can be asked.

        y = mean over members of activation(member(x))

    Its loss in `evaluate` is the data loss, without the penalties of the members' regularizers.

    Args:
        members: list of built `keras.Model`s with the same inputs and outputs.
        activation: "softmax" or "sigmoid" for members whose outputs are logits; None for the outputs as they are.
        **kwargs: as in `keras.Model`.

    Attributes:
        out_of_bag: `OutOfBag` of an ensemble made by `bagging`, else None. It is not saved.

    Shapes: those of the members.

    Memory: all members.

    Raises:
        ValueError: no member; one that is not built, or has another shape of output.

    Example:
    >>> members = [keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]) for _ in range(5)]
    >>> ensemble = kerasparts.ensembles.Ensemble(members, activation="softmax")
    >>> ensemble.predict(np.zeros((4, 2)), verbose=0).sum(axis=1).round(4).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(self, members, activation=None, **kwargs):
        is_list = isinstance(members, list | tuple) and len(members) > 0
        check(is_list, "members", members, "a list of at least one model")
        for member in members:
            is_ready = isinstance(member, keras.Model) and member.built
            check(is_ready, "members", member, "built instances of keras.Model")
        shapes = [keras.tree.map_structure(lambda t: str(t.shape), getattr(m, "outputs", None)) for m in members]
        check(all(shape == shapes[0] for shape in shapes), "members", shapes, "of the same shape of output")
        check_choice("activation", activation, tuple(ACTIVATIONS))
        super().__init__(**{"autocast": False, **kwargs})
        self.members = list(members)
        self.activation = activation
        self.out_of_bag = None
        self.built = True

    @property
    def losses(self):
        return []

    def call(self, inputs, training=None):
        return keras.tree.map_structure(lambda *answers: sum(answers) / len(answers), *self._answers(inputs, training))

    def predict_members(self, x, batch_size: int = 32) -> np.ndarray:
        """What each member answers, `(members, rows, ...)`; their mean is the answer of the ensemble.

        Args:
            x: as in `predict`.
            batch_size: int of at least 1.
        """
        return np.moveaxis(_Answers(self).predict(x, batch_size=batch_size, verbose=0), 1, 0)

    def spread(self, x, batch_size: int = 32) -> EnsembleSpread:
        """How far the members disagree on each row; for classes, the entropy of the answer in its two parts.

        What the answers are is told by the activation and the compiled loss.

        Args:
            x: as in `predict`.
            batch_size: int of at least 1.
        """
        return ensemble_spread(self.predict_members(x, batch_size), *self._meaning())

    def diversity(self, x, y, batch_size: int = 32) -> EnsembleDiversity:
        """What the disagreement of the members is worth: their mean error against that of the ensemble.

        By the cross-entropy for classes, else by the squared error.

        Args:
            x: as in `predict`.
            y: targets.
            batch_size: int of at least 1.
        """
        classes, multi_label = self._meaning()
        loss = "cross_entropy" if classes else "squared"
        return ensemble_diversity(self.predict_members(x, batch_size), np.asarray(y), loss, multi_label or None)

    def compute_output_shape(self, input_shape):
        return self.members[0].compute_output_shape(input_shape)

    def get_config(self):
        members = [keras.saving.serialize_keras_object(member) for member in self.members]
        for member in members:
            member.pop("compile_config", None)  # the ensemble has its own
        return {**super().get_config(), "members": members, "activation": self.activation}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        members = [keras.saving.deserialize_keras_object(m, custom_objects) for m in config["members"]]
        return cls(**{**config, "members": members})

    def activate(self, output):
        """The answer that an output of a member stands for."""
        output = ops.convert_to_tensor(output)
        return ACTIVATIONS[self.activation](ops.cast(output, float32_at_least(output.dtype)))

    def _answers(self, inputs, training):
        outputs = [member(inputs, training=training) for member in self.members]
        return [keras.tree.map_structure(self.activate, output) for output in outputs]

    def _meaning(self):
        """Whether the answers are probabilities of classes, and whether each output is that of a yes."""
        loss = (loss_name(losses_of(self, 1)[0]) if self.compiled else None) or ""
        multi_label = self.activation == "sigmoid" or loss.startswith("binary")
        return multi_label or self.activation == "softmax" or is_classification_loss(loss), multi_label


class _Answers(keras.Model):
    """The answers of the members of an ensemble, along the second axis."""

    def __init__(self, ensemble):
        super().__init__(autocast=False, name="answers")
        self.ensemble = ensemble
        self.built = True

    def call(self, inputs):
        answers = self.ensemble._answers(inputs, training=False)
        check(ops.is_tensor(answers[0]) or hasattr(answers[0], "shape"), "members", answers[0], "of one output")
        return ops.stack(answers, axis=1)
