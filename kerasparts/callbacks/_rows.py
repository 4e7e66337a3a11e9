"""What gauges read of a `fit`: rows of its data, and facts about it."""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasparts.core.checks import check
from kerasparts.core.data import Rows, concatenate, is_dataset, row_count, sample_rows, take, to_numpy

MAX_BATCHES = 128
OF_CALLBACKS = {"learning_rate", "data_loss", "generalization_gap", "error_rate"}  # in the logs, and no metric


@dataclass(frozen=True)
class FitRows:
    """A sample of either side, in random order, and how many rows there are; 0 for unknown."""

    train: Rows
    validation: Rows | None
    train_count: int
    validation_count: int


def sample_fit(given, size, seed, training_data=None, validation_data=None) -> FitRows:
    """Samples what `fit` was given, or the data given in its place.

    Of a generator only the batches that Keras has read ahead are taken, and of one for validation nothing.

    Args:
        given: local variables of the `fit`, see `fit_arguments`.
        size: most rows of either side.
        seed: of the sample.

    Raises:
        ValueError: no training data, or none that can be read without taking it from `fit`.
    """
    train, limit = training_rows(given, training_data)
    if is_generator(train):
        rows, count = sample(_read_ahead(given, train), size, seed, "training_data")[0], 0
    else:
        rows, count = sample(train, size, seed, "training_data", min(limit or MAX_BATCHES, MAX_BATCHES))
    validation, limit = validation_rows(given, validation_data)
    if validation is None or is_generator(validation):
        return FitRows(rows, None, count, 0)
    limit = min(limit or MAX_BATCHES, MAX_BATCHES)
    other, other_count = sample(validation, size, seed, "validation_data", limit)
    return FitRows(rows, other, count, other_count)


def training_rows(given, own=None) -> tuple[Any, int | None]:
    """The training data: a dataset or `(x, y, sample_weight)`, and how many batches of it count.

    Args:
        given: local variables of the `fit`, see `fit_arguments`.
        own: data given in their place, which count whole.

    Raises:
        ValueError: there are none.
    """
    if own is not None:
        return _unpacked(own), None
    x = given.get("x")
    check(x is not None, "training_data", None, "given where fit is not that of Keras")
    return x if is_dataset(x) else (x, given.get("y"), given.get("sample_weight")), given.get("steps_per_epoch")


def validation_rows(given, own=None) -> tuple[Any, int | None]:
    """The validation data, None where there are none, and how many batches of it count; as `training_rows`."""
    if own is not None:
        return _unpacked(own), None
    data = given.get("validation_data")
    return None if data is None else _unpacked(data), given.get("validation_steps")


def sample(data, size, seed, name, limit=None) -> tuple[Rows, int]:
    """At most `size` rows in random order, so that sorted labels do not make pieces differ more than samples do.

    Returns:
        `(rows, number of rows there are)`; 0 for unknown, as of a dataset.
    """
    is_stream = is_dataset(data)
    rows = sample_rows(data, size, seed, name, limit) if is_stream else data
    return take(rows, permutation(rows, seed)[:size]), 0 if is_stream else row_count(rows)


def permutation(rows, seed) -> np.ndarray:
    """The numbers of the rows in random order."""
    return np.random.default_rng(seed).permutation(row_count(rows))


def is_generator(data) -> bool:
    """Whether reading the data takes them from `fit`."""
    return is_dataset(data) and iter(data) is data


def fit_facts(given, rows, validation_rows) -> dict[str, int]:
    """What `RunFacts` holds of the data and the length of a `fit`; 0 for unknown."""
    batch_size = given.get("batch_size") or _batch_size(given)
    return {
        "rows": rows,
        "validation_rows": validation_rows,
        "batch_size": batch_size,
        "steps_per_epoch": _epoch_steps(given, rows, batch_size),
        "planned_epochs": int(given.get("epochs") or 0),
    }


def add_logs(curves: dict[str, list[float]], epochs: int, logs) -> None:
    """Adds the logs of the last of so many epochs to the curves; NaN where an epoch has none."""
    for name, value in (logs or {}).items():
        curves.setdefault(name, [math.nan] * (epochs - 1)).append(_number(value))
    for values in curves.values():
        values.extend([math.nan] * (epochs - len(values)))


def metric_names(curves) -> tuple[str, ...]:
    """Names of the compiled metrics, by the logs."""
    return tuple(name for name in curves if not name.startswith("val_") and name not in OF_CALLBACKS | {"loss"})


def _unpacked(data):
    return data if is_dataset(data) else keras.utils.unpack_x_y_sample_weight(data)


def _read_ahead(given, generator):
    batches = getattr(getattr(given.get("epoch_iterator"), "data_adapter", None), "_first_batches", None)
    check(bool(batches), "training_data", generator, "given where fit reads a generator")
    rows, *others = (tuple(map(to_numpy, keras.utils.unpack_x_y_sample_weight(batch))) for batch in batches)
    for other in others:
        rows = concatenate(rows, other)
    return rows


def _batch_size(given):
    adapter = getattr(given.get("epoch_iterator"), "data_adapter", None)
    return int(getattr(adapter, "batch_size", None) or 0)


def _epoch_steps(given, rows, batch_size):
    """Steps of one epoch where the arguments tell, else 0."""
    if given.get("steps_per_epoch"):
        return int(given["steps_per_epoch"])
    known = getattr(given.get("epoch_iterator"), "num_batches", None)
    if known:
        return int(known)
    return math.ceil(rows / batch_size) if rows and batch_size else 0


def _number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
