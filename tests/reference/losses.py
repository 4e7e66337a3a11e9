"""Losses, one sample at a time."""

import numpy as np


def sparse_categorical_crossentropy(
    y_true,
    y_pred,
    sample_weight=None,
    from_logits=False,
    class_weight=None,
    label_smoothing=0.0,
    ignore_class=None,
    axis=-1,
    reduction="sum_over_batch_size",
    mask=None,
):
    y_pred = np.moveaxis(np.asarray(y_pred, "float64"), axis, -1)
    values, counted, weights = np.zeros(y_true.shape), np.zeros(y_true.shape), np.zeros(y_true.shape)
    for index in np.ndindex(*y_true.shape):
        label, row = y_true[index], y_pred[index]
        if label == ignore_class or (mask is not None and not mask[index]):
            continue
        if from_logits:
            shifted = row - row.max()
            log_p = shifted - np.log(np.exp(shifted).sum())
        else:
            p = np.maximum(row, 1e-7)
            log_p = np.log(p / p.sum())
        target = np.full(len(row), label_smoothing / len(row))
        target[label] += 1 - label_smoothing
        weight = 1.0 if class_weight is None else class_weight[label]
        if sample_weight is not None:
            weight *= sample_weight[index[: np.ndim(sample_weight)]]
        values[index] = -weight * (target * log_p).sum()
        counted[index], weights[index] = 1.0, weight
    if reduction in (None, "none"):
        return values
    if reduction == "sum":
        return values.sum()
    below = weights.sum() if reduction == "mean_with_sample_weight" else counted.sum()
    return values.sum() / below if below else 0.0
