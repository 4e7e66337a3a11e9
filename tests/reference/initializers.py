"""Moments of activations under a normal input, convolutions by hand, and LSUV."""

from itertools import pairwise

import numpy as np
from scipy.integrate import quad


def second_moment(f, kinks=(0.0,)):
    """E[f(z)**2] for z standard normal, by adaptive quadrature between the kinks."""
    borders = [-12.0, *kinks, 12.0]
    pieces = (
        quad(lambda z: f(z) ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi), low, high, epsabs=1e-13, limit=500)[0]
        for low, high in pairwise(borders)
    )
    return sum(pieces)


def same_convolution(image, kernel):
    """Convolution (correlation) of `(height, width, channels)` with zeros around, as TensorFlow defines "SAME"."""
    height, width, _ = image.shape
    rows, columns, _, outputs = kernel.shape
    around = [((size - 1) // 2, size // 2) for size in (rows, columns)]
    padded = np.pad(image, [*around, (0, 0)])
    result = np.zeros((height, width, outputs))
    for i in range(height):
        for j in range(width):
            result[i, j] = np.tensordot(padded[i : i + rows, j : j + columns], kernel, axes=3)
    return result


def lsuv(kernels, biases, x, f, tolerance, max_iterations):
    """Mishkin and Matas 2016, Algorithm 1, for a plain stack: a whole forward pass for every division."""
    kernels = [np.asarray(kernel, "float64") for kernel in kernels]
    for layer in range(len(kernels)):
        for _ in range(max_iterations):
            h = np.asarray(x, "float64")
            for kernel, bias in zip(kernels[: layer + 1], biases[: layer + 1], strict=True):
                z = h @ kernel + bias
                h = f(z)
            if abs(z.var() - 1) < tolerance:
                break
            kernels[layer] = kernels[layer] / z.std()
    return kernels
