"""Bases of the layers that learn the scale of their input from data."""

import math
import warnings

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check, check_choice
from kerasparts.core.data import numeric_batches

CHUNK = 2**16  # values that are looked at at once: they fit a processor's cache
MISSING = ("keep", "impute", "indicate")


class Scaling(keras.layers.Layer):
    """Base class of layers that scale each feature by statistics of the training data, which `adapt` collects.

    A subclass writes

    * `build(input_shape)`, which calls `super().build` and adds its weights by `add_statistic`;
    * `new_statistics(features)`: something with `update(x, missing)`, as in `_statistics.py`;
    * `learn(statistics)`, which assigns its weights by `assign_statistics`, `center` among them;
    * `scaled(x)`: the output for inputs less their center, in float32, and `unscaled(y)`: the inputs for an output;
    * `stand_in()`: what a missing input becomes, less the center.

    Args:
        axis: int, tuple of ints or None. Axes whose every index is a feature of its own; None: one scale for all.
        missing: "keep", "impute" or "indicate". What becomes of NaN in the inputs.
        **kwargs: as in `keras.layers.Layer`.
    """

    def __init__(self, axis=-1, missing="keep", **kwargs):
        is_axes = axis is None or (isinstance(axis, int) and not isinstance(axis, bool))
        is_axes = is_axes or (isinstance(axis, list | tuple) and all(isinstance(a, int) for a in axis))
        check(is_axes, "axis", axis, "an integer, a tuple of integers or None")
        check_choice("missing", missing, MISSING)
        super().__init__(**{"autocast": False, **kwargs})
        self.axis = tuple(axis) if isinstance(axis, list) else axis
        self.missing = missing
        self.supports_masking = True
        self._adapted = False

    def build(self, input_shape):
        shape = self._statistics_shape(input_shape)
        rule = f"axes of known size in the input shape {tuple(input_shape)}"
        check(None not in shape, "axis", self.axis, rule)
        in_rows = self.missing != "indicate" or len(input_shape) > 1
        check(in_rows, "missing", self.missing, f"'keep' or 'impute' for inputs without features: {input_shape}")
        self._width = input_shape[-1]
        self.center = self.add_statistic("center", shape)

    def add_statistic(self, name, shape):
        """A weight that is NaN until `adapt`: a scaling that nobody measured must not look like one."""
        unknown = keras.initializers.Constant(float("nan"))
        return self.add_weight(shape, unknown, "float32", trainable=False, autocast=False, name=name)

    def adapt(self, data):
        """Measures the features in one pass over the data, in place of what was measured before.

        Args:
            data: array or tensor `(batch, ...)`; or a `tf.data.Dataset`, `keras.utils.PyDataset`, list or other
                iterable of batches, each `x` or `(x, ...)`.

        Raises:
            ValueError: no rows; a shape other than the layer was built for; a feature without a finite statistic.
        """
        statistics, values = None, 0
        for x in numeric_batches(data):
            if not self.built:
                self.build((None, *x.shape[1:]))
                self.built = True
            shape = self._statistics_shape(x.shape)
            check(shape == tuple(self.center.shape), "data", x.shape, f"of features shaped {tuple(self.center.shape)}")
            if statistics is None:
                features = math.prod(shape)
                statistics, not_numbers = self.new_statistics(features), np.zeros(features, "int64")
            for chunk in self._chunks(x):
                missing = np.isnan(chunk)
                missing = missing if missing.any() else None
                with np.errstate(invalid="ignore", over="ignore"):  # of infinities
                    statistics.update(chunk, missing)
                not_numbers += 0 if missing is None else missing.sum(axis=0)
                values += len(chunk)
        check(values > 0, "data", data, "of at least one row")
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            self.learn(statistics)
        self._adapted = True
        if self.missing == "keep" and not_numbers.any():
            counts = {int(i): int(not_numbers[i]) for i in np.flatnonzero(not_numbers)[:10]}
            warnings.warn(
                f"{self.name}: {not_numbers.sum()} NaN were left out, and NaN in the inputs stay NaN: see `missing`. "
                f"NaN by feature, of {values} values each: {counts}",
                stacklevel=2,
            )

    def assign_statistics(self, *weights_and_values):
        """Assigns arrays, each with a row a feature, to weights, if all of them are finite in every feature."""
        values = [np.asarray(value).astype("float32") for _, value in weights_and_values]
        finite = np.all([np.isfinite(value).reshape(len(value), -1).all(axis=1) for value in values], axis=0)
        rule = "finite in the statistics of each feature; infinities, or no number at all, leave these with none"
        check(finite.all(), "data", np.flatnonzero(~finite)[:10].tolist(), rule)
        for (weight, _), value in zip(weights_and_values, values, strict=True):
            weight.assign(value.reshape(weight.shape))

    def call(self, inputs):
        self._check_adapted(inputs)
        wide = "float64" if keras.backend.standardize_dtype(inputs.dtype) == "float64" else "float32"
        x = ops.cast(ops.cast(inputs, wide) - ops.cast(self.center, wide), "float32")
        if self.missing == "keep":
            return ops.cast(self.scaled(x), self.compute_dtype)
        missing = ops.isnan(x)
        x = ops.where(missing, ops.convert_to_tensor(self.stand_in(), "float32"), x)
        y = ops.cast(self.scaled(x), self.compute_dtype)
        return ops.concatenate([y, ops.cast(missing, y.dtype)], axis=-1) if self.missing == "indicate" else y

    def inverse(self, outputs):
        """The inputs that `outputs` came from, in float32; NaN where an indicator says so."""
        self._check_adapted(outputs)
        y = ops.cast(outputs, "float32")
        if self.missing != "indicate":
            return self.unscaled(y)
        wide = self._width is None or y.shape[-1] == 2 * self._width
        check(wide, "outputs", tuple(y.shape), f"{self._width} features and an indicator for each")
        y, missing = ops.split(y, 2, axis=-1)
        return ops.where(missing > 0.5, float("nan"), self.unscaled(y))

    def compute_output_shape(self, input_shape):
        *rest, width = input_shape
        is_wider = self.missing == "indicate" and width is not None
        return (*rest, 2 * width if is_wider else width)

    def compute_output_spec(self, inputs, **kwargs):
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)

    def load_own_variables(self, store):
        super().load_own_variables(store)
        self._adapted = False  # to be read from the weights: an unadapted layer can be saved too

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "missing": self.missing}

    def _features(self, shape):
        """The axes of features, from the first to the last."""
        rank = len(shape)
        axes = () if self.axis is None else (self.axis,) if isinstance(self.axis, int) else self.axis
        inside = all(-rank <= a < rank and a % rank != 0 for a in axes)
        check(inside, "axis", self.axis, f"axes of the input shape {tuple(shape)}, but for the batch")
        return sorted({a % rank for a in axes})

    def _statistics_shape(self, shape):
        features = self._features(shape)
        return tuple(shape[a] if a in features else 1 for a in range(len(shape)))

    def _chunks(self, x):
        """Pieces `(values, features)` of an array, in float32 or float64."""
        features = self._features(x.shape)
        order = [a for a in range(x.ndim) if a not in features] + features
        columns = math.prod(x.shape[a] for a in features)
        rows = max(1, CHUNK // max(1, math.prod(x.shape[1:])))
        dtype = np.result_type(x.dtype, "float32")
        for start in range(0, len(x), rows) if x.size else ():
            chunk = x[start : start + rows].transpose(order).reshape(-1, columns)
            yield chunk.astype(dtype, copy=False)

    def _check_adapted(self, inputs):
        if self._adapted or isinstance(inputs, keras.KerasTensor):
            return
        values = [backend.readable(weight) for weight in self.weights] or [np.array(np.nan)]
        is_known = all(value is not None for value in values)
        if is_known and any(np.isnan(value).any() for value in values):
            raise ValueError(
                f"{self.name} must be adapted before it is called: adapt(x_train). Received: a call before adapt"
            )
        self._adapted = is_known


class AffineScaling(Scaling):
    """Base class of scalings by a center and a scale:

        y = (x - center) / scale + shift        x = (y - shift) * scale + center

    `shift` brings back what float32 lost of `center`, so that an offset of many scales costs nothing.
    """

    is_linear = True

    def build(self, input_shape):
        super().build(input_shape)
        self.scale = self.add_statistic("scale", self.center.shape)
        self.shift = self.add_statistic("shift", self.center.shape)

    def assign_scale(self, center, spread, output_range=(0.0, 1.0)):
        """Assigns the weights of a scaling that maps the range of `spread` from `center` on to `output_range`.

        The spread of a constant feature is 1.
        """
        lower, upper = output_range
        scale = spread / (upper - lower)
        constant = spread <= 8 * np.finfo("float64").eps * np.abs(center)
        constant |= scale < np.finfo("float32").tiny
        scale = np.where(constant, 1 / (upper - lower), scale)
        lost = np.where(constant, 0.0, center - center.astype("float32"))
        self.assign_statistics((self.center, center), (self.scale, scale), (self.shift, lower - lost / scale))

    def scaled(self, x):
        return x / self.scale + self.shift

    def unscaled(self, y):
        return (y - self.shift) * self.scale + self.center

    def stand_in(self):
        return -self.shift * self.scale
