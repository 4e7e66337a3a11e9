"""Losses on labelled embeddings, triplet by triplet."""

import math

import numpy as np

from tests.reference.regression_losses import reduced


def distance_of(a, b, kind):
    if kind == "cosine":
        return 1 - float(unit(a) @ unit(b))
    squared = float(((a - b) ** 2).sum())
    return squared if kind == "squared" else math.sqrt(squared)


def unit(a):
    return a / max(math.sqrt(float(a @ a)), 1e-6)


def by_anchor(costs):
    """`costs(anchor, mates, strangers, z, **arguments)`, a cost for each thing an anchor counts, as a loss."""

    def loss(y_true, y_pred, sample_weight=None, mask=None, reduction="sum_over_batch_size", **arguments):
        z = np.asarray(y_pred, "float64").reshape(-1, np.shape(y_pred)[-1])
        y, present = np.ravel(y_true), np.ones(len(z), bool) if mask is None else np.ravel(mask)
        weights = np.ones(len(z))
        if sample_weight is not None:
            w = np.asarray(sample_weight, "float64")
            weights = np.broadcast_to(w.reshape(w.shape + (1,) * (np.ndim(y_true) - w.ndim)), np.shape(y_true)).ravel()
        total, number, weight = np.zeros(len(z)), np.zeros(len(z)), np.zeros(len(z))
        for a in range(len(z)):
            mates = [k for k in range(len(z)) if k != a and y[k] == y[a] and present[k] and present[a]]
            strangers = [k for k in range(len(z)) if y[k] != y[a] and present[k] and present[a]]
            found = costs(a, mates, strangers, z, **arguments)
            total[a], number[a] = weights[a] * sum(found), len(found)
            weight[a] = weights[a] * len(found)
        if reduction in (None, "none"):
            return total.reshape(np.shape(y_true))
        if reduction == "sum":
            return total.sum()
        below = weight.sum() if reduction == "mean_with_sample_weight" else number.sum()
        return total.sum() / below if below else 0.0

    return loss


@by_anchor
def triplet_semi_hard(a, mates, strangers, z, margin, distance):
    far = [distance_of(z[a], z[n], distance) for n in strangers]
    costs = []
    for p in mates if far else []:
        near = distance_of(z[a], z[p], distance)
        semi_hard = [d for d in far if d > near]
        costs.append(max(near - (min(semi_hard) if semi_hard else max(far)) + margin, 0))
    return costs


@by_anchor
def triplet_hard(a, mates, strangers, z, margin, distance):
    if not mates or not strangers:
        return []
    gap = max(distance_of(z[a], z[p], distance) for p in mates) - min(
        distance_of(z[a], z[n], distance) for n in strangers
    )
    return [math.log1p(math.exp(-abs(gap))) + max(gap, 0) if margin == "soft" else max(gap + margin, 0)]


@by_anchor
def n_pairs(a, mates, strangers, z):
    return [
        np.logaddexp.reduce([0.0] + [z[a] @ z[n] - z[a] @ z[p] for n in strangers])
        for p in (mates if strangers else [])
    ]


@by_anchor
def supervised_contrastive(a, mates, strangers, z, temperature):
    if not mates:
        return []
    logits = {k: unit(z[a]) @ unit(z[k]) / temperature for k in [*mates, *strangers]}
    below = np.logaddexp.reduce(list(logits.values()))
    return [np.mean([below - logits[p] for p in mates])]


def contrastive(y_true, y_pred, sample_weight=None, mask=None, reduction="sum_over_batch_size", margin=1.0):
    y_pred = np.asarray(y_pred, "float64")
    losses = np.zeros(y_pred.shape)
    for index in np.ndindex(*y_pred.shape):
        y, d = y_true[index], y_pred[index]
        losses[index] = y * d**2 + (1 - y) * max(margin - d, 0) ** 2
    return reduced(losses.mean(axis=-1), sample_weight, mask, reduction)
