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


def l1(w, l1):
    return l1_l2(w, l1, 0.0)


def l1_gradient(w, l1):
    return l1_l2_gradient(w, l1, 0.0)


def l2(w, l2):
    return l1_l2(w, 0.0, l2)


def l2_gradient(w, l2):
    return l1_l2_gradient(w, 0.0, l2)


def group_lasso(w, rate, axis):
    """Yuan and Lin 2006, equation 2 with K = size * identity, group by group."""
    return rate * sum(np.sqrt(g.size) * np.sqrt((g**2).sum()) for g in _groups(w, axis))


def group_lasso_gradient(w, rate, axis):
    gradient = np.zeros_like(w)
    for g, d in zip(_groups(w, axis), _groups(gradient, axis), strict=True):
        norm = np.sqrt((g**2).sum())
        d[...] = rate * np.sqrt(g.size) * g / norm if norm > 0 else 0.0
    return gradient


def _groups(w, axis):
    """Views of the array, one for each index along `axis`."""
    return [w[(slice(None),) * (axis % w.ndim) + (i, ...)] for i in range(w.shape[axis])]


def spectral_norm(w, rate, iterations):
    """Yoshida and Miyato 2017, by the whole decomposition, however many steps the part may take."""
    matrix = w.reshape(-1, w.shape[-1])
    return rate * np.linalg.svd(matrix, compute_uv=False)[0] ** 2


def spectral_norm_gradient(w, rate, iterations):
    u, s, vt = np.linalg.svd(w.reshape(-1, w.shape[-1]), full_matrices=False)
    return (2 * rate * s[0] * np.outer(u[:, 0], vt[0])).reshape(w.shape)


def l2_sp(w, rate, start):
    return rate / 2 * ((w - start) ** 2).sum()


def l2_sp_gradient(w, rate, start):
    return rate * (w - start)


def annealed(w, regularizer, schedule, key):
    """At step 0, where a polynomial decay has its initial value."""
    return schedule.initial_learning_rate * l1_l2(w, regularizer.l1, regularizer.l2)


def annealed_gradient(w, regularizer, schedule, key):
    return schedule.initial_learning_rate * l1_l2_gradient(w, regularizer.l1, regularizer.l2)
