"""AugmentedDataset."""

import math
import sys
import threading
from contextlib import closing

import keras
import numpy as np
from keras import ops

from kerasparts.augmentation._ahead import Ahead
from kerasparts.augmentation._rows import balanced_rows, labels_of
from kerasparts.augmentation._steps import Steps
from kerasparts.core.checks import check, check_integer
from kerasparts.core.data import is_array, take, to_numpy


class AugmentedDataset(keras.utils.PyDataset):
    """Batches of rows that are augmented on the fly, on any backend, the same ones for the same seed.

    Keras' own `PyDataset` leaves sampling, augmenting and random numbers to the user, and with two workers gives some
    batches of the first epoch twice and others not at all on JAX and Torch. Here every batch is a function of `seed`,
    the number of the epoch and that of the batch, however many workers there are:

    - the order is that of `seed`, whatever `fit(shuffle=...)` says;
    - every epoch draws anew, in a second `fit` too, and epoch `k` is the same after `fit(initial_epoch=k)` in another
      process, or after `BackupAndRestore`. A loop of one's own calls `on_epoch_end` and may set `epoch`;
    - the layers' own random numbers stay as they were, and layers without a seed are reproducible too.

    Layers are compiled where the backend compiles. An exception in a worker is raised where the batch is asked for.

    Attributes:
        epoch: number of the epoch that is running or comes next.

    Args:
        x: array, list of strings, or a nest of them such as a dict of inputs; all with as many rows.
        y: the same for targets, or None.
        augment: what is applied to the batches one after another, a list or one of: a layer of this library or of
            Keras (`MixUp` and `CutMix` of Keras get images and labels); a function of `x` that gives a new `x`, and
            gets a NumPy generator where it has a parameter `rng`; or where `x` is a dict, a dict of those by the name
            of the input. What has an attribute `takes_targets` that is true gets `(x, y)` or `(x, y, sample_weight)`
            and gives the same.
        batch_size: int >= 1. Rows in a batch; the last may be smaller.
        sample_weight: array of a weight for each row, or None.
        balanced: bool. Whether every class has the same share of an epoch, up to one row, and of each batch about so.
            An epoch has as many rows as `x`, so rows of rare classes come several times and of frequent ones some.
            `y` is one array of integers, of one-hot rows or of one column of classes.
        shuffle: bool. Whether the rows are in random order, another one each epoch.
        seed: int >= 0 or None. None: other batches each time.
        workers: int >= 0. Threads that compute batches ahead; 0: none.
        max_queue_size: int >= 1. Most batches to compute ahead.
        use_multiprocessing: False. What the frameworks compute is no faster in processes, which they may not survive.

    Shapes: `x` of `(rows, ...)` gives NumPy batches of `(batch_size, ...)`, or what the last augmentation gives. In
    `fit` on TensorFlow strings are string tensors; on JAX and Torch a `TextVectorization` at the end of `augment` makes
    numbers of them.

    Memory: the data themselves, of which no copy is made, and `max_queue_size + workers` batches.

    Raises:
        ValueError: no rows; different numbers of rows; with `balanced`, targets that are no classes.

    Example:
    >>> x, y = np.zeros((6, 8, 8, 3)), np.array([0, 0, 0, 0, 0, 1])
    >>> data = kerasparts.augmentation.AugmentedDataset(
    ...     x, y, [keras.layers.RandomFlip(), kerasparts.layers.Cutout(4)], batch_size=4, balanced=True, seed=1
    ... )
    >>> [(x.shape, sorted(y.tolist())) for x, y in data]
    [((4, 8, 8, 3), [0, 0, 1, 1]), ((2, 8, 8, 3), [0, 1])]
    """

    def __init__(
        self,
        x,
        y=None,
        augment=(),
        batch_size=32,
        sample_weight=None,
        balanced=False,
        shuffle=True,
        seed=0,
        workers=1,
        max_queue_size=10,
        use_multiprocessing=False,
    ):
        for name, value in (("balanced", balanced), ("shuffle", shuffle)):
            check(isinstance(value, bool), name, value, "True or False")
        check_integer("batch_size", batch_size, "[1, inf)")
        check_integer("workers", workers, "[0, inf)")
        check_integer("max_queue_size", max_queue_size, "[1, inf)")
        if seed is not None:
            check_integer("seed", seed, "[0, inf)")
        rule = "False: workers are threads, because what frameworks compute may not survive a fork of the process"
        check(use_multiprocessing is False, "use_multiprocessing", use_multiprocessing, rule)
        check(sample_weight is None or y is not None, "sample_weight", sample_weight, "None where there is no y")
        # Keras' own queue hands on what was read while a model is built. So it knows of no workers, and these are ours.
        super().__init__(workers=1, max_queue_size=max_queue_size)
        self._data = tuple(map(_arrays, (x, y, sample_weight)))
        self.rows = (_shapes(self._data[0]) or [(0,)])[0][0]
        check(self.rows > 0, "x", x, "of at least one row")
        for name, arrays in zip(("x", "y", "sample_weight"), self._data, strict=True):
            shapes = _shapes(arrays)
            check(
                all(shape[0] == self.rows for shape in shapes), name, shapes, f"of {self.rows} rows, as the first input"
            )
        self._classes = labels_of(self._data[1]) if balanced else None
        self._steps = Steps(augment)
        self.batch_size = batch_size
        self.balanced = balanced
        self.shuffle = shuffle
        self.seed = seed
        self.epoch = 0
        self._entropy = np.random.SeedSequence(seed).entropy
        self._threads = workers
        self._ahead = self._new_ahead()
        self._lock = threading.Lock()
        self._order = None, None  # of the rows in an epoch, and which
        self._next = None  # number of the next batch, counted from epoch 0 on; None outside of an epoch

    def __len__(self):
        return math.ceil(self.rows / self.batch_size)

    def __getitem__(self, index):
        """Batch `index` of the epoch; but in `fit`, which shuffles the indices, the next one."""
        if not 0 <= index < len(self):
            raise IndexError(f"There are batches 0 to {len(self) - 1}. Received: {index}")
        with self._lock:
            number = self._next
            if number is not None:
                self._next += 1
        if number is None:
            return _as_fit_reads(self._batch(self.epoch * len(self) + index))
        return _as_fit_reads(self._ahead.get(number, self._end(number)))

    def __iter__(self):
        first = self.epoch * len(self)
        with closing(self._new_ahead()) as ahead:
            for number in range(first, self._end(first)):
                yield ahead.get(number, self._end(number))

    def on_epoch_begin(self):
        fit = _running_fit(self)
        steps = fit.get("steps_per_epoch")
        if "epoch" in fit:
            is_first = fit["epoch"] == fit["initial_epoch"]
            if is_first and fit["epoch"] > 0:
                self.epoch = fit["epoch"]
            if steps and not is_first:
                return  # Keras goes on in the epoch of `len(self)` batches where it stopped
        self._ahead.close()
        self._next = self.epoch * (steps or len(self))

    def on_epoch_end(self):
        fit = _running_fit(self)
        if not fit or "epoch" in fit:  # Keras ends an epoch before the first one too
            self.epoch += 1
        if fit.get("steps_per_epoch") and fit.get("epoch", math.inf) + 1 < fit["epochs"]:
            return
        self._next = None
        self._ahead.close()

    def _new_ahead(self):
        return Ahead(self._batch, self._threads, self.max_queue_size)

    def _end(self, number):
        """Number of the first batch of the next epoch."""
        return number - number % len(self) + len(self)

    def _batch(self, number):
        epoch, index = divmod(number, len(self))
        begin = index * self.batch_size
        data = take(self._data, self._rows_of(epoch)[begin : begin + self.batch_size])
        x, y, sample_weight = self._steps(data, self._numbers(epoch, index + 1))
        return (x,) if y is None else (x, y) if sample_weight is None else (x, y, sample_weight)

    def _rows_of(self, epoch):
        known, rows = self._order
        if known != epoch:
            random = np.random.default_rng(self._numbers(epoch, 0))
            if self.balanced:
                rows = balanced_rows(self._classes, random)
                rows = rows if self.shuffle else np.sort(rows)
            else:
                rows = random.permutation(self.rows) if self.shuffle else np.arange(self.rows)
            self._order = epoch, rows
        return rows

    def _numbers(self, epoch, index):
        return np.random.SeedSequence([self._entropy, epoch, index])


