"""What every experiment has in common: its settings, its data, and its tasks run by an engine."""

import dataclasses
from collections.abc import Callable
from typing import Any, Required, TypedDict

import keras
import numpy as np

from kerasparts import backend
from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.data import row_count, take, to_numpy
from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask
from kerasparts.model_selection.engines.prepare import prepared_model
from kerasparts.model_selection.engines.run import run_fits

DEFAULTS = {
    "batch_size": 32,
    "shuffle": True,
    "validation_split": 0.0,
    "callbacks": None,
    "adapt": True,
    "seed": 0,
    "engine": "auto",
    "directory": None,
    "verbose": 1,
}


class FitSettings(TypedDict, total=False):
    """Keyword arguments that every experiment takes; `epochs` must be given.

    Keys:
        epochs: int of at least 1. Of each fit. There is no default: one epoch is hardly ever meant.
        batch_size: int of at least 1. 32 unless given.
        shuffle: bool. Whether each epoch takes the rows in a new order, which the seed fixes. True unless given.
        validation_split: float in [0, 1). Share of the training rows of each fit that is kept from training and given
            to `fit` as validation data, for callbacks; never a row that the experiment judges by. 0 unless given.
        callbacks: function without arguments that returns a list of new callbacks for each fit.
        adapt: bool. Whether layers with an `adapt` are adapted to the training rows of each fit. True unless given.
        seed: int of at least 0. The same seed gives the same numbers on every engine, to float tolerance. 0 unless
            given.
        engine: "auto", "vectorized", "sequential", "loky", "ray", or an engine of `model_selection.engines`.
        directory: path. Each finished fit is written there, and the same call after a kill goes on with what is
            missing.
        verbose: int. 1, unless given, shows a progress bar with the time left; 0 is silent.
    """

    epochs: Required[int]
    batch_size: int
    shuffle: bool
    validation_split: float
    callbacks: Callable | None
    adapt: bool
    seed: int
    engine: Any
    directory: Any
    verbose: int


class Experiment:
    """Checked data and settings, from which tasks are made and run.

    Args:
        build_model: as in `FitPlan`.
        x, y, sample_weight: the data.
        settings: dict of `FitSettings`.
        label: what the progress bar says.
        **plan: other attributes of `FitPlan`.

    Attributes:
        count: number of rows.
        x, y, sample_weight: as NumPy arrays.
        validation_split, seed: of the settings.
    """

    def __init__(self, build_model, x, y, settings, *, label, sample_weight=None, **plan):
        unknown = sorted(set(settings) - set(FitSettings.__annotations__))
        if unknown:
            raise TypeError(
                f"unknown argument {unknown[0]!r}; an experiment takes {sorted(FitSettings.__annotations__)}"
            )
        if "epochs" not in settings:
            raise TypeError("missing argument 'epochs': how long each fit trains")
        settings = {**DEFAULTS, **settings}
        check(callable(build_model), "build_model", build_model, "a function that returns a compiled keras.Model")
        check_integer("epochs", settings["epochs"], "[1, inf)")
        check_integer("batch_size", settings["batch_size"], "[1, inf)")
        check_number("validation_split", settings["validation_split"], "[0, 1)")
        check_integer("seed", settings["seed"], "[0, inf)")
        check(settings["verbose"] in (0, 1), "verbose", settings["verbose"], "0 or 1")
        for name in ("shuffle", "adapt"):
            check(isinstance(settings[name], bool), name, settings[name], "True or False")
        callbacks = settings["callbacks"]
        rule = "a function that returns a list of new callbacks for each fit, as in `lambda: [EarlyStopping()]`"
        check(callbacks is None or callable(callbacks), "callbacks", callbacks, rule)
        self.x, self.y, self.sample_weight = aligned(x=x, y=y, sample_weight=sample_weight)
        self.count = row_count(self.x)
        self.seed, self.validation_split = settings["seed"], settings["validation_split"]
        self._settings, self._label = settings, label
        self._plan = FitPlan(
            build_model=build_model,
            x=self.x,
            y=self.y,
            sample_weight=self.sample_weight,
            **{name: settings[name] for name in ("epochs", "batch_size", "shuffle", "callbacks", "adapt")},
            **plan,
        )

    def seeds(self, count: int) -> list[int]:
        """Seeds of as many tasks; the first ones stay the same when there are more."""
        return [int(s.generate_state(1)[0] >> 1) for s in np.random.SeedSequence(self.seed).spawn(count)]

    def task(self, name, rows, seed, resample=None, **more) -> FitTask:
        """A task that trains on some rows, with the share for validation taken off them first.

        Args:
            resample: function of the rows left for training and a `numpy.random.Generator`, that draws from them.
        """
        rows, validation_rows = np.asarray(rows), None
        if self.validation_split > 0:
            count = round(self.validation_split * len(rows))
            rule = f"a share that leaves rows on both sides of {len(rows)} training rows"
            check(0 < count < len(rows), "validation_split", self.validation_split, rule)
            order = np.random.default_rng([seed, 1]).permutation(len(rows))
            rows, validation_rows = rows[np.sort(order[count:])], rows[np.sort(order[:count])]
        if resample is not None:
            rows = np.asarray(resample(rows, np.random.default_rng([seed, 2])))
        return FitTask(name=name, rows=rows, seed=seed, validation_rows=validation_rows, **more)

    def check_metric(self, metric: str, task: FitTask) -> None:
        """Fails before the first fit, rather than after the last, where the model of a task has no such score."""
        if metric == "loss":
            return
        few = dataclasses.replace(task, rows=task.rows[:32])
        x, y, sample_weight = take((self.x, self.y, self.sample_weight), few.rows)
        model = self.model(few)
        names = backend.model_scores(model, x, y, model.predict(x, verbose=0), sample_weight)
        check(metric in names, "metric", metric, f"a score of the compiled model: {', '.join(sorted(names))}")

    def model(self, task: FitTask, weights=None) -> keras.Model:
        """The model of a task, before its first step or with the weights of its outcome."""
        with backend.kept_random_numbers():
            model = prepared_model(self._plan, task)
        if weights is not None:
            model.set_weights(weights)
        return model

    def run(self, tasks: list[FitTask]) -> list[FitOutcome]:
        """The outcomes of the tasks, in their order."""
        settings = self._settings
        return run_fits(self._plan, tasks, settings["engine"], settings["directory"], settings["verbose"], self._label)


def aligned(**data) -> tuple:
    """The same nests of NumPy arrays, all of one number of rows; None stays None."""
    data = {name: _arrays(tree) for name, tree in data.items()}
    lengths = {
        name: sorted({len(leaf) for leaf in keras.tree.flatten(tree) if leaf is not None})
        for name, tree in data.items()
        if tree is not None
    }
    all_lengths = {length for some in lengths.values() for length in some}
    check(len(all_lengths) == 1 and 0 not in all_lengths, ", ".join(lengths), lengths, "of the same number of rows")
    return tuple(data.values())


def _arrays(tree):
    if tree is None or hasattr(tree, "to_numpy"):
        return None if tree is None else np.asarray(tree)
    if isinstance(tree, list):
        tree = np.asarray(tree)
    return to_numpy(tree)
