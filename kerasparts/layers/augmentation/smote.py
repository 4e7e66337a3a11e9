"""SMOTE."""

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.data import batches, concatenate, is_dataset, to_numpy
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.layers.augmentation._corruptions import check_columns, chosen, column_mask
from kerasparts.layers.augmentation._neighbors import nearest, vote
from kerasparts.layers.augmentation.augmentation import TargetAugmentation


@part
class SMOTE(TargetAugmentation):
    """Moves rows of rare classes to random places between them and their neighbors of the same class.

    Not in Keras. Instead of copying rare rows until the classes are even, it draws new ones, batch by batch: for a
    row `i` of a rare class and `j`, one of its nearest rows of that class,

        x = x[i] + gap * (x[j] - x[i])        gap ~ U(0, 1)
        x[categorical] = the most frequent value among the neighbors; of several, the nearest's

    Targets and sample weights stay. The neighbors are looked for among the rows given to `adapt(x, y)`, or in the
    batch for a layer that was never adapted. Batches whose classes are drawn evenly, as by
    `AugmentedDataset(balanced=True)`, then follow SMOTE's distribution; as the batch cannot tell the rare classes
    there, use `adapt` or `minority`. In a chain of augmentations it comes first: soft labels count as the class of
    their greatest share.

    The distance is Euclidean; with `categorical` columns, each that differs adds the square of the median of the
    numeric columns' standard deviations in the class (SMOTE-NC). Scale the columns before. Numeric cells that are not
    finite are left out of distances and stay as they are; rows without a numeric cell in common are no neighbors. A
    class with fewer rows has fewer neighbors; a single row stays.

    Args:
        neighbors: int >= 1. Nearest rows to draw from.
        fraction: float in [0, 1]. Chance of each rare row to be moved; the others stay as they are.
        categorical: tuple of int. Positions of columns whose values are names.
        minority: label, tuple of labels or None. Rare classes; None: all but the most frequent one.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(x, y)` or `(x, y, sample_weight)` to the same, for `x` of `(batch, features)` and `y` of labels
    `(batch,)` or `(batch, 1)` or one-hot rows `(batch, classes)`.

    Memory: the rare rows given to `adapt`; `batch * rare rows` numbers while it runs.

    Raises:
        ValueError: `x` alone, or not a table; several outputs.

    Example:
    >>> layer = kerasparts.layers.SMOTE(seed=0)
    >>> x, y = np.array([[0.0], [0.0], [0.0], [1.0], [2.0]]), np.array([0, 0, 0, 1, 1])
    >>> x, y = layer((x, y))
    >>> x, y = keras.ops.convert_to_numpy(x), keras.ops.convert_to_numpy(y)
    >>> x[:3, 0].tolist(), bool(1 < x[3, 0] < 2), y.tolist()
    ([0.0, 0.0, 0.0], True, [0, 0, 0, 1, 1])

    Reference: Chawla et al. 2002, https://arxiv.org/abs/1106.1813, sections 4.2 and 6.1.
    """

    def __init__(self, neighbors=5, fraction=1.0, categorical=(), minority=None, seed=None, **kwargs):
        check_integer("neighbors", neighbors, "[1, inf)")
        check_number("fraction", fraction, "[0, 1]")
        check(categorical is not None, "categorical", categorical, "a tuple of integers")
        check_columns(categorical, "categorical")
        for label in minority if isinstance(minority, list | tuple) else [minority]:
            if minority is not None:
                check_number("minority", label)
        super().__init__(seed, **kwargs)
        self.neighbors = neighbors
        self.fraction = fraction
        self.categorical = tuple(categorical)
        self.minority = tuple(minority) if isinstance(minority, list) else minority
        self._bank = self._bank_classes = self._majority = None

    def adapt(self, x, y=None):
        """Keeps the rare rows, to look for neighbors among them, in place of those kept before.

        Call it first: a data set that was made with the layer may go on with what the layer knew then.

        Args:
            x: array `(rows, features)`; or a `tf.data.Dataset`, `keras.utils.PyDataset` or other iterable of batches
                `(x, y, ...)`.
            y: labels or one-hot rows, as in the call.
        """
        if is_dataset(x):
            parts = [(x, y) for x, y, _ in batches(x)]
            check(parts, "x", x, "of at least one batch")
            x, y = parts[0]
            for more in parts[1:]:
                x, y = concatenate((x, y), more)
        x, y = np.asarray(to_numpy(x)), np.asarray(to_numpy(y))
        check(x.ndim == 2 and len(x) == len(y) > 0, "x", x.shape, f"a table with a row for each of {len(y)} targets")
        classes = ops.convert_to_numpy(_classes(ops.convert_to_tensor(y)))
        values, counts = np.unique(classes, return_counts=True)
        self._majority = float(values[np.argmax(counts)])
        rare = np.isin(classes, self.minority) if self.minority is not None else classes != self._majority
        self._bank = x[rare].astype(float32_at_least(self.compute_dtype))
        self._bank_classes = classes[rare]

    def augment(self, x, y, sample_weight):
        are_tables = not isinstance(x, dict | list | tuple) and len(x.shape) == 2
        check(are_tables, "x", getattr(x, "shape", type(x).__name__), "a table: (batch, features)")
        check(not isinstance(y, dict | list | tuple), "y", type(y).__name__, "of one output")
        rows = ops.shape(x)[0]
        classes = _classes(y)
        own = self._bank is None
        bank, bank_classes = (x, classes) if own else map(ops.convert_to_tensor, (self._bank, self._bank_classes))
        categorical = column_mask(self.categorical, x)
        found, count = nearest(x, classes, bank, bank_classes, self.neighbors, categorical, own)

        pick = keras.random.uniform((rows, 1), dtype="float32", seed=self.seed_generator)
        gap = ops.cast(keras.random.uniform((rows, 1), dtype="float32", seed=self.seed_generator), x.dtype)
        pick = ops.cast(ops.floor(pick * ops.cast(ops.maximum(count, 1), "float32")[:, None]), "int32")
        partner = ops.take_along_axis(found, pick[..., None], axis=1)[:, 0]
        new = x + gap * (partner - x)
        new = ops.where(ops.isfinite(new), new, x)
        if self.categorical:
            new = ops.where(categorical, vote(found, count), new)

        moved = ops.logical_and(self._is_rare(classes), count > 0)
        moved = ops.logical_and(moved, chosen((rows,), self.fraction, self.seed_generator))
        return ops.where(moved[:, None], new, x), y, sample_weight

    def _is_rare(self, classes):
        if self.minority is not None:
            labels = self.minority if isinstance(self.minority, tuple) else (self.minority,)
            return ops.any(classes[:, None] == ops.convert_to_tensor(np.array(labels, "float32")), axis=1)
        if self._majority is not None:
            return classes != self._majority
        count = ops.sum(ops.cast(classes[:, None] == classes[None], "int32"), axis=1)
        return count < ops.max(count, initial=0)

    def save_own_variables(self, store):
        super().save_own_variables(store)
        if self._bank is not None:
            store["bank"], store["bank_classes"] = self._bank, self._bank_classes
            store["majority"] = np.array(self._majority)

    def load_own_variables(self, store):
        values = {key: store[key] for key in store.keys()}  # noqa: SIM118  (it is no dict)
        if "bank" in values:
            self._bank, self._bank_classes = np.array(values.pop("bank")), np.array(values.pop("bank_classes"))
            self._majority = float(np.array(values.pop("majority")))
        super().load_own_variables(values)

    def get_config(self):
        return {
            **super().get_config(),
            "neighbors": self.neighbors,
            "fraction": self.fraction,
            "categorical": self.categorical,
            "minority": self.minority,
        }


def _classes(y):
    """A number for the class of each row."""
    if len(y.shape) == 2 and y.shape[-1] != 1:
        return ops.cast(ops.argmax(y, axis=-1), "float32")
    return ops.cast(ops.reshape(y, (-1,)), "float32")
