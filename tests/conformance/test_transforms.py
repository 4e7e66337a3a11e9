"""What every gradient transform promises."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from tests.cases import TRANSFORMS

EVERY = pytest.mark.parametrize("case", TRANSFORMS, ids=str)
HELD = pytest.mark.parametrize("case", [case for case in TRANSFORMS if case.oracle], ids=str)
SHAPES = {"kernel": (3, 3, 2, 5), "dense": (4, 6), "bias": (5,), "scale": (1,)}


def numpy(x):
    return np.asarray(ops.convert_to_numpy(x), "float64")


def step(transforms, gradients, starts, dtype="float32"):
    """What plain descent with rate 1 takes off, which is the transformed gradient."""
    variables = [keras.Variable(start, name=name, dtype=dtype) for name, start in starts.items()]
    optimizer = kp.optimizers.SGD(1.0, gradient_transforms=transforms)
    optimizer.apply([ops.cast(g, dtype) for g in gradients], variables)
    return [start - numpy(ops.cast(v, "float32")) for start, v in zip(starts.values(), variables, strict=True)]


def some(scale=1.0, seed=0):
    random = np.random.default_rng(seed)
    return {name: scale * random.normal(size=shape) for name, shape in SHAPES.items()}


@HELD
@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_follows_the_paper(case, scale):
    starts, gradients = some(scale, seed=1), list(some().values())
    expected = case.oracle(gradients, list(starts.values()), **case.kwargs)
    for ours, one in zip(step([case.build()], gradients, starts), expected, strict=True):
        np.testing.assert_allclose(ours, one, rtol=2e-4, atol=1e-6)


@EVERY
def test_takes_part_in_a_compiled_fit(case):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
    model.compile(kp.optimizers.Adam(0.02, gradient_transforms=[case.build()]), "mse")
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    history = model.fit(x, x.sum(axis=1), epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]


@EVERY
def test_takes_empty_lists_of_sparse_gradients_as_arrays(case):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Embedding(10, 3), keras.layers.Flatten()])
    model.compile(kp.optimizers.Adam(0.05, gradient_transforms=[case.build()]), "mse")
    x = np.random.default_rng(0).integers(0, 10, (32, 4))
    history = model.fit(x, np.ones((32, 12)), epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]


@EVERY
def test_half_precision_gradients_are_transformed_in_float32(case):
    starts = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    gradients = [np.full(shape, 3e4) for shape in SHAPES.values()]  # its square is infinite in float16
    assert all(np.isfinite(one).all() for one in step([case.build()], gradients, starts, "float16"))


def test_transforms_are_applied_in_their_order():
    starts = {"kernel": np.zeros((2, 2))}
    gradient = [np.array([[3.0, 1.0], [1.0, 1.0]])]
    centralize, normalize = kp.optimizers.transforms.Centralize(), kp.optimizers.transforms.Normalize()
    (one,) = step([centralize, normalize], gradient, starts)
    np.testing.assert_allclose(one, np.array([[1.0, 0.0], [-1.0, 0.0]]) / np.sqrt(2), rtol=1e-5)
    (other,) = step([normalize, centralize], gradient, starts)
    np.testing.assert_allclose(other, np.array([[1.0, 0.0], [-1.0, 0.0]]) / np.sqrt(12), rtol=1e-5)


def test_what_is_excluded_is_not_clipped():
    starts = {"head": np.ones((2, 2)), "body": np.ones((2, 2))}
    clip = kp.optimizers.transforms.AdaptiveClip(0.01, exclude=["^head$"])
    head, body = step([clip], [np.ones((2, 2))] * 2, starts)
    np.testing.assert_allclose(head, 1.0, rtol=1e-6)
    np.testing.assert_allclose(body, 0.01, rtol=1e-4)


def test_noise_has_the_variance_of_the_paper_and_fades():
    noise = kp.optimizers.transforms.GradientNoise(eta=0.5, gamma=1.0)
    optimizer = kp.optimizers.SGD(1.0, gradient_transforms=[noise])
    w = keras.Variable(np.zeros((100, 100)), name="kernel")
    before = numpy(w)
    for t in range(3):
        optimizer.apply([ops.zeros((100, 100))], [w])
        drawn, before = numpy(w) - before, numpy(w)
        assert drawn.var() == pytest.approx(0.5 / (1 + t), rel=0.1)
        assert abs(drawn.mean()) < 0.03


def test_other_objects_are_refused():
    with pytest.raises(ValueError, match=r"`gradient_transforms` must be a list .*Received: "):
        kp.optimizers.SGD(gradient_transforms=["centralize"])
