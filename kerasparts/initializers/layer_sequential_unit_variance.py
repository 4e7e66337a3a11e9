"""layer_sequential_unit_variance."""

import contextlib
import warnings
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.data import is_array, to_numpy
from kerasparts.core.layers import KERNEL_LAYERS, replaced
from kerasparts.initializers.scaled_orthogonal import ScaledOrthogonal


@dataclass(frozen=True)
class LayerVariances:
    """Variances of the layers' outputs before their activation; made by `layer_sequential_unit_variance`.

    Attributes:
        layers: paths of the layers, in the order of execution.
        before: variance of each with its first kernel, the layers before it being scaled already. Of a layer that runs
            several times: of its first outputs.
        after: variance of each with its final kernel.
    """

    layers: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]

    def __str__(self):
        rows = zip(self.layers, self.before, self.after, strict=True)
        return "\n".join(f"{layer}: variance {before:.4g} -> {after:.4g}" for layer, before, after in rows)

    def to_dict(self) -> dict:
        """Lists of names and numbers, ready for JSON."""
        return {name: list(values) for name, values in asdict(self).items()}


def layer_sequential_unit_variance(
    model: keras.Model,
    x: Any,
    tolerance: float = 0.01,
    max_iterations: int = 10,
    orthonormal: bool = True,
    include: Any = None,
    seed: Any = None,
) -> LayerVariances:
    """Sets the kernels of a built model so that every layer's output has variance 1 on a batch of data.

    Initializers know the shape of one kernel. This knows the data, and all that stands between the layers: pooling,
    concatenation, residual connections, activations without a gain. Keras has nothing of the kind.

    Each `Dense`, `EinsumDense`, convolution and transposed convolution gets an orthonormal kernel, and then, from the
    first layer that runs to the last:

        while |Var(y) - 1| >= tolerance:    W = W / sqrt(Var(y))

    where `y` is all that the layer gives on `x`, with its bias and before its activation. A layer that runs several
    times in a model (a shared one) is scaled by the variance of all its outputs together, which may take
    several passes through the model; else it is one pass.

    The model runs in inference mode: dropout is off, and BatchNormalization uses its moving statistics. Nothing but
    the kernels is changed, not the biases, not the statistics, seeds, metrics or the optimizer. If anything fails, the
    kernels are not changed either. Depthwise and recurrent kernels, embeddings, and frozen layers are left alone.

    Args:
        model: built `keras.Model`: Sequential, functional or subclassed, with models and layers inside others.
        x: array, or nest of arrays as the model takes it: one batch, of some hundred rows.
        tolerance: float in (0, inf). Greatest deviation of a variance from 1.
        max_iterations: int of at least 1. Number of divisions for a layer, and of passes where layers are shared.
        orthonormal: bool. Whether kernels are drawn anew first; False scales those that are there.
        include: list of layers or of their names or paths, or None for all that are trainable.
        seed: int, `keras.random.SeedGenerator`, or None to follow `keras.utils.set_random_seed`.

    Returns:
        `LayerVariances`, of the layers that ran.

    Raises:
        ValueError: the model is not built, `include` names no such layer or one that did not run, or an output is
            not finite.

    Warns:
        UserWarning: at the end, with the layers that have no variance 1: those whose outputs are all equal, whose
            biases alone have a variance above 1, or that take their own outputs for inputs. Their kernels are as they
            were before the scaling, but for shared layers, which have the last one tried.

    Example:
    >>> model = keras.Sequential([keras.Input((20,)), *(keras.layers.Dense(50, "tanh") for _ in range(10))])
    >>> x = np.random.default_rng(0).normal(size=(256, 20))
    >>> variances = kerasparts.initializers.layer_sequential_unit_variance(model, x, seed=1)
    >>> all(abs(variance - 1) < 0.01 for variance in variances.after)
    True

    Reference: Mishkin and Matas 2016, https://arxiv.org/abs/1511.06422, Algorithm 1.
    """
    is_built = isinstance(model, keras.Model) and model.built
    check(is_built, "model", model, "a built keras.Model; call it on a batch, or build(input_shape)")
    is_batch = all(is_array(leaf) and len(leaf.shape) for leaf in keras.tree.flatten(x))
    check(is_batch, "x", x, "an array or a nest of arrays, with rows")
    check_number("tolerance", tolerance, "(0, inf)")
    check_integer("max_iterations", max_iterations, "[1, inf)")
    check(isinstance(orthonormal, bool), "orthonormal", orthonormal, "True or False")
    initializer = ScaledOrthogonal("linear", seed)
    layers = _chosen(model, include)
    kinds = [kind.__name__ for kind in KERNEL_LAYERS]
    check(layers, "model", model, f"a model with trainable layers of the kinds {kinds}")

    probes = [_Probe(layer, initializer if orthonormal else None, tolerance, max_iterations) for layer in layers]
    order: list[_Probe] = []
    with contextlib.ExitStack() as stack:
        # Assignments to variables end with the scope: statistics, seeds, and all kernels if anything fails.
        stack.enter_context(keras.StatelessScope())
        for probe in probes:
            stack.enter_context(replaced(probe.layer, "call", probe))
        for _ in range(max_iterations):
            order.clear()
            for probe in probes:
                probe.start(order)
            model(to_numpy(x), training=False)
            if not any(probe.calls > 1 and not probe.is_settled for probe in order):
                break

    for probe in order:
        rule = f"data on which every layer has finite outputs, but {probe.layer.path} has not"
        check(np.isfinite(probe.variance), "x", x, rule)
    idle = [probe.layer.path for probe in probes if not probe.calls]
    check(include is None or not idle, "include", include, f"a list of layers that run on `x`, but {idle} do not")
    for probe in order:
        probe.layer.kernel.assign(probe.kernel)
    unsettled = [f"{probe.layer.path} ({probe.variance:.4g})" for probe in order if not probe.is_settled]
    if unsettled:
        message = f"These layers have an output variance off 1 by {tolerance} or more: {', '.join(unsettled)}."
        warnings.warn(message, UserWarning, stacklevel=2)
    return LayerVariances(
        layers=tuple(probe.layer.path for probe in order),
        before=tuple(probe.before for probe in order),
        after=tuple(probe.variance for probe in order),
    )


