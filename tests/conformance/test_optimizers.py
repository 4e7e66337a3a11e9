"""What every optimizer promises."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.cases import OPTIMIZERS

EVERY = pytest.mark.parametrize("case", OPTIMIZERS, ids=str)
STEPS = 60


def gradients(shape, steps=STEPS, seed=1):
    random = np.random.default_rng(seed)
    return random.normal(size=(steps, *shape)) * random.choice([1e-3, 1.0, 10.0], size=(steps, 1, 1))


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def run(optimizer, start, path, dtype="float32"):
    w = keras.Variable(start, dtype=dtype, name="kernel")
    for gradient in path:
        optimizer.apply([ops.cast(gradient, dtype)], [w])
    return numpy(w)


@EVERY
def test_follows_the_paper_for_60_steps(case):
    start = np.random.default_rng(0).normal(size=(5, 4))
    path = gradients((5, 4))
    w = keras.Variable(start, dtype="float32", name="kernel")
    optimizer = case.build()
    for gradient, expected in zip(path, case.oracle(start, path, **case.kwargs), strict=True):
        optimizer.apply([ops.cast(gradient, "float32")], [w])
        np.testing.assert_allclose(numpy(w), expected, rtol=2e-5, atol=2e-6)


@EVERY
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_weights_follow_the_paper(case, dtype):
    """Small steps on large weights: each is less than half a unit in the last place, and must not be lost."""
    start = np.random.default_rng(0).uniform(1.0, 2.0, size=(5, 4)).astype("float16")
    start = numpy(ops.cast(start, dtype))
    path = numpy(ops.cast(gradients((5, 4)), dtype))
    arguments = {"learning_rate": 1e-3, "weight_decay": 0.01}
    ours = run(case.build(**arguments), start, path, dtype)
    expected = case.oracle(start, path, **{**case.kwargs, **arguments})[-1]
    unit = {"bfloat16": 2.0**-8, "float16": 2.0**-11}[dtype]  # half the spacing between 1 and 2
    assert np.abs(ours - expected).max() <= unit * 1.01
    assert (ours != start).any()


@EVERY
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_default_arguments_move_half_precision_weights(case, dtype):
    start = np.ones((4, 4))
    path = np.ones((STEPS, 4, 4))
    moved = start - run(case.part(1e-3, weight_decay=None), start, path, dtype)
    assert moved == pytest.approx(STEPS * 1e-3, rel=0.1)  # Adam's step under a constant gradient


@EVERY
def test_extreme_gradients_leave_finite_weights(case):
    for scale in (0.0, 1e-30, 1e15):
        assert np.isfinite(run(case.build(), np.ones((2, 2)), np.full((5, 2, 2), scale))).all()


@EVERY
def test_four_epochs_in_one_go_are_two_and_two(case):
    x, y = np.random.default_rng(0).normal(size=(2, 20, 3)).astype("float32")

    def model():
        keras.utils.set_random_seed(1)
        net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(3)])
        net.compile(case.build(), "mse")
        return net

    whole, halves = model(), model()
    whole.fit(x, y, epochs=4, shuffle=False, verbose=0)
    halves.fit(x, y, epochs=2, shuffle=False, verbose=0)
    halves.fit(x, y, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(whole.get_weights(), halves.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@EVERY
@pytest.mark.parametrize(
    "extra",
    [
        dict(clipnorm=0.5),
        dict(clipvalue=0.1),
        dict(global_clipnorm=0.5),
        dict(use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=2),
        dict(gradient_accumulation_steps=2),
        dict(loss_scale_factor=16.0),
        dict(learning_rate=keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)),
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_composes_with_what_keras_offers(case, extra):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
    optimizer = case.build(**extra)
    model.compile(optimizer, "mse")
    x = np.random.default_rng(0).normal(size=(64, 3))
    history = model.fit(x, x.sum(axis=1), epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]
    config = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer)).get_config()
    assert config == optimizer.get_config()


@EVERY
def test_accumulated_gradients_make_one_step_of_their_mean(case):
    start, path = np.ones((2, 3)), gradients((2, 3), steps=8)
    ours = run(case.build(gradient_accumulation_steps=2), start, path)
    expected = case.oracle(start, path.reshape(4, 2, 2, 3).mean(axis=1), **case.kwargs)[-1]
    np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=2e-6)


@EVERY
def test_embeddings_train(case):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Embedding(10, 3), keras.layers.Flatten()])
    model.compile(case.build(), "mse")
    x = np.random.default_rng(0).integers(0, 10, (32, 4))
    history = model.fit(x, np.ones((32, 12)), epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]


@EVERY
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_trains_under_every_precision(case, policy):
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
    model.compile(case.build(), "mse")
    x = np.random.default_rng(0).normal(size=(64, 3))
    history = model.fit(x, x.sum(axis=1), epochs=6, verbose=0).history["loss"]
    assert history[-1] < history[0]


@EVERY
@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="Keras has no stateless_apply on TensorFlow")
def test_stateless_apply_gives_the_same(case):
    start, gradient = np.ones((2, 3)), gradients((2, 3), steps=1)[0]
    w = keras.Variable(start, dtype="float32", name="kernel")
    optimizer = case.build()
    optimizer.build([w])
    new, _ = optimizer.stateless_apply(
        [v.value for v in optimizer.variables], [ops.cast(gradient, "float32")], [w.value]
    )
    np.testing.assert_allclose(numpy(new[0]), run(case.build(), start, [gradient]), rtol=1e-6)
    np.testing.assert_array_equal(numpy(w), start)
