"""Prechelt 1998, Early Stopping - But When?, section 2.1, in NumPy float64. Epochs `t` are counted from 1."""

import numpy as np


def generalization_loss(validation, t):
    """GL(t) = 100 * (E_va(t) / E_opt(t) - 1)"""
    validation = np.asarray(validation, "float64")
    return 100 * (validation[t - 1] / validation[:t].min() - 1)


def progress(training, t, k):
    """P_k(t) = 1000 * (sum of E_tr(t') / (k * min of E_tr(t')) - 1), t' from t - k + 1 to t"""
    strip = np.asarray(training, "float64")[t - k : t]
    return 1000 * (strip.sum() / (k * strip.min()) - 1)


def gl(validation, alpha):
    """The first epoch t with GL(t) > alpha; None if there is none."""
    return next((t for t in range(1, len(validation) + 1) if generalization_loss(validation, t) > alpha), None)


def pq(validation, training, alpha, k=5):
    """The first end of a strip t with GL(t) / P_k(t) > alpha."""
    for t in range(k, len(validation) + 1, k):
        if generalization_loss(validation, t) / progress(training, t, k) > alpha:
            return t
    return None


def up(validation, s, k=5):
    """Stop after t if UP_(s-1) stops after t - k and E_va(t) > E_va(t - k); UP_1: the first strip's end that rises."""

    def stops(t, s):
        if t - k < k:
            return False
        rises = validation[t - 1] > validation[t - k - 1]
        return rises and (s == 1 or stops(t - k, s - 1))

    return next((t for t in range(k, len(validation) + 1, k) if stops(t, s)), None)
