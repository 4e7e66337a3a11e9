"""A dense layer and the cross-entropy of its softmax, row by row, with the gradients."""

import numpy as np


def softmax_head(x, kernel, bias, labels, weights, label_smoothing=0.0):
    """`sum(weights * losses)`, and its gradients by `x`, `kernel` and `bias`; all with one axis for the rows."""
    x, kernel, bias = (np.asarray(array, "float64") for array in (x, kernel, bias))
    classes = kernel.shape[1]
    value, by_x, by_kernel, by_bias = 0.0, np.zeros_like(x), np.zeros_like(kernel), np.zeros_like(bias)
    for row, label, weight in zip(range(len(x)), labels, weights, strict=True):
        if weight == 0:
            continue
        logits = x[row] @ kernel + bias
        logits = logits - logits.max()
        log_p = logits - np.log(np.exp(logits).sum())
        target = np.full(classes, label_smoothing / classes)
        target[label] += 1 - label_smoothing
        value -= weight * (target * log_p).sum()
        error = weight * (np.exp(log_p) - target)
        by_x[row] = kernel @ error
        by_kernel += np.outer(x[row], error)
        by_bias += error
    return value, by_x, by_kernel, by_bias