def _chosen(model, include):
    """The layers with a kernel to scale, at any depth."""
    known = [layer for layer in model._flatten_layers(include_self=False) if _has_kernel(layer)]
    if include is None:
        return [layer for layer in known if layer.kernel.trainable]
    is_list = isinstance(include, list | tuple) and len(include) > 0
    check(is_list, "include", include, "a list of layers, names or paths, or None")
    chosen = []
    for item in include:
        found = [layer for layer in known if item is layer or (isinstance(item, str) and item in _names(layer))]
        check(found, "include", item, f"one of the layers {[layer.path for layer in known]}")
        chosen += [layer for layer in found if layer not in chosen]
    return chosen


def _has_kernel(layer):
    return isinstance(layer, KERNEL_LAYERS) and layer.built and isinstance(layer.kernel, keras.Variable)


def _names(layer):
    return layer.name, layer.path


class _Probe:
    """Stands in for the `call` of a layer: measures its outputs before the activation, and scales its kernel."""

    def __init__(self, layer, initializer, tolerance, max_iterations):
        self.layer = layer
        self.call = layer.call
        self.initializer = initializer
        self.tolerance = tolerance
        self.max_iterations = max_iterations
        self.kernel = None if initializer else _float64(layer.kernel)  # in a call it may be in half precision
        self.before = None
        self.calls = 0
        self.scaled = None  # variance of the outputs of the call that was scaled
        self.to_all = 1.0  # variance of all outputs by that, in the pass before

    def start(self, order):
        """Begins a pass through the model."""
        if self.scaled:
            self.to_all = self.variance / self.scaled
        self.order = order
        self.moments = np.zeros(3)  # count, sum and sum of squares
        self.calls = 0
        self.scaled = None

    @property
    def variance(self):
        """Of all outputs in this pass."""
        count, first, second = self.moments
        return float(second / count - (first / count) ** 2)

    @property
    def is_settled(self):
        return abs(self.variance - 1) < self.tolerance

    def __call__(self, *args, **kwargs):
        if self.kernel is None:
            self._set(_float64(self.initializer(self.layer.kernel.shape, dtype="float32")))
        if not self.calls:
            self.order.append(self)
        activation = self.layer.activation
        with replaced(self.layer, "activation", keras.activations.linear):
            outputs = self.call(*args, **kwargs)
            if not self.scaled:  # or all equal, as a padding step of a sequence
                outputs = self._scale(outputs, lambda: self.call(*args, **kwargs))
        values = _float64(outputs)
        self.moments += values.size, values.sum(), np.square(values).sum()
        self.calls += 1
        return activation(outputs)

    def _scale(self, outputs, call):
        """The loop of the paper; the outputs of the scaled layer."""
        first_kernel, first_outputs = self.kernel, outputs
        self.scaled = first_variance = _variance(outputs)
        self.before = self.before if self.before else first_variance
        for _ in range(self.max_iterations):
            variance = self.scaled * self.to_all
            if not 0 < variance < np.inf or abs(variance - 1) < self.tolerance:
                return outputs
            self._set(self.kernel / np.sqrt(variance))
            outputs = call()
            self.scaled = _variance(outputs)
        if abs(self.scaled * self.to_all - 1) < self.tolerance:
            return outputs
        self._set(first_kernel)
        self.scaled = first_variance
        return first_outputs

    def _set(self, kernel):
        self.kernel = kernel
        self.layer.kernel.assign(kernel)


def _variance(outputs):
    """Of all numbers in an array, 0 where they differ by no more than rounding."""
    values = _float64(outputs)
    variance = float(values.var())
    return 0.0 if variance <= 1e-12 * np.square(values).mean() else variance


def _float64(values):
    return ops.convert_to_numpy(values).astype("float64")
