"""Measures a compiled model on a fixed probe of its data."""

import functools
import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.core.data import Rows, row_count, take
from kerasparts.diagnostics.baseline import attainable_skill
from kerasparts.diagnostics.facts import OutputFacts, RunFacts, Score
from kerasparts.diagnostics.model_facts import (
    input_facts,
    learning_rate,
    loss_options,
    losses_of,
    output_facts,
    run_facts,
)
from kerasparts.diagnostics.observer import NAMES, Observer
from kerasparts.diagnostics.row_losses import loss_error, row_losses
from kerasparts.diagnostics.signals import OF_VARIABLES, Signals
from kerasparts.diagnostics.statistics import batch_mean
from kerasparts.diagnostics.targets import class_labels, predicted_labels, skill
from kerasparts.diagnostics.trivial import trivial_error


@dataclass
class Moment:
    """One row of each array of `Signals`."""

    step: int
    epoch: float
    values: dict[str, Any]


class Probe:
    """A model with the rows that it is measured on.

    Args:
        model: compiled and built `keras.Model`.
        train, validation: `(x, y, sample_weight)` of rows in random order; the second may be None.
        size: rows of either side that are measured at every moment; the score at the end takes all.
    """

    def __init__(self, model, train: Rows, validation: Rows | None, size: int):
        self.model = model
        self.train, self.validation = train, validation
        self.size = size
        self.moments: list[Moment] = []
        self.observer = Observer(model)
        self._variables = list(model.trainable_variables)
        self._kernels = [len(v.shape) > 1 and "embedding" not in v.path for v in self._variables]
        self._small_train = take(train, slice(size))
        self._small_validation = None if validation is None else take(validation, slice(size))
        # Moving statistics of few steps would hide what the layers do in training.
        self.has_batch_statistics = self._has(keras.layers.BatchNormalization)
        self._run = backend.model_probe(model, self.observer.watching, training=self.has_batch_statistics)
        self._data_loss = backend.model_data_loss(model)
        self._weigh = backend.compiled(self._weigh_all, self._variables)
        self._norms_of = backend.compiled(_norms, [])
        self._previous = self._update = None
        self._outputs: tuple[OutputFacts, ...] | None = None

    def measure(self, step: int, epoch: float) -> dict[str, Any]:
        """Adds a moment: everything on the probe, with the weights as they are."""
        x, y, weight = self._small_train
        loss, penalty, y_pred, observed, gradients = self._run(x, y, weight)
        if self.has_batch_statistics:
            loss, y_pred = self._data_loss(x, y, weight)
        y_pred = _arrays(y_pred)
        if self._outputs is None:
            self._read_outputs(y_pred)
        values = dict(zip(NAMES, np.asarray(ops.convert_to_numpy(observed), "float64"), strict=True))
        values["gradient_norm"] = _numpy(self._norms_of(gradients))
        values |= self._weights()
        values["update_norm"] = np.full(len(self._variables), np.nan) if self._update is None else self._update
        values["penalty"] = float(_numpy(penalty))
        values["train_loss"] = float(_numpy(loss))
        values["train_loss_error"] = self._loss_error(values["train_loss"], self._small_train, y_pred)
        values["train_skill"] = self._skill(y, y_pred)[0]
        values["learning_rate"] = learning_rate(self.model)
        finite = np.concatenate([np.ravel(a)[np.isfinite(np.ravel(a))] for a in keras.tree.flatten(y_pred)])
        values["output_low"] = float(finite.min()) if finite.size else math.nan
        values["output_high"] = float(finite.max()) if finite.size else math.nan
        with np.errstate(invalid="ignore"):  # infinities have no deviation
            values["output_std"] = max(
                float(np.std(a, axis=0).max()) if a.size else 0.0 for a in keras.tree.flatten(y_pred)
            )
        if self._small_validation is not None:
            x, y, weight = self._small_validation
            loss, y_pred = self._data_loss(x, y, weight)
            y_pred = _arrays(y_pred)
            values["validation_loss"] = float(_numpy(loss))
            error = self._loss_error(values["validation_loss"], self._small_validation, y_pred)
            values["validation_loss_error"] = error
            values["validation_skill"] = self._skill(y, y_pred)[0]
        self.moments.append(Moment(step, epoch, values))
        return values

    def measure_update(self) -> None:
        """Notes how far the one step since the last moment has gone; the next moment holds it."""
        if self._previous is not None:
            self._update = _numpy(self._weigh(self._previous)[0])[1]

    def get_state(self) -> dict[str, Any]:
        """All that was measured, as plain values and arrays."""
        return {
            "moments": [(moment.step, moment.epoch, dict(moment.values)) for moment in self.moments],
            "previous": self._previous and [np.array(ops.convert_to_numpy(value)) for value in self._previous],
            "update": self._update,
        }

    def set_state(self, state) -> None:
        """Goes on from `get_state()` of a probe of a model like this one and the same rows."""
        self.moments = [Moment(*moment) for moment in state["moments"]]
        self._previous, self._update = state["previous"], state["update"]
        if self._previous is not None:
            self._previous = [ops.convert_to_tensor(value) for value in self._previous]
        self.read_structure()

    def score(self) -> Score:
        """How good the model is now, on all rows."""
        found: dict[str, Any] = {}
        for side, rows in (("train", self.train), ("validation", self.validation)):
            if rows is None:
                continue
            losses, sizes, outputs = [], [], []
            for piece in self._pieces(rows):
                x, y, weight = take(rows, piece)
                loss, y_pred = self._data_loss(x, y, weight)
                losses.append(float(_numpy(loss)))
                outputs.append(_arrays(y_pred))
                sizes.append(row_count(x))
            y_pred = keras.tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)
            found[f"{side}_skill"], found[f"{side}_skill_error"] = self._skill(rows[1], y_pred)
            found[f"{side}_loss"], found[f"{side}_loss_error"] = batch_mean(losses, sizes)
            if side == "validation" or self.validation is None:
                found["recall"], found["predicted"] = self._recall(rows[1], y_pred)
        found["trivial_loss"] = self.trivial_loss
        found["attainable"], found["attainable_error"] = self.attainable
        return Score(**found)

    @functools.cached_property
    def attainable(self) -> tuple[float, float]:
        """What simple predictors reach on these data, see `attainable_skill`; NaN for several inputs or outputs."""
        is_single = bool(self._outputs) and len(self._outputs) == 1 and not keras.tree.is_nested(self.train[0])
        if not is_single or self.train[1] is None:
            return math.nan, math.inf
        return attainable_skill(self.train[0], keras.tree.flatten(self.train[1])[0], self._outputs[0].form)

    def skill_of(self, rows) -> float:
        """Skill on some rows; NaN where it cannot be told."""
        x, y, weight = rows
        return self._skill(y, _arrays(self._data_loss(x, y, weight)[1]))[0]

    def scalars(self) -> dict[str, float]:
        """The last moment as single numbers by name, for a log."""
        values = self.moments[-1].values
        found = {
            name: float(values[name])
            for name in ("train_loss", "validation_loss", "train_skill", "validation_skill", "penalty")
            if name in values
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = values["update_norm"] / values["weight_norm"]
        for index, variable in enumerate(self._variables):
            if self._kernels[index]:
                found[f"gradient_norm/{variable.path}"] = float(values["gradient_norm"][index])
                found[f"weight_norm/{variable.path}"] = float(values["weight_norm"][index])
                found[f"update_ratio/{variable.path}"] = float(ratios[index])
        for index, layer in enumerate(self.observer.layers):
            for name in ("dead", "saturated"):
                if np.isfinite(values[name][index]):
                    found[f"{name}/{layer.name}"] = float(values[name][index])
        return found

    def signals(self, run: RunFacts, score: Score, curves, notes=()) -> Signals:
        """Everything measured so far."""
        columns: dict[str, np.ndarray] = {}
        shapes = {name: (len(self._variables),) for name in OF_VARIABLES}
        shapes |= {name: (len(self.observer.layers),) for name in NAMES}
        scalars = [
            "train_loss",
            "train_loss_error",
            "validation_loss",
            "validation_loss_error",
            "penalty",
            "train_skill",
            "validation_skill",
            "learning_rate",
            "output_low",
            "output_high",
            "output_std",
        ]
        for name in [*scalars, *shapes]:
            shape = shapes.get(name, ())
            rows = [np.asarray(m.values.get(name, np.full(shape, np.nan)), "float64") for m in self.moments]
            columns[name] = np.stack(rows) if rows else np.zeros((0, *shape))
        return Signals(
            run=run,
            inputs=self._inputs,
            outputs=self._outputs or (),
            layers=self.observer.layers,
            variables=tuple(v.path for v in self._variables),
            kernels=tuple(self._kernels),
            score=score,
            step=np.array([m.step for m in self.moments], "float64"),
            epoch=np.array([m.epoch for m in self.moments], "float64"),
            curves={name: np.asarray(values, "float64") for name, values in curves.items()},
            notes=tuple(notes),
            **columns,
        )

    @functools.cached_property
    def _inputs(self):
        return input_facts(self.model, self.train[0], self._has(keras.layers.Embedding))

    def _has(self, kind):
        return any(isinstance(layer, kind) for layer in self.observer.leaves)

    def run_facts(self, **known) -> RunFacts:
        """What the model tells of its training, with what is known besides."""
        return run_facts(self.model, has_batch_statistics=self.has_batch_statistics, **known)

    @functools.cached_property
    def trivial_loss(self) -> float:
        """Loss of the best answer that ignores the input; NaN where it cannot be told."""
        if not self._outputs or len(self._outputs) != 1:
            return math.nan
        x, y, weight = self._small_train
        y_pred = keras.tree.flatten(self._data_loss(x, y, weight)[1])[0]
        ignored = getattr(losses_of(self.model, 1)[0], "ignore_class", None)
        return trivial_error(
            lambda y_pred: float(_numpy(self._data_loss(x, y, weight, y_pred)[0])),
            keras.tree.flatten(y)[0],
            tuple(y_pred.shape)[1:],
            self._outputs[0].from_logits,
            [] if ignored is None else [ignored],
        )

    def read_structure(self) -> None:
        """Sees what the outputs are without computing the loss, which may be what fails."""
        with self.observer.watching() as seen:
            y_pred = self.model(take(self._small_train[0], slice(2)), training=False)
            seen(y_pred)
        self._read_outputs(_arrays(y_pred))

    def _read_outputs(self, y_pred):
        observer = self.observer
        self._outputs = output_facts(self.model, self.train[1], y_pred, observer.layers, observer.ways_out)

    def _weights(self):
        previous = self._previous
        if previous is None:
            previous = [np.zeros(v.shape, "float32") for v in self._variables]
        (norms, self._previous), first = self._weigh(previous), self._previous is None
        norms = _numpy(norms)
        return {
            "weight_norm": norms[0],
            "displacement": np.full(len(norms[0]), np.nan) if first else norms[1],
            "equal_units": np.where(self._kernels, norms[2], np.nan),
        }

    def _weigh_all(self, previous):
        values = [ops.copy(ops.cast(v.value, "float32")) for v in self._variables]
        if not values:
            return ops.zeros((3, 0), "float32"), values
        moved = [a - b for a, b in zip(values, previous, strict=True)]
        return ops.stack([_norms(values), _norms(moved), ops.stack([_equal_units(v) for v in values])]), values

    def _pieces(self, rows):
        """Pieces of the size that is compiled already, and the rest."""
        return [slice(start, start + self.size) for start in range(0, row_count(rows), self.size)]

    def _loss_error(self, loss, rows, y_pred):
        """Standard error of the loss that was measured on these rows."""
        pairs = self._pairs(rows[1], y_pred)
        if not pairs:
            return math.nan
        losses = losses_of(self.model, len(pairs))
        weights = [weight for weight in keras.tree.flatten(rows[2]) if weight is not None] or [np.ones(1)]
        weights = weights if len(weights) == len(pairs) else weights[:1] * len(pairs)
        total = np.zeros(row_count(rows))
        for (y, guess, facts), one, weight in zip(pairs, losses, weights, strict=True):
            found = row_losses(y, guess, facts.loss, facts.form, loss_options(one, facts.loss))
            if found is None or len(found) != len(total):
                return math.nan
            total += found * np.reshape(weight, (len(weight), -1)).mean(axis=1)
        return loss_error(loss, total)

    def _pairs(self, y, y_pred):
        targets, guesses = keras.tree.flatten(y), keras.tree.flatten(y_pred)
        targets = [target for target in targets if target is not None]
        if self._outputs is None or not len(targets) == len(guesses) == len(self._outputs):
            return None
        return list(zip(targets, guesses, self._outputs, strict=True))

    def _skill(self, y, y_pred):
        """Mean over the outputs."""
        pairs = self._pairs(y, y_pred) or []
        found = [skill(target, guess, facts.form, facts.from_logits) for target, guess, facts in pairs]
        found = [pair for pair in found if np.isfinite(pair[0])]
        if not found:
            return math.nan, math.inf
        return float(np.mean([a for a, _ in found])), float(np.sqrt(np.sum([b**2 for _, b in found])) / len(found))

    def _recall(self, y, y_pred):
        pairs = self._pairs(y, y_pred)
        if not pairs or len(pairs) != 1 or pairs[0][2].form not in ("binary", "signs", "one_hot", "index"):
            return (), ()
        target, guess, facts = pairs[0]
        if not np.isfinite(guess).all():
            return (), ()
        labels, guess = class_labels(target, facts.form), predicted_labels(guess, facts.form, facts.from_logits)
        if len(labels) != len(guess):
            return (), ()
        classes = max(facts.classes, int(labels.max(initial=0)) + 1)
        recall = tuple(
            float(np.mean(guess[labels == c] == c)) if (labels == c).any() else math.nan for c in range(classes)
        )
        return recall, tuple(float(np.mean(guess == c)) for c in range(classes))


def _norms(tensors):
    if not tensors:
        return ops.zeros((0,), "float32")
    return ops.stack([ops.sqrt(ops.sum(ops.square(ops.cast(t, "float32")))) for t in tensors])


def _equal_units(kernel):
    if len(kernel.shape) < 2 or kernel.shape[-1] < 2:
        return ops.full((), float("nan"), "float32")
    return 1 - ops.mean(ops.var(kernel, axis=-1)) / (ops.mean(ops.square(kernel)) + 1e-30)


def _arrays(tree):
    return keras.tree.map_structure(_numpy, tree)


def _numpy(value):
    return np.asarray(ops.convert_to_numpy(value), "float64")
