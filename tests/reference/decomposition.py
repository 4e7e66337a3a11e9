"""Bias, variance and noise of an error, one test point at a time, as the papers define them."""

import numpy as np


def squared(predictions, y):
    """Geman, Bienenstock and Doursat 1992, equation 4.1 and the one above it, mean over the outputs.

    `predictions` is `(replicas, rows, outputs)`. Returns `error, bias, variance` of each row, with `bias` against the
    targets as they are, that is with their noise. The mean of few replicas is not that of all: `bias` is freed of
    what this adds, `variance / replicas`, and `variance` is that of a sample.
    """
    replicas, rows, outputs = predictions.shape
    parts = np.zeros((3, rows))
    for i in range(rows):
        for k in range(outputs):
            f = [float(predictions[r, i, k]) for r in range(replicas)]
            mean = sum(f) / replicas
            variance = sum((value - mean) ** 2 for value in f) / (replicas - 1)
            error = sum((value - y[i, k]) ** 2 for value in f) / replicas
            parts[:, i] += np.array([error, (mean - y[i, k]) ** 2 - variance / replicas, variance]) / outputs
    return parts


def zero_one(labels, p):
    """Domingos 2000, Theorem 2 and section 3.3: `labels` is `(replicas, rows)`, `p` the classes' `(rows, classes)`.

    Returns `error, noise, bias, unbiased variance, biased variance` of each row, of which the error is the noise times
    its factor, the bias, the unbiased and less the biased variance. The noise is given with its factor.
    """
    rows = labels.shape[1]
    parts = np.zeros((5, rows))
    for i in range(rows):
        shares = {c: float(np.mean(labels[:, i] == c)) for c in range(p.shape[1])}
        main = max(shares, key=lambda c: (shares[c], -c))
        best = max(range(p.shape[1]), key=lambda c: (p[i, c], -c))
        noise = 1 - p[i, best]
        error = sum(shares[c] * p[i, t] for c in shares for t in shares if c != t)
        variance = 1 - shares[main]
        if noise > 0:
            hit = sum(shares[c] * p[i, c] for c in shares if c != best) / noise  # P(y = t | t != y*)
            noise *= shares[best] - hit
        unbiased, biased = variance, 0.0
        if main != best:
            unbiased = 0.0
            biased = variance * (shares[best] / variance if variance else 0.0)  # P(y = y* | y != main) V
        parts[:, i] = error, noise, float(main != best), unbiased, biased
    return parts


def cross_entropy(probabilities, p):
    """Heskes 1998, equations 2 to 5: `probabilities` is `(replicas, rows, classes)`, `p` the targets' distribution.

    Returns `error, noise, bias, variance` of each row, the variance as it is of these replicas.
    """
    replicas, rows, _ = probabilities.shape
    parts = np.zeros((4, rows))
    for i in range(rows):
        main = np.exp(np.mean([np.log(probabilities[r, i]) for r in range(replicas)], axis=0))
        main = main / main.sum()
        error = -np.mean([(p[i] * np.log(probabilities[r, i])).sum() for r in range(replicas)])
        variance = np.mean([divergence(main, probabilities[r, i]) for r in range(replicas)])
        parts[:, i] = error, -(p[i] * np.log(np.where(p[i] > 0, p[i], 1))).sum(), divergence(p[i], main), variance
    return parts


def divergence(p, q):
    """Kullback and Leibler's, of `q` from `p`."""
    return sum(a * np.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def jackknife(statistic, replicas):
    """Efron and Tibshirani 1993, equations 10.2 and 11.5: the estimate freed of its bias, and its standard error.

    `statistic` is called with a list of the numbers of the replicas that count.
    """
    every = list(range(replicas))
    whole = statistic(every)
    without = [statistic([r for r in every if r != left_out]) for left_out in every]
    mean = sum(without) / replicas
    spread = sum((value - mean) ** 2 for value in without)
    return replicas * whole - (replicas - 1) * mean, np.sqrt((replicas - 1) / replicas * spread)


def ridge(x, theta, x_test, l2, noise):
    """Bias squared and variance of each test point of ridge regression on a fixed design (Hastie et al., ESL, 7.3).

    The coefficients minimize `mean((y - x @ w)**2) + l2 * sum(w**2)` with `y = x @ theta + e` and `var(e) = noise`.
    """
    rows, features = x.shape
    solve = np.linalg.inv(x.T @ x / rows + l2 * np.eye(features)) @ x.T / rows
    mean = solve @ x @ theta
    return (x_test @ (mean - theta)) ** 2, noise * ((x_test @ solve) ** 2).sum(axis=1)
