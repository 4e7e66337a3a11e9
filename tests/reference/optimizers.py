"""Optimizers: `(weights, gradients of each step, arguments) -> weights after each step`."""

import numpy as np


def adamw(w, gradients, learning_rate, weight_decay, beta_1, beta_2, epsilon, **_):
    """Loshchilov and Hutter 2019, Algorithm 2, with the schedule multiplier in the learning rate."""
    w = np.array(w, "float64")
    m, v = np.zeros_like(w), np.zeros_like(w)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat = m / (1 - beta_1**t)
        v_hat = v / (1 - beta_2**t)
        w = w - learning_rate * (m_hat / (np.sqrt(v_hat) + epsilon) + weight_decay * w)
        path.append(w)
    return np.array(path)
