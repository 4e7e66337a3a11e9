"""Augmentations, row by row, from what was drawn."""

import numpy as np


def unchanged(x, **_):
    """Of every augmentation that is not training."""
    return np.asarray(x, "float64")


def mixed_rows(values, weights, partners, shares):
    """Row by row: `shares[i]` of row `i` and the rest of its partner, each counted by its weight; and the new weights.

    Equations 1 of Zhang et al. 2018 and Yun et al. 2019 where all weights are 1.
    """
    rows, new_weights = [], []
    for i, (partner, share) in enumerate(zip(partners, shares, strict=True)):
        own, other = share * weights[i], (1 - share) * weights[partner]
        part = own / (own + other) if own + other else share
        rows.append(part * np.asarray(values[i], "float64") + (1 - part) * np.asarray(values[partner], "float64"))
        new_weights.append(own + other)
    return np.array(rows), np.array(new_weights)


def boxes(height, width, sides):
    """Every box of Cutout and CutMix: around each pixel, clipped at the border, as bool images."""
    found = []
    for row in range(height):
        for column in range(width):
            box = np.zeros((height, width), bool)
            top, left = row - sides[0] // 2, column - sides[1] // 2
            box[max(top, 0) : max(top + sides[0], 0), max(left, 0) : max(left + sides[1], 0)] = True
            found.append(box)
    return found


def neighbors(row, bank, k, categorical=(), spread_of=None):
    """Places in `bank` of the `k` rows nearest to `row`, as in SMOTE and SMOTE-NC; `spread_of` are all of the class."""
    numeric = [column for column in range(bank.shape[1]) if column not in categorical]
    spread = np.median(np.nanstd(spread_of[:, numeric], axis=0)) if categorical else 0.0
    distances = []
    for other in bank:
        gaps = (row - other)[numeric]
        known = np.isfinite(gaps)
        distance = np.sum(gaps[known] ** 2) * len(numeric) / known.sum()
        distances.append(distance + spread**2 * sum(row[column] != other[column] for column in categorical))
    return np.argsort(distances, kind="stable")[:k]
