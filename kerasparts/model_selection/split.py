"""train_dev_test_split."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.data import row_count
from kerasparts.model_selection._adapt import adapt_layers, adapts, build_by
from kerasparts.model_selection._labels import class_labels, without_objects

SMALL, MEDIUM, LARGE = (0.70, 0.15, 0.15), (0.80, 0.10, 0.10), (0.90, 0.05, 0.05)
MEDIUM_ROWS, LARGE_ROWS = 10_000, 100_000
PARTS = ("train", "dev", "test")
PLAIN = int | float | str | np.generic
NO_CLASSES = "If they are no classes: stratify=None"


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class DataSplit:
    """Three parts of aligned data; made by `train_dev_test_split`.

    Attributes:
        train, dev, test: tuples of the given arrays, in the given order, of the rows of each part.
        indices: the three arrays of row numbers.
        stratified: whether the classes have the same shares in all parts.
    """

    train: tuple[Any, ...]
    dev: tuple[Any, ...]
    test: tuple[Any, ...]
    indices: tuple[np.ndarray, np.ndarray, np.ndarray]
    stratified: bool

    def __iter__(self):
        return iter((self.train, self.dev, self.test))

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of rows of each part."""
        return tuple(len(rows) for rows in self.indices)

    def adapt(self, model: keras.Layer) -> None:
        """Adapts a layer, or all layers of a model that have `adapt`, to the training part alone.

        Scaling that was measured on dev or test rows tells the model about them, and flatters their scores. Layers
        behind others are adapted to what these make of the training part. `model_selection.cross_validate` and all
        experiments do the same for every fit by themselves.

        Args:
            model: layer with an `adapt`, or a model, sequential or functional, that has such layers. Its inputs are
                the first of the arrays that were split.

        Raises:
            ValueError: nothing to adapt; a layer whose inputs are not known, as in a model of another kind.

        Example:
        >>> x = np.arange(200.0).reshape(100, 2)
        >>> split, scaling = train_dev_test_split(x), kerasparts.layers.StandardScaling()
        >>> split.adapt(scaling)
        >>> bool(abs(keras.ops.mean(scaling(split.train[0]))) < 1e-6)
        True
        """
        (x, *_) = self.train
        is_layer = isinstance(model, keras.Layer)
        check(is_layer and adapts(model), "model", model, "a layer with `adapt`, or a model with such a layer")
        if isinstance(model, keras.Sequential):  # a functional model is built
            build_by(model, x)
        if isinstance(model, keras.Model):
            adapt_layers(model, x)
        else:
            model.adapt(x)

    def __str__(self):
        total = sum(self.sizes)
        parts = [f"{name} {size} ({size / total:.0%})" for name, size in zip(PARTS, self.sizes, strict=True)]
        return ", ".join(parts + ["stratified"] * self.stratified)

    def __repr__(self):
        return f"DataSplit({self})"

    def to_dict(self) -> dict:
        """Sizes and row numbers, ready for JSON."""
        indices = {name: rows.tolist() for name, rows in zip(PARTS, self.indices, strict=True)}
        return {"sizes": list(self.sizes), "indices": indices, "stratified": self.stratified}


def train_dev_test_split(
    *arrays: Any,
    sizes: Sequence[float] | None = None,
    stratify: Any = "auto",
    chronological: bool = False,
    seed: int | None = 0,
) -> DataSplit:
    """Splits aligned arrays into parts for training, for decisions (dev), and the last measurement (test).

    Keras' `validation_split` takes the last rows as they stand: labels in sorted order leave a class out.
    Here rows are shuffled, classes are kept in proportion, and a split that leaves a class out of a part is
    refused.

    Args:
        *arrays: any number of arrays, tensors, data frames, lists of numbers or text, or nests of arrays,
            with one row a sample. The targets are the second of them.
        sizes: three shares that sum to 1, or three numbers of rows that sum to all; None goes by the rows:
            70/15/15 below 10,000, 80/10/10 below 100,000, else 90/5/5.
        stratify: "auto": by the targets if they are class labels, that is integers or text in one column with
            at most a tenth as many values as rows, two whole numbers, or one-hot rows; an array of labels;
            None for no strata.
        chronological: bool. Keeps the order: the first rows train, the last ones test. Nothing is shuffled.
        seed: int, or None for another split each time. The same seed gives the same split.

    Returns:
        `DataSplit`. `(x, y), (x_dev, y_dev), (x_test, y_test) = train_dev_test_split(x, y)`.

    Raises:
        ValueError: arrays of different lengths; sizes that leave a part empty; a class missing from a part,
            as one of fewer than three rows always is.

    Example:
    >>> x, y = np.arange(200).reshape(100, 2), np.repeat([0, 1], 50)
    >>> print(train_dev_test_split(x, y))
    train 70 (70%), dev 15 (15%), test 15 (15%), stratified
    """
    check(len(arrays) > 0, "arrays", arrays, "at least one array")
    check(isinstance(chronological, bool), "chronological", chronological, "True or False")
    if seed is not None:
        check_integer("seed", seed, "[0, inf)")
    arrays = tuple(_column(array) for array in arrays)
    leaves = [[a for a in keras.tree.flatten(array) if a is not None] for array in arrays]
    for a in itertools.chain(*leaves):
        is_table = len(getattr(a, "shape", ())) > 0
        check(is_table, "arrays", type(a).__name__, "arrays, tensors or data frames with a row a sample")
    lengths = [sorted({len(a) for a in some}) for some in leaves]
    check(len(set(itertools.chain(*lengths))) == 1, "arrays", lengths, "of the same number of rows")
    rows = row_count(arrays)
    counts = _counts(rows, sizes)

    labels = None
    if isinstance(stratify, str) and stratify == "auto":
        labels = class_labels(arrays[1]) if len(arrays) > 1 else None
    elif stratify is not None:
        labels = without_objects(_column(stratify))
        fits = labels.ndim == 1 and len(labels) == rows
        check(fits, "stratify", labels.shape, f"'auto', None or one label for each of the {rows} rows")

    random = np.random.default_rng(seed)
    if labels is None:
        indices = _cut(np.arange(rows) if chronological else random.permutation(rows), counts)
    elif chronological:
        indices = _cut(np.arange(rows), counts)
        _check_classes(labels, indices)
    else:
        indices = _stratified(labels, counts, random)
    train, dev, test = (tuple(_rows_of(array, part) for array in arrays) for part in indices)
    return DataSplit(train, dev, test, indices, stratified=labels is not None and not chronological)


