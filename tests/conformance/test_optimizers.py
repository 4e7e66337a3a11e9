"""What every optimizer promises."""

import inspect

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts.optimizers.schedules import StepDecay
from kerasparts.testing.promises import optimizer as promises
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


def defaults(part):
    parameters = inspect.signature(part.__init__).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


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
def test_follows_the_paper_with_its_default_arguments_and_decay(case):
    start = np.random.default_rng(0).normal(size=(5, 4))
    path = gradients((5, 4))
    arguments = {**defaults(case.part), "weight_decay": 0.1}
    expected = case.oracle(start, path, **arguments)[-1]
    np.testing.assert_allclose(run(case.part(weight_decay=0.1), start, path), expected, rtol=2e-5, atol=2e-6)


@EVERY
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("weight_decay", [None, 0.01])
def test_half_precision_weights_follow_the_paper(case, dtype, weight_decay):
    """Small steps on large weights: most are less than half a unit in the last place, and must not be lost."""
    start = np.random.default_rng(0).uniform(1.0, 2.0, size=(5, 4)).astype("float16")
    start = numpy(ops.cast(start, dtype))
    path = numpy(ops.cast(gradients((5, 4)), dtype))
    ours = run(case.part(weight_decay=weight_decay, **case.moving), start, path, dtype)
    arguments = {**defaults(case.part), "weight_decay": weight_decay, **case.moving}
    expected = case.oracle(start, path, **arguments)[-1]
    unit = {"bfloat16": 2.0**-8, "float16": 2.0**-11}[dtype]  # half the spacing between 1 and 2
    assert np.abs(ours - expected).max() <= unit * 1.01 * np.abs(expected).max()
    assert (ours != start).any()


@EVERY
def test_extreme_gradients_leave_finite_weights(case):
    promises.bears_gradients_of_any_size(case.subject())


@EVERY
@pytest.mark.parametrize(
    "extra",
    [
        dict(clipnorm=0.5, use_ema=True, ema_overwrite_frequency=2, gradient_accumulation_steps=2),
        dict(global_clipnorm=0.5, loss_scale_factor=16.0, learning_rate=StepDecay(0.1, 5, 0.5)),
    ],
    ids=["norms, averages, accumulation", "norm, scaled loss, schedule"],
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


@pytest.mark.slow
@EVERY
def test_embeddings_train(case):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Embedding(10, 3), keras.layers.Flatten()])
    model.compile(case.build(), "mse")
    x = np.random.default_rng(0).integers(0, 10, (32, 4))
    history = model.fit(x, np.ones((32, 12)), epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]


@EVERY
@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("bfloat16", marks=pytest.mark.slow)])
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


@EVERY
def test_multipliers_scale_the_learning_rate_of_what_they_find(case):
    start, path = np.ones((2, 3)), gradients((2, 3), steps=5)
    optimizer = case.build(learning_rate_multipliers={"slow": 0.1, "frozen|slow": 0.0}, weight_decay=0.1)
    slow, frozen, other = (keras.Variable(start, name=name) for name in ("slow", "frozen", "other"))
    for gradient in path:
        optimizer.apply([ops.cast(gradient, "float32")] * 3, [slow, frozen, other])
    arguments = {**case.kwargs, "weight_decay": 0.1}
    np.testing.assert_allclose(numpy(other), case.oracle(start, path, **arguments)[-1], rtol=2e-5)
    arguments["learning_rate"] *= 0.1
    np.testing.assert_allclose(numpy(slow), case.oracle(start, path, **arguments)[-1], rtol=2e-5)
    np.testing.assert_array_equal(numpy(frozen), start)


@EVERY
def test_norms_of_the_last_step_can_be_read(case):
    optimizer = case.build(record_norms=True, weight_decay=0.1)
    start, path = np.full((2, 3), 2.0), gradients((2, 3), steps=3)
    w, still = keras.Variable(start, name="kernel"), keras.Variable([1.0], name="offset")
    for gradient in path:
        before = numpy(w)
        optimizer.apply([ops.cast(gradient, "float32"), ops.zeros(1)], [w, still])
    norms = optimizer.norms()
    ratio = np.linalg.norm(numpy(w) - before) / np.linalg.norm(before)
    assert norms["kernel"] == pytest.approx((np.linalg.norm(path[-1]), ratio), rel=1e-3)
    assert norms["offset"][0] == 0
    with pytest.raises(ValueError, match="`record_norms` must be True"):
        case.build().norms()


@EVERY
def test_a_step_that_is_not_finite_leaves_weights_and_state_as_they_are(case):
    skip = kp.optimizers.transforms.SkipNonFinite()
    optimizer, start = case.build(gradient_transforms=[skip], weight_decay=0.1), np.ones((2, 3))
    w, other = keras.Variable(start, name="kernel"), keras.Variable(start, name="other")
    one = ops.ones((2, 3))
    optimizer.apply([one, one], [w, other])
    before = [numpy(v) for v in (w, other, *optimizer.variables)]
    optimizer.apply([one, one * float("nan")], [w, other])
    after = [numpy(v) for v in (w, other, *optimizer.variables)]
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if not np.array_equal(a, b)]
    assert len(changed) == 2  # the count of steps, and that of skipped ones
    assert skip.skipped == 1
    optimizer.apply([one, one], [w, other])
    assert (numpy(w) != after[0]).all()
    assert np.isfinite(numpy(other)).all()


# Plain, with state that all variables share, and with a decay of its own.
KINDS = [case for case in OPTIMIZERS if case.part in (kp.optimizers.SGD, kp.optimizers.Nadam, kp.optimizers.NovoGrad)]


@pytest.mark.parametrize("case", KINDS, ids=str)
def test_rules_live_on_after_saving(case, tmp_path):
    rules = dict(
        weight_decay=0.05,
        weight_decay_exclude=["bias"],
        learning_rate_multipliers={"first/": 0.5},
        gradient_transforms=[kp.optimizers.transforms.Centralize(), kp.optimizers.transforms.GradientNoise(0.01)],
        record_norms=True,
    )
    rules = {name: value for name, value in rules.items() if name not in case.kwargs}
    keras.utils.set_random_seed(1)
    x, y = np.random.default_rng(0).normal(size=(2, 20, 3)).astype("float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh", name="first"), keras.layers.Dense(3)])
    model.compile(case.build(**rules), "mse")
    model.fit(x, y, epochs=2, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    for one in (model, again):
        one.fit(x, y, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    ours, theirs = model.optimizer.norms(), again.optimizer.norms()
    assert list(ours.values()) == list(theirs.values())  # Keras builds a loaded model under another path
