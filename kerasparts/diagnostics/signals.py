"""Signals: what was measured of a training."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kerasparts.core.checks import check, check_choice
from kerasparts.diagnostics.bias_variance import ErrorCurves
from kerasparts.diagnostics.facts import InputFacts, LayerFacts, OutputFacts, RunFacts, Score

FORMAT = 1
OF_VARIABLES = ("gradient_norm", "weight_norm", "update_norm", "displacement", "equal_units")


@dataclass(frozen=True)
class Signals:
    """What was measured of a training, in plain arrays.

    Made by `callbacks.TrainingDiagnostics`, `callbacks.BiasVarianceDiagnostics`, which measures errors alone, and
    `preflight`. `M` moments: before the first step, after some steps of the first epoch, after each epoch. `V`
    trainable variables, `L` layers, `E` epochs. NaN stands for what was not measured, arrays left out included.

    Attributes:
        run, inputs, outputs, layers: what is trained, and how.
        variables: paths of the trainable variables.
        kernels: whether each is a matrix of weights.
        score: how good the model is at the end.
        step, epoch: of each moment, `(M,)`; steps of the optimizer, and epochs as a real number.
        train_loss, validation_loss, penalty: data loss on the probe, and what regularizers add, `(M,)`.
        train_loss_error, validation_loss_error: standard errors of the two, `(M,)`.
        train_skill, validation_skill: see `Score`, `(M,)`.
        learning_rate: `(M,)`.
        gradient_norm, weight_norm: of each variable, `(M, V)`; gradients are of the data loss.
        update_norm: of one step of the optimizer, `(M, V)`.
        displacement: from the moment before, `(M, V)`.
        equal_units: 1 where all units have the same weights: 1 - variance over the units / mean square, `(M, V)`.
        finite: share of finite numbers in a layer's output, `(M, L)`.
        scale: root mean square of a layer's output, `(M, L)`.
        input_scale: the same of its input, `(M, L)`.
        variation: share of the mean square of a layer's output that differs between rows, `(M, L)`.
        dead: share of units whose activation has no slope on any row, `(M, L)`.
        saturated: share of numbers where the slope of an activation that is bounded on both sides is small, `(M, L)`.
        output_low, output_high, output_std: of the model's outputs, the last over the rows, `(M,)`.
        curves: Keras' own logs by name, each `(E,)`.
        notes: what could not be measured, and why.
        error: "loss", or "error_rate" where the losses, the trivial one included, are shares of wrong classes instead.

    Example:
    >>> signals = Signals(run=RunFacts(rows=100))
    >>> signals.moments, signals.run.rows
    (0, 100)
    """

    run: RunFacts = field(default_factory=RunFacts)
    inputs: tuple[InputFacts, ...] = ()
    outputs: tuple[OutputFacts, ...] = ()
    layers: tuple[LayerFacts, ...] = ()
    variables: tuple[str, ...] = ()
    kernels: tuple[bool, ...] = ()
    score: Score = field(default_factory=Score)
    step: np.ndarray = field(default_factory=lambda: np.zeros(0))
    epoch: np.ndarray = field(default_factory=lambda: np.zeros(0))
    train_loss: np.ndarray = field(default_factory=lambda: np.zeros(0))
    train_loss_error: np.ndarray = field(default_factory=lambda: np.zeros(0))
    validation_loss: np.ndarray = field(default_factory=lambda: np.zeros(0))
    validation_loss_error: np.ndarray = field(default_factory=lambda: np.zeros(0))
    penalty: np.ndarray = field(default_factory=lambda: np.zeros(0))
    train_skill: np.ndarray = field(default_factory=lambda: np.zeros(0))
    validation_skill: np.ndarray = field(default_factory=lambda: np.zeros(0))
    learning_rate: np.ndarray = field(default_factory=lambda: np.zeros(0))
    gradient_norm: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    weight_norm: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    update_norm: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    displacement: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    equal_units: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    finite: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    scale: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    input_scale: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    variation: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    dead: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    saturated: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    output_low: np.ndarray = field(default_factory=lambda: np.zeros(0))
    output_high: np.ndarray = field(default_factory=lambda: np.zeros(0))
    output_std: np.ndarray = field(default_factory=lambda: np.zeros(0))
    curves: dict[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: str = "loss"

    def __post_init__(self):
        check_choice("error", self.error, ("loss", "error_rate"))
        for name in _ARRAYS:
            array = getattr(self, name)
            if self.moments and len(array) == 0:
                columns = self.variables if name in OF_VARIABLES else self.layers
                shape = (self.moments,) if np.ndim(array) == 1 else (self.moments, len(columns))
                object.__setattr__(self, name, np.full(shape, np.nan))

    @property
    def moments(self) -> int:
        return len(self.step)

    @property
    def epoch_ends(self) -> np.ndarray:
        """Indices of the moments at which an epoch ended."""
        return np.flatnonzero((self.epoch > 0) & (self.epoch == np.floor(self.epoch)))

    @property
    def has_validation(self) -> bool:
        """Whether there were validation data to measure on, be the errors finite or not."""
        return self.run.validation_rows > 0 or not np.isnan(self.validation_loss).all()

    def error_curves(self) -> ErrorCurves:
        """Errors at the end of each epoch with their standard errors, as `diagnose_bias_variance` takes them.

        Raises:
            ValueError: no epoch has ended, or there are no validation data.
        """
        ends = self.epoch_ends
        check(len(ends) > 0, "epochs", len(ends), "at least 1")
        check(self.has_validation, "validation_loss", None, "measured, for which there must be validation data")
        return ErrorCurves(
            self.epoch[ends],
            self.train_loss[ends],
            self.validation_loss[ends],
            self.train_loss_error[ends],
            self.validation_loss_error[ends],
        )

    def save(self, path) -> None:
        """Writes a file: JSON if the name ends so, else `.npz`.

        Raises:
            ValueError: the name ends in neither.
        """
        path = Path(path)
        facts, arrays = self._split()
        if path.suffix == ".json":
            path.write_text(json.dumps({**facts, **{name: _listed(a) for name, a in arrays.items()}}))
        else:
            check(path.suffix == ".npz", "path", str(path), "a name that ends in .npz or .json")
            with path.open("wb") as file:
                np.savez_compressed(file, facts=np.array(json.dumps(facts)), **arrays)

    @classmethod
    def load(cls, path) -> "Signals":
        """Reads what `save` wrote.

        Raises:
            ValueError: the file is not one of these, or of a newer format.
        """
        path = Path(path)
        if path.suffix == ".json":
            data = json.loads(path.read_text())
            check(isinstance(data, dict), "path", str(path), "a file that Signals.save wrote")
            facts = data
        else:
            check(path.suffix == ".npz", "path", str(path), "a name that ends in .npz or .json")
            with np.load(path, allow_pickle=False) as file:
                check("facts" in file, "path", str(path), "a file that Signals.save wrote")
                facts = json.loads(str(file["facts"]))
                data = {name: file[name] for name in file.files if name != "facts"}
        form = facts.get("format")
        check(
            isinstance(form, int) and form <= FORMAT, "path", str(path), f"a file of Signals, format {FORMAT} at most"
        )
        arrays: dict[str, Any] = {}
        for name in _ARRAYS & set(data):
            arrays[name] = np.array(data[name], dtype="float64")
        curves = {
            name.removeprefix("curve:"): np.array(value, dtype="float64")
            for name, value in data.items()
            if name.startswith("curve:")
        }
        return cls(
            run=_read(RunFacts, facts["run"]),
            inputs=tuple(_read(InputFacts, item) for item in facts["inputs"]),
            outputs=tuple(_read(OutputFacts, item) for item in facts["outputs"]),
            layers=tuple(_read(LayerFacts, item) for item in facts["layers"]),
            variables=tuple(facts["variables"]),
            kernels=tuple(facts["kernels"]),
            score=_read(Score, facts["score"]),
            curves=curves,
            notes=tuple(facts["notes"]),
            error=facts.get("error", "loss"),
            **arrays,
        )

    def _split(self):
        facts: dict[str, Any] = {"format": FORMAT, "error": self.error}
        for name in ("run", "score"):
            facts[name] = _plain(dataclasses.asdict(getattr(self, name)))
        for name in ("inputs", "outputs", "layers"):
            facts[name] = [_plain(dataclasses.asdict(item)) for item in getattr(self, name)]
        for name in ("variables", "kernels", "notes"):
            facts[name] = list(getattr(self, name))
        arrays = {name: np.asarray(getattr(self, name)) for name in sorted(_ARRAYS)}
        return facts, arrays | {f"curve:{name}": np.asarray(value) for name, value in self.curves.items()}


_ARRAYS = {item.name for item in dataclasses.fields(Signals) if item.type is np.ndarray}
_NUMBERS = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def _plain(value):
    """As JSON can hold it: numbers that are not finite become text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _read(cls, data):
    """A dataclass of facts from what `_plain` made of it; what an older version did not write has its default."""
    known = {item.name for item in dataclasses.fields(cls)}
    texts = {"name", "layer", "kind", "activation", "loss", "form", "optimizer", "backend"}
    values = {}
    for name, value in data.items():
        if name in known:
            if isinstance(value, list):
                value = tuple(_NUMBERS.get(item, item) if name != "metrics" else item for item in value)
            values[name] = _NUMBERS.get(value, value) if isinstance(value, str) and name not in texts else value
    return cls(**values)


def _listed(array):
    return _plain(array.tolist())
