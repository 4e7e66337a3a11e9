"""RobustScaling."""

import warnings

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check, check_number
from kerasparts.core.data import batches, is_array, is_dataset, to_numpy
from kerasparts.core.part import part


@part
class RobustScaling(keras.layers.Layer):
    """Scales features by median and inter-quartile range, so that neither outliers nor NaN spoil a column.

    In Keras' `Normalization` one outlier squeezes a column, one NaN makes all of it NaN, and in mixed precision the
    raw values go through float16 first. Here, per feature:

        y = (x - median) / iqr        x = y * iqr + median

    with `iqr` the distance of the upper from the lower quantile. `adapt` leaves NaN out and warns of how many it met;
    a NaN given to the layer comes out as NaN. A constant feature, or one whose middle half is constant, has `iqr` 1:
    it is centered and keeps its scale. The arithmetic is in float32, and only the result in the layer's precision.

    Called before `adapt`, the layer raises; where that cannot be seen (a JAX program), it gives NaN.

    Args:
        axis: int, tuple of ints or None. Axes whose every index is a feature of its own; None: one scale for all.
        quantile_range: pair of floats in [0, 100]. Lower and upper quantile, in percent.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ...)` to the same shape.

    Memory: `adapt` holds all data once, in the precision they come in.

    Raises:
        ValueError: called before `adapt`; a feature with no finite quantile (all NaN, or too many infinities).

    Example:
    >>> scaling = kerasparts.layers.RobustScaling()
    >>> scaling.adapt(np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]]))
    >>> keras.ops.convert_to_numpy(scaling(np.array([[3.0], [5.0]]))).tolist()
    [[0.0], [1.0]]

    Reference: Huber 1981, Robust Statistics, section 5; `sklearn.preprocessing.RobustScaler` gives the same numbers.
    """

    def __init__(self, axis=-1, quantile_range=(25.0, 75.0), **kwargs):
        is_axes = axis is None or (isinstance(axis, int) and not isinstance(axis, bool))
        is_axes = is_axes or (isinstance(axis, list | tuple) and all(isinstance(a, int) for a in axis))
        check(is_axes, "axis", axis, "an integer, a tuple of integers or None")
        is_pair = isinstance(quantile_range, list | tuple) and len(quantile_range) == 2
        check(is_pair, "quantile_range", quantile_range, "a pair of percentages")
        for percentage in quantile_range:
            check_number("quantile_range", percentage, "[0, 100]")
        check(quantile_range[0] < quantile_range[1], "quantile_range", quantile_range, "in rising order")
        super().__init__(**{"autocast": False, **kwargs})
        self.axis = tuple(axis) if isinstance(axis, list) else axis
        self.quantile_range = tuple(quantile_range)
        self.supports_masking = True
        self._adapted = False

    def build(self, input_shape):
        features = self._features(input_shape)
        shape = tuple(input_shape[a] if a in features else 1 for a in range(len(input_shape)))
        check(
            None not in shape,
            "axis",
            self.axis,
            f"axes of known size in the input shape {tuple(input_shape)}",
        )
        # NaN until `adapt`: the scaling that nobody measured must not look like one.
        self.median = self.add_weight(shape, "zeros", "float32", trainable=False, autocast=False, name="median")
        self.iqr = self.add_weight(
            shape,
            keras.initializers.Constant(float("nan")),
            "float32",
            trainable=False,
            autocast=False,
            name="iqr",
        )

    def adapt(self, data):
        """Measures median and inter-quartile range, in place of what was measured before.

        Args:
            data: array or tensor `(batch, ...)`; or a `tf.data.Dataset`, `keras.utils.PyDataset` or other iterable
                of batches, each `x` or `(x, ...)`.

        Raises:
            ValueError: no rows; a shape other than the layer was built for; a feature with no finite quantile.
        """
        x = _whole(data)
        check(x.size > 0, "data", x.shape, "of at least one row")
        if not self.built:
            self.build((None, *x.shape[1:]))
            self.built = True
        features = self._features(x.shape)
        shape = tuple(x.shape[a] if a in features else 1 for a in range(x.ndim))
        check(shape == tuple(self.iqr.shape), "data", x.shape, f"of features shaped {tuple(self.iqr.shape)}")

        others = tuple(a for a in range(x.ndim) if a not in features)
        x = x if x.dtype.kind == "f" else x.astype("float64")
        missing = np.isnan(x).sum(axis=others)
        quantiles = np.nanquantile if missing.any() else np.quantile
        with np.errstate(invalid="ignore"), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice encountered")
            low, median, high = quantiles(
                x,
                np.array([self.quantile_range[0], 50.0, self.quantile_range[1]]) / 100,
                axis=others,
                keepdims=True,
            )
            iqr = high - low
        lost = np.flatnonzero(~(np.isfinite(median) & np.isfinite(iqr)))
        check(lost.size == 0, "data", lost.tolist(), "finite in the quantiles of each feature; these have none")
        if missing.any():
            of = x.size // missing.size
            counts = {int(i): int(missing.flat[i]) for i in np.flatnonzero(missing)[:10]}
            warnings.warn(
                f"{self.name}: {int(missing.sum())} NaN were left out of median and quantiles. "
                f"NaN by feature, of {of} values each: {counts}",
                stacklevel=2,
            )
        self.median.assign(median)
        self.iqr.assign(np.where(iqr > 0, iqr, 1.0))
        self._adapted = True

    def call(self, inputs):
        self._check_adapted(inputs)
        x = ops.cast(inputs, "float32")
        return ops.cast((x - self.median) / self.iqr, self.compute_dtype)

    def inverse(self, outputs):
        """The inputs that `outputs` came from, in float32."""
        self._check_adapted(outputs)
        return ops.cast(outputs, "float32") * self.iqr + self.median

    def compute_output_shape(self, input_shape):
        return input_shape

    def compute_output_spec(self, inputs, **kwargs):
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def load_own_variables(self, store):
        super().load_own_variables(store)
        self._adapted = False  # to be read from the weights: an unadapted layer can be saved too

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "quantile_range": self.quantile_range}

    def _features(self, shape):
        rank = len(shape)
        axes = () if self.axis is None else (self.axis,) if isinstance(self.axis, int) else self.axis
        inside = all(-rank <= a < rank and a % rank != 0 for a in axes)
        check(inside, "axis", self.axis, f"axes of the input shape {tuple(shape)}, but for the batch")
        return {a % rank for a in axes}

    def _check_adapted(self, inputs):
        if self._adapted or isinstance(inputs, keras.KerasTensor):
            return
        iqr = backend.readable(self.iqr) if self.built else np.array(np.nan)
        if iqr is not None and np.isnan(iqr).any():
            raise ValueError(
                f"{self.name} must be adapted before it is called: adapt(x_train). Received: a call before adapt"
            )
        self._adapted = iqr is not None


def _whole(data):
    """All rows in one array."""
    if is_dataset(data):
        parts = [x for x, _, _ in batches(data)]
        check(parts and all(isinstance(x, np.ndarray) for x in parts), "data", data, "of batches of one array each")
        x = parts[0] if len(parts) == 1 else np.concatenate(parts)
    else:
        x = to_numpy(data) if is_array(data) else np.asarray(data)
    check(x.ndim > 0 and x.dtype.kind in "biuf", "data", x.dtype, "an array of numbers, or a dataset of such batches")
    return x
