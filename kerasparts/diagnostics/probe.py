"""Measures a compiled model on a fixed probe of its data."""

import functools
import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.activations import describe
from kerasparts.core.data import Rows, row_count, take
from kerasparts.diagnostics.baseline import attainable_skill
from kerasparts.diagnostics.observer import NAMES, Observer
from kerasparts.diagnostics.row_losses import LOSSES, loss_error, row_losses
from kerasparts.diagnostics.signals import OF_VARIABLES, InputFacts, LayerFacts, OutputFacts, RunFacts, Score, Signals
from kerasparts.diagnostics.statistics import batch_mean
from kerasparts.diagnostics.targets import class_labels, predicted_labels, skill, target_form
from kerasparts.diagnostics.trivial import trivial_error

PIECES = 8


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
        self._variables = [v for v in model.trainable_variables]
        self._kernels = [len(v.shape) > 1 and "embedding" not in v.path for v in self._variables]
        self._small_train = take(train, slice(size))
        self._small_validation = None if validation is None else take(validation, slice(size))
        # Moving statistics of few steps would hide what the layers do in training.
        self.has_batch_statistics = any(
            isinstance(layer, keras.layers.BatchNormalization) for layer in self.observer.leaves
        )
        self._run = backend.model_probe(model, self.observer.watching, training=self.has_batch_statistics)
        self._data_loss = backend.model_data_loss(model)
        self._weigh = backend.compiled(self._weigh_all, self._variables)
        self._norms_of = backend.compiled(lambda gradients: _norms(gradients), [])
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
            self._outputs = self._output_facts(y_pred)
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
        values["output_std"] = max(float(np.std(a, axis=0).max()) if a.size else 0.0 for a in keras.tree.flatten(y_pred))
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

    def score(self) -> Score:
        """How good the model is now, on all rows."""
        found: dict[str, Any] = {}
        for side, rows in (("train", self.train), ("validation", self.validation)):
            if rows is None:
                continue
            losses, sizes, outputs, used = [], [], [], 0
            for piece in self._pieces(rows):
                x, y, weight = take(rows, piece)
                loss, y_pred = self._data_loss(x, y, weight)
                losses.append(float(_numpy(loss)))
                outputs.append(_arrays(y_pred))
                sizes.append(row_count(x))
                used += sizes[-1]
            y_pred = keras.tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)
            y = take(rows[1], slice(used))
            found[f"{side}_skill"], found[f"{side}_skill_error"] = self._skill(y, y_pred)
            found[f"{side}_loss"], found[f"{side}_loss_error"] = batch_mean(losses, sizes)
            if side == "validation" or self.validation is None:
                found["recall"], found["predicted"] = self._recall(y, y_pred)
        found["trivial_loss"] = self.trivial_loss
        found["attainable"], found["attainable_error"] = self.attainable
        return Score(**found)

    @functools.cached_property
    def attainable(self) -> tuple[float, float]:
        """What simple predictors reach on these data, see `attainable_skill`; NaN for several inputs or outputs."""
        if not self._outputs or len(self._outputs) != 1 or keras.tree.is_nested(self.train[0]):
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
        scalars = (
            "train_loss train_loss_error validation_loss validation_loss_error penalty train_skill validation_skill "
            "learning_rate output_low output_high output_std"
        ).split()
        for name in [*scalars, *shapes]:
            shape = shapes.get(name, ())
            rows = [np.asarray(m.values.get(name, np.full(shape, np.nan)), "float64") for m in self.moments]
            columns[name] = np.stack(rows) if rows else np.zeros((0, *shape))
        return Signals(
            run=run,
            inputs=self._input_facts(),
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
        ignored = getattr(_losses(self.model, 1)[0], "ignore_class", None)
        return trivial_error(
            lambda y_pred: float(_numpy(self._data_loss(x, y, weight, y_pred)[0])),
            keras.tree.flatten(y)[0],
            tuple(y_pred.shape)[1:],
            self._outputs[0].from_logits,
            [] if ignored is None else [ignored],
        )

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
        """Pieces of one size, so that nothing is compiled anew; a rest that is smaller is left out."""
        count = row_count(rows)
        size = min(self.size, count)
        return [slice(start, start + size) for start in range(0, count - size + 1, size)]

    def _loss_error(self, loss, rows, y_pred):
        """Standard error of the loss that was measured on these rows."""
        pairs = self._pairs(rows[1], y_pred)
        if not pairs:
            return math.nan
        losses = _losses(self.model, len(pairs))
        weights = [weight for weight in keras.tree.flatten(rows[2]) if weight is not None] or [np.ones(1)]
        weights = weights if len(weights) == len(pairs) else weights[:1] * len(pairs)
        total = np.zeros(row_count(rows))
        for (y, guess, facts), one, weight in zip(pairs, losses, weights, strict=True):
            found = row_losses(y, guess, facts.loss, facts.form, _options(one, facts.loss))
            if found is None or len(found) != len(total):
                return math.nan
            total += found * np.reshape(weight, (len(weight), -1)).mean(axis=1)
        return loss_error(loss, total)

    def _pairs(self, y, y_pred):
        targets, guesses = keras.tree.flatten(y), keras.tree.flatten(y_pred)
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
        recall = tuple(float(np.mean(guess[labels == c] == c)) if (labels == c).any() else math.nan for c in range(classes))
        return recall, tuple(float(np.mean(guess == c)) for c in range(classes))

    def _input_facts(self):
        arrays = keras.tree.flatten(self.train[0])
        names = list(getattr(self.model, "input_names", None) or [])
        embedded = any(isinstance(layer, keras.layers.Embedding) for layer in self.observer.leaves)
        facts = []
        for index, array in enumerate(arrays):
            name = names[index] if len(names) == len(arrays) else f"input_{index}"
            if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
                facts.append(InputFacts(name, is_embedded=True))
                continue
            whole = np.issubdtype(array.dtype, np.integer) or bool((array == np.round(array)).all())
            rows = np.asarray(array, "float64").reshape(len(array), -1)
            finite = np.isfinite(rows)
            rows = np.where(finite, rows, 0.0)
            deviation = rows.std(axis=0)
            varied = deviation > 0
            offset = np.abs(rows.mean(axis=0))[varied] / deviation[varied]
            facts.append(
                InputFacts(
                    name=name,
                    rms=float(np.sqrt(np.square(rows).mean())),
                    largest=float(np.abs(rows).max(initial=0)),
                    offset=float(np.median(offset)) if varied.any() else 0.0,
                    spread=float(deviation[varied].max() / deviation[varied].min()) if varied.any() else 1.0,
                    is_embedded=embedded and bool(whole),
                    finite=float(finite.mean()),
                )
            )
        return tuple(facts)

    def _output_facts(self, y_pred):
        guesses, targets = keras.tree.flatten(y_pred), keras.tree.flatten(self.train[1])
        losses = _losses(self.model, len(guesses))
        names = list(getattr(self.model, "output_names", None) or [])
        finals = [layer for layer in self.observer.layers if layer.is_output]
        facts = []
        for index, guess in enumerate(guesses):
            name = names[index] if len(names) == len(guesses) else f"output_{index}"
            target = np.asarray(targets[index]) if len(targets) == len(guesses) else np.zeros(0)
            last = _final_layer(finals, index, len(guesses))
            facts.append(_output(name, guess, target, losses[index], last))
        return tuple(facts)


def run_facts(model, **known) -> RunFacts:
    """What a model tells of its training, with what is known besides."""
    optimizer = model.optimizer
    clips = any(getattr(optimizer, name, None) for name in ("clipnorm", "clipvalue", "global_clipnorm"))
    return RunFacts(
        optimizer=type(optimizer).__name__,
        learning_rate=known.pop("learning_rate", learning_rate(model)),
        momentum=float(getattr(optimizer, "momentum", 0.0) or 0.0),
        clips=clips,
        weight_decay=float(getattr(optimizer, "weight_decay", 0.0) or 0.0),
        parameters=int(sum(math.prod(v.shape) for v in model.trainable_variables)),
        backend=keras.backend.backend(),
        **known,
    )


def learning_rate(model) -> float:
    """Of the optimizer at its present step."""
    try:
        return float(_numpy(model.optimizer.learning_rate))
    except (AttributeError, TypeError, ValueError):
        return math.nan


def loss_name(loss) -> str | None:
    """Name of a loss, string or function in snake case; None without one."""
    if loss is None:
        return None
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        name = type(loss).__name__
    else:
        name = getattr(loss, "__name__", type(loss).__name__)
    if name.islower():
        return name
    name = name.replace("KLDivergence", "KlDivergence")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _losses(model, count):
    loss = model.loss
    if isinstance(loss, dict):
        names = list(getattr(model, "output_names", None) or loss)
        found = [loss.get(name) for name in names]
    elif isinstance(loss, list | tuple):
        found = list(loss)
    else:
        found = [loss] * count
    return found if len(found) == count else [None] * count


def _final_layer(finals: list[LayerFacts], index, count) -> LayerFacts | None:
    """Of the layers by which outputs leave the model, the last with an activation, where it can be told."""
    known = [layer for layer in finals if layer.activation is not None]
    if count == 1:
        return known[-1] if known else None
    return known[index] if len(known) == count else None


def _output(name, guess, target, loss, last):
    activation = None if last is None else last.activation
    units = int(guess.shape[-1]) if guess.ndim > 1 else 1
    loss_text = loss_name(loss)
    from_logits = bool(getattr(loss, "from_logits", False))
    form = target_form(target, units, loss_text) if target.size else "other"
    low, high = -math.inf, math.inf
    if activation is not None:
        if activation == "softmax":
            low, high = 0.0, 1.0
        else:
            try:
                low, high = describe(activation).range
            except Exception:  # an activation that is no function of one number
                low, high = -math.inf, math.inf
    classes, counts = 0, ()
    values = np.asarray(target, "float64") if form != "other" else np.zeros(0)
    finite = np.isfinite(values)
    if form in ("one_hot", "multi_label"):
        counts = tuple(int(c) for c in values.reshape(-1, values.shape[-1]).sum(axis=0))
        classes = len(counts)
    elif form in ("binary", "signs", "index"):
        labels = class_labels(values[finite], form)
        counts = tuple(int(c) for c in np.bincount(labels[labels >= 0]))
        classes = sum(c > 0 for c in counts)
    columns = np.where(finite, values, 0.0).reshape(len(values), -1) if values.size else np.zeros((1, 1))
    deviation = columns.std(axis=0)
    widest = int(deviation.argmax())
    slack = 1e-6 * max(1.0, float(np.abs(columns).max()))
    return OutputFacts(
        name=name,
        units=units,
        activation=activation,
        low=float(low),
        high=float(high),
        loss=loss_text,
        from_logits=from_logits,
        form=form,
        classes=int(classes),
        counts=counts,
        target_low=float(columns.min()),
        target_high=float(columns.max()),
        target_mean=float(columns.mean(axis=0)[widest]),
        target_std=float(deviation[widest]),
        outside=float(np.mean((columns < low - slack) | (columns > high + slack))),
        finite=float(finite.mean()) if finite.size else 1.0,
        is_whole=bool((columns == np.round(columns)).all()) and values.size > 0,
        not_one=float(np.mean(np.abs(columns.sum(axis=1) - 1) > 1e-3)) if columns.shape[1] > 1 else 0.0,
        layer=None if last is None else last.name,
    )


def _options(loss, name):
    """Arguments of a loss by which its rows differ; a plain function has its defaults."""
    if name not in LOSSES or not isinstance(loss, keras.losses.Loss):
        return {}
    return {**getattr(loss, "_fn_kwargs", {}), **loss.get_config()}  # the config of Huber leaves `delta` out


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
