"""Logits that are known as a product."""

from typing import Any, NamedTuple

from keras import ops

from kerasparts import backend
from kerasparts.core.precision import float32_at_least


class Product(NamedTuple):
    """Logits `features @ kernel + bias`, of which no more than `rows` samples need be held at a time.

    Attributes:
        features: `(batch, ..., inputs)`.
        kernel: `(inputs, classes)`.
        bias: `(classes,)`.
        rows: int.
        training: bool. Whether gradients will be asked for.
    """

    features: Any
    kernel: Any
    bias: Any
    rows: int
    training: bool

    def logits(self):
        """All of them, `(batch, ..., classes)`."""
        return ops.add(ops.matmul(self.features, self.kernel), self.bias)

    def crossentropy(self, labels, label_smoothing=0.0):
        """Cross-entropy of the softmax with labels that are classes, of the shape of these.

        The way back computes the logits a second time.
        """

        @ops.custom_gradient
        def run(features, kernel, bias):
            def gradient(*args, upstream=None):
                weights = args[0] if upstream is None else upstream
                _, gradients = _sweep(features, kernel, bias, flat, label_smoothing, self.rows, weights)
                return tuple(ops.cast(one, features.dtype) for one in gradients)

            return _sweep(features, kernel, bias, flat, label_smoothing, self.rows)[0], gradient

        flat = ops.reshape(labels, (-1,))
        return ops.reshape(run(self._flat_features(), self.kernel, self.bias), ops.shape(labels))

    def total_crossentropy(self, labels, weights, label_smoothing=0.0):
        """`sum(weights * crossentropy)`, a scalar, with its gradients computed on the way there.

        The weights are taken for constants.
        """

        @ops.custom_gradient
        def run(features, kernel, bias):
            losses, gradients = _sweep(features, kernel, bias, flat, label_smoothing, self.rows, weights)

            def gradient(*args, upstream=None):
                upstream = args[0] if upstream is None else upstream
                return tuple(ops.cast(one * ops.cast(upstream, one.dtype), features.dtype) for one in gradients)

            return ops.sum(losses * weights), gradient

        flat, weights = ops.reshape(labels, (-1,)), ops.stop_gradient(ops.reshape(weights, (-1,)))
        return run(self._flat_features(), self.kernel, self.bias)

    def _flat_features(self):
        return ops.reshape(self.features, (-1, self.features.shape[-1]))


def _sweep(features, kernel, bias, labels, label_smoothing, rows, weights=None):
    """The losses, and with `weights` the gradients of their weighted sum by features, kernel and bias.

    Some rows at a time. The last rows begin earlier, with some that were there before and then count for nothing.
    """
    precise = float32_at_least(features.dtype)
    batch, inputs = ops.shape(features)
    share = label_smoothing / kernel.shape[1]
    classes = ops.arange(kernel.shape[1], dtype="int32")
    rows = min(rows, batch) if isinstance(batch, int) else ops.minimum(rows, ops.maximum(batch, 1))

    def step(state, index):
        start = ops.minimum(index * rows, batch - rows)
        x = ops.slice(features, (start, 0), (rows, inputs))
        label = ops.expand_dims(ops.slice(labels, (start,), (rows,)), -1)
        logits = ops.cast(ops.add(ops.matmul(x, kernel), bias), precise)
        top = ops.max(logits, axis=-1, keepdims=True)
        at_label = ops.take_along_axis(logits, label, axis=-1)
        mean = share * ops.sum(logits, axis=-1, keepdims=True) if share else 0.0
        odds = ops.exp(logits - top)
        total = ops.sum(odds, axis=-1, keepdims=True)
        loss = top - (1 - label_smoothing) * at_label - mean + ops.log(total)
        losses = ops.slice_update(state[0], (start,), ops.squeeze(loss, -1))
        if weights is None:
            return (losses,)
        is_new = start + ops.arange(rows, dtype="int32") >= index * rows
        weight = ops.slice(weights, (start,), (rows,))
        weight = ops.expand_dims(ops.cast(weight, precise), -1)
        new = ops.expand_dims(ops.cast(is_new, precise), -1) * weight
        error = odds / total - (1 - label_smoothing) * ops.cast(classes == label, precise) - share
        _, by_features, by_kernel, by_bias = state
        by_bias = by_bias + ops.sum(error * new, axis=0)
        error = ops.cast(error, x.dtype)
        by_x = ops.cast(ops.matmul(error, ops.transpose(kernel)), precise) * weight
        x = ops.cast(ops.cast(x, precise) * new, x.dtype)
        by_features = ops.slice_update(by_features, (start, 0), by_x)
        by_kernel = by_kernel + ops.cast(ops.matmul(ops.transpose(x), error), precise)
        return losses, by_features, by_kernel, by_bias

    zeros = ops.zeros(ops.shape(labels), dtype=precise)
    steps = ops.arange(-(-batch // rows), dtype="int32")
    if weights is None:
        return backend.repeated(step, (zeros,), steps)[0], None
    state = (zeros, *(ops.zeros(ops.shape(x), dtype=precise) for x in (features, kernel, bias)))
    losses, *gradients = backend.repeated(step, state, steps)
    return losses, tuple(gradients)
