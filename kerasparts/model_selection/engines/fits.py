"""What is to be fitted, and what came of it: plain data that any engine can run, in any process."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class FitPlan:
    """What all fits of an experiment share.

    Attributes:
        build_model: gives a compiled `keras.Model`; called with the arguments of the task.
        x, y, sample_weight: nests of NumPy arrays, which the rows of the tasks point into; weights may be None.
        x_test, y_test, weight_test: what the rows to be predicted point into; None for `x`, `y`, `sample_weight`.
        epochs, batch_size, shuffle: as in `fit`.
        callbacks: function without arguments that gives new callbacks for each fit; None for none.
        adapt: whether layers that have `adapt` are adapted to the training rows of each fit.
        score_train: whether the rows of training are scored too, after it.
        keep_weights: whether the outcomes hold the weights.
    """

    build_model: Callable
    x: Any
    y: Any
    epochs: int
    sample_weight: Any = None
    x_test: Any = None
    y_test: Any = None
    weight_test: Any = None
    batch_size: int = 32
    shuffle: bool = True
    callbacks: Callable | None = None
    adapt: bool = True
    score_train: bool = False
    keep_weights: bool = False

    @property
    def test(self):
        """The arrays that the rows to be predicted point into."""
        if self.x_test is None:
            return self.x, self.y, self.sample_weight
        return self.x_test, self.y_test, self.weight_test


@dataclass(frozen=True, eq=False)
class FitTask:
    """One fit, pure: the same task gives the same outcome wherever and whenever it is run.

    Attributes:
        name: of its own among the tasks of an experiment, and fit to be part of a file's name.
        rows: numbers of the training rows; a row may be there many times.
        seed: of the first weights, the order of the rows and of dropout.
        test_rows: numbers of the rows to predict and score; None for all.
        validation_rows: numbers of the rows that `fit` gets as validation data; None for none.
        arguments: what `build_model` is called with: nothing, or the swept value.
    """

    name: str
    rows: np.ndarray
    seed: int
    test_rows: np.ndarray | None = None
    validation_rows: np.ndarray | None = None
    arguments: tuple = ()


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """What came of a task.

    Attributes:
        name: of the task.
        history: values by epoch, by the name that `fit` logs them under.
        predictions: nest of arrays, of the rows to be predicted.
        scores: "loss", the data loss without penalties, and the compiled metrics, of the rows to be predicted.
        train_scores: the same of the training rows; empty where the plan does not ask.
        weights: the arrays of `model.get_weights()`; None where the plan does not ask.
        engine: name of what ran it.
        seconds: that it took; its share, where many ran at once.
        note: why it was not run by a faster engine; empty where there is nothing to say.
    """

    name: str
    history: dict[str, list[float]]
    predictions: Any
    scores: dict[str, float]
    train_scores: dict[str, float]
    weights: list[np.ndarray] | None
    engine: str
    seconds: float
    note: str = ""


def row_order(task: FitTask, epoch: int, shuffle: bool) -> np.ndarray:
    """The training rows of a task in the order of an epoch (from 0): the same for every engine."""
    if not shuffle:
        return task.rows
    return np.random.default_rng([task.seed, epoch]).permutation(task.rows)


@contextlib.contextmanager
def named(task: FitTask):
    """An error on the way to the outcome of a task says which task it was."""
    try:
        yield
    except Exception as error:
        note = f"This was the fit {task.name!r}."
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        raise


def alike(tasks: list[FitTask]) -> list[list[FitTask]]:
    """The tasks in groups that one program could run: of one model, and as many rows."""
    groups = {}
    for task in tasks:
        validation_count = None if task.validation_rows is None else len(task.validation_rows)
        key = (tuple(map(id, task.arguments)), len(task.rows), validation_count)
        groups.setdefault(key, []).append(task)
    return list(groups.values())
