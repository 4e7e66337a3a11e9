"""Prodigy: the estimate of the distance, against the paper and by what it is for."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts.optimizers import Adam, Prodigy
from kerasparts.optimizers.transforms import SkipNonFinite
from tests.reference import optimizers as reference

DEFAULTS = dict(
    learning_rate=1.0,
    beta_1=0.9,
    beta_2=0.999,
    beta_3=None,
    epsilon=1e-8,
    d0=1e-3,
    d_coef=1.0,
    growth_rate=None,
    safeguard_warmup=False,
    bias_correction=False,
)


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def into_a_bowl(start, arguments, steps=60, seed=0):
    """Noisy gradients of a bowl along the way that the oracle takes in it."""
    random = np.random.default_rng(seed)
    center = random.normal(size=(5, 4))
    path = []
    for _ in range(steps):
        w = reference.prodigy(start, path, **arguments)[-1] if path else start
        path.append(w - center + 0.3 * random.normal(size=(5, 4)))
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {},
        dict(growth_rate=1.05),
        dict(growth_rate=1.3, d0=1e-6),
        dict(safeguard_warmup=True, bias_correction=True),
        dict(beta_3=0.9, d_coef=0.5, weight_decay=0.1),
    ],
    ids=str,
)
def test_the_estimate_grows_as_in_the_paper(changes):
    arguments = {**DEFAULTS, **changes}
    start = 0.01 * np.random.default_rng(1).normal(size=(5, 4))  # else the first, short ways are lost in float32
    path = into_a_bowl(start, arguments)
    expected = reference.prodigy(start, path, **arguments)
    w, optimizer = keras.Variable(start, dtype="float32", name="kernel"), Prodigy(**arguments)
    for gradient, after in zip(path, expected, strict=True):
        optimizer.apply([ops.cast(gradient, "float32")], [w])
        np.testing.assert_allclose(numpy(w), after, rtol=2e-5, atol=2e-6)
    assert optimizer.d > 5 * arguments["d0"]


def test_the_estimate_is_one_over_all_variables_that_move():
    start = np.random.default_rng(1).normal(size=(5, 4))
    path = into_a_bowl(start, DEFAULTS)
    expected = reference.prodigy(start, path, **DEFAULTS)[-1]
    parts = [
        keras.Variable(part, dtype="float32", name=name) for name, part in zip("ab", np.split(start, [2]), strict=True)
    ]
    frozen = keras.Variable(start, dtype="float32", name="frozen")
    optimizer = Prodigy(**DEFAULTS, learning_rate_multipliers={"frozen": 0.0})
    for gradient in path:
        gradients = [*np.split(gradient, [2]), 100 * gradient]
        optimizer.apply([ops.cast(g, "float32") for g in gradients], [*parts, frozen])
    np.testing.assert_allclose(np.concatenate([numpy(part) for part in parts]), expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_estimate_is_not_lost_in_half_precision(dtype):
    start = numpy(ops.cast(np.random.default_rng(1).uniform(1, 2, size=(5, 4)), dtype))
    path = [numpy(ops.cast(gradient, dtype)) for gradient in into_a_bowl(start, DEFAULTS)]
    expected = reference.prodigy(start, path, **DEFAULTS)[-1]
    w, optimizer = keras.Variable(start, dtype=dtype, name="kernel"), Prodigy(**DEFAULTS)
    for gradient in path:
        optimizer.apply([ops.cast(gradient, dtype)], [w])
    unit = {"bfloat16": 2.0**-8, "float16": 2.0**-11}[dtype]
    np.testing.assert_allclose(numpy(w), expected, atol=1.01 * unit * np.abs(expected).max())
    assert optimizer.d > 5e-3


def test_a_step_left_out_leaves_the_estimate_as_it_is():
    w = keras.Variable(np.ones((5, 4)), name="kernel")
    optimizer = Prodigy(**DEFAULTS, gradient_transforms=[SkipNonFinite()])
    for gradient in into_a_bowl(np.ones((5, 4)), DEFAULTS, steps=10):
        optimizer.apply([ops.cast(gradient, "float32")], [w])
    before = optimizer.d
    optimizer.apply([ops.full((5, 4), float("inf"))], [w])
    assert optimizer.d == before > 1e-3


def test_zero_gradients_leave_everything_as_it_is():
    w, optimizer = keras.Variable(np.ones((2, 3)), name="kernel"), Prodigy()
    for _ in range(3):
        optimizer.apply([ops.zeros((2, 3))], [w])
    np.testing.assert_array_equal(numpy(w), 1.0)
    assert optimizer.d == pytest.approx(1e-6)


def test_needs_no_learning_rate_whatever_the_scale_of_the_problem():
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 10))
    slope = random.normal(size=(10, 1))

    def error(optimizer, scale, steps=150):
        w = keras.Variable(np.zeros((10, 1)), dtype="float32", name="kernel")
        for _ in range(steps):
            optimizer.apply([ops.cast(x.T @ (x @ (numpy(w) - scale * slope)) / len(x), "float32")], [w])
        return np.sum((numpy(w) / scale - slope) ** 2) / np.sum(slope**2)

    assert error(Prodigy(), 0.1) < 1e-3
    assert error(Prodigy(), 100.0) < 1e-3
    assert error(Adam(0.1), 100.0) > 0.5
