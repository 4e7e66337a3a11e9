"""Penalties."""

import numpy as np


def l1_l2(w, l1, l2):
    return l1 * np.abs(w).sum() + l2 * (w**2).sum()


def l1_l2_gradient(w, l1, l2):
    return l1 * np.sign(w) + 2 * l2 * w


def penalty_sum(w, regularizers, factors):
    return sum(f * l1_l2(w, r.l1, r.l2) for f, r in zip(factors, regularizers, strict=True))


def penalty_sum_gradient(w, regularizers, factors):
    return sum(f * l1_l2_gradient(w, r.l1, r.l2) for f, r in zip(factors, regularizers, strict=True))