def _arrays(tree):
    """The same nest, of NumPy arrays; a list of strings or numbers is one of them."""
    if isinstance(tree, dict):
        return {name: _arrays(one) for name, one in tree.items()}
    if not isinstance(tree, list | tuple):
        return to_numpy(tree)
    is_nest = any(is_array(one) or isinstance(one, dict | list | tuple) for one in tree)
    return type(tree)(map(_arrays, tree)) if is_nest else np.array(tree)


def _as_fit_reads(batch):
    """The same with strings as tensors on TensorFlow, where Keras refuses those of NumPy in a dataset."""
    if keras.backend.backend() != "tensorflow":
        return batch
    return keras.tree.map_structure(lambda a: ops.convert_to_tensor(a) if a.dtype.kind in "USOT" else a, batch)


def _shapes(tree):
    return [array.shape or (0,) for array in keras.tree.flatten(tree) if array is not None]


def _running_fit(dataset):
    """Local variables of the `fit`, `evaluate` or `predict` that reads the dataset, further up the stack, or {}.

    Keras tells a dataset neither the number of an epoch nor what an epoch is for.
    """
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name in ("fit", "evaluate", "predict") and frame.f_locals.get("x") is dataset:
            return dict(frame.f_locals)
        frame = frame.f_back
    return {}