def _counts(rows, sizes):
    if sizes is None:
        sizes = SMALL if rows < MEDIUM_ROWS else MEDIUM if rows < LARGE_ROWS else LARGE
    is_triple = isinstance(sizes, list | tuple) and len(sizes) == 3
    check(is_triple, "sizes", sizes, "three shares or three numbers of rows: train, dev, test")
    for size in sizes:
        check_number("sizes", size, "(0, inf)")
    if all(isinstance(size, int | np.integer) for size in sizes):
        check(sum(sizes) == rows, "sizes", sizes, f"numbers of rows that sum to {rows}")
        return np.array(sizes)
    check(abs(sum(sizes) - 1) < 1e-6, "sizes", sizes, "shares that sum to 1")
    dev, test = (round(rows * size) for size in sizes[1:])
    counts = np.array([rows - dev - test, dev, test])
    rule = f"large enough to leave no part empty; {rows} rows give {counts.tolist()}"
    check(counts.min() > 0, "sizes", sizes, rule)
    return counts


def _cut(order, counts):
    return tuple(np.split(order, np.cumsum(counts)[:-1]))


def _stratified(labels, counts, random):
    """Row numbers of each part in random order, each class divided in proportion."""
    classes, class_of_row, class_counts = _unique(labels)
    rare = class_counts < len(PARTS)
    found = dict(zip(classes[rare][:5].tolist(), class_counts[rare][:5].tolist(), strict=True))
    check(not rare.any(), "stratify", found, f"labels with a row of each class for every part. {NO_CLASSES}")
    rule = f"large enough for a row of each of the {len(classes)} classes in every part. {NO_CLASSES}"
    check(counts.min() >= len(classes), "sizes", counts.tolist(), rule)
    parts = [[], [], []]
    members = _cut(np.argsort(class_of_row, kind="stable"), class_counts)
    for rows, quota in zip(members, _quotas(class_counts, counts), strict=True):
        pieces = _cut(random.permutation(rows), quota)
        for part, piece in zip(parts, pieces, strict=True):
            part.append(piece)
    return tuple(random.permutation(np.concatenate(part)) for part in parts)


def _quotas(class_counts, counts):
    """Rows of each class (row) in each part (column): whole numbers above 0 with both sums as given.

    Classes too rare for a row in every part get one there, at the cost of the frequent ones. These get, of
    what is left, their exact share rounded down or up.
    """
    quotas = np.ones((len(class_counts), len(counts)), dtype="int64")
    frequent, left = list(np.argsort(class_counts, kind="stable")), np.array(counts)
    while (class_counts[frequent[0]] * left < left.sum()).any():
        k = frequent.pop(0)
        for _ in range(class_counts[k] - len(counts)):
            quotas[k, np.argmax(class_counts[k] * left / left.sum() - quotas[k])] += 1
        left -= quotas[k]

    quotas[frequent] = class_counts[frequent, None] * left // left.sum()
    left -= quotas[frequent].sum(axis=0)
    for k in frequent:  # the last rows of a class go where most are missing: then it works out (Gale 1957)
        gets_one_more = np.argsort(-left, kind="stable")[: class_counts[k] - quotas[k].sum()]
        quotas[k, gets_one_more] += 1
        left[gets_one_more] -= 1
    return quotas


def _check_classes(labels, indices):
    classes, class_of_row, _ = _unique(labels)
    for name, rows in zip(PARTS, indices, strict=True):
        missing = classes[np.bincount(class_of_row[rows], minlength=len(classes)) == 0]
        rule = f"such that each class is in every part, but {name} would lack some. {NO_CLASSES}"
        check(missing.size == 0, "stratify", missing[:5].tolist(), rule)


def _unique(labels):
    return np.unique(labels, return_inverse=True, return_counts=True)


def _column(array):
    """A list of numbers or text as the array that it stands for; anything else as it is."""
    is_column = isinstance(array, list | tuple) and all(isinstance(a, PLAIN) for a in array)
    return np.array(array) if is_column and array else array


def _rows_of(array, rows):
    """The rows of an array in its own type: data frames stay data frames, tensors become arrays."""

    def pick(a):
        if a is None:
            return None
        if hasattr(a, "iloc"):
            return a.iloc[rows]
        return (keras.ops.convert_to_numpy(a) if keras.ops.is_tensor(a) else np.asarray(a))[rows]

    return keras.tree.map_structure(pick, array)
