"""What every optimizer around another one promises, and what each alone does."""

import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import ops

from kerasparts import optimizers
from kerasparts.callbacks import EvaluatedWeights
from kerasparts.model_selection.engines import Vectorized
from kerasparts.optimizers import SGD, AdamW, Lookahead, Proximal, ScheduleFree
from kerasparts.optimizers.transforms import SkipNonFinite
from tests.cases import WRAPPED, WRAPPERS
from tests.model_selection import small
from tests.reference import optimizers as reference

EVERY = pytest.mark.parametrize("case", WRAPPERS, ids=str)
START = np.random.default_rng(0).normal(size=(5, 4))
PATH = np.random.default_rng(1).normal(size=(60, 5, 4))
CLOSE = dict(rtol=2e-5, atol=2e-6)


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def expected(case, start=START, path=PATH, step=None, **changes):
    arguments = {"learning_rate": WRAPPED["learning_rate"], **case.kwargs, **changes}
    return case.oracle(start, path, step or reference.adamw_step(**WRAPPED), **arguments)


def around(case, **changes):
    """The part around an optimizer that has more arguments."""
    return case.build(optimizer=AdamW(**WRAPPED, **changes))


def run(optimizer, start=START, path=PATH, dtype="float32"):
    w = keras.Variable(start, dtype=dtype, name="kernel")
    for gradient in path:
        optimizer.apply([ops.cast(gradient, dtype)], [w])
    return numpy(w)


def network():
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(2)])


X, Y = np.random.default_rng(0).normal(size=(2, 24, 3)).astype("float32")
DATA = dict(x=X, y=Y[:, :2], batch_size=8, shuffle=False, verbose=0)


def same(one, other):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@EVERY
def test_follows_the_paper_for_60_steps(case):
    optimizer, w = case.build(), keras.Variable(START, dtype="float32", name="kernel")
    for gradient, after in zip(PATH, expected(case), strict=True):
        optimizer.apply([ops.cast(gradient, "float32")], [w])
        np.testing.assert_allclose(numpy(w), after, **CLOSE)


@EVERY
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_weights_follow_the_paper(case, dtype):
    start = numpy(ops.cast(START, dtype))
    path = numpy(ops.cast(PATH, dtype))
    unit = {"bfloat16": 2.0**-8, "float16": 2.0**-11}[dtype]
    after = expected(case, start, path)[-1]
    np.testing.assert_allclose(run(case.build(), start, path, dtype), after, atol=1.01 * unit * np.abs(after).max())


@EVERY
def test_goes_around_an_optimizer_of_keras(case):
    inner = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    ours = AdamW(0.01, weight_decay=0.1)
    # Keras decays before the step, and puts the corrections into the rate.
    results = [run(case.build(optimizer=one), path=PATH[:20]) for one in (inner, ours)]
    np.testing.assert_allclose(*results, rtol=2e-3, atol=2e-4)


@EVERY
def test_moves_only_when_accumulated_gradients_are_applied(case):
    after = expected(case, path=PATH[:20].reshape(10, 2, 5, 4).mean(axis=1))[-1]
    ours = run(around(case, gradient_accumulation_steps=2), path=PATH[:20])
    np.testing.assert_allclose(ours, after, **CLOSE)


@EVERY
def test_a_step_that_is_left_out_changes_nothing(case):
    inner = SGD(WRAPPED["learning_rate"], gradient_transforms=[SkipNonFinite()])
    optimizer, w = case.build(optimizer=inner), keras.Variable(START, name="kernel")
    for gradient in PATH[:5]:
        optimizer.apply([ops.cast(gradient, "float32")], [w])
        before = [numpy(v) for v in (w, *optimizer.variables)]
        optimizer.apply([ops.full((5, 4), float("nan"))], [w])
        after = [numpy(v) for v in (w, *optimizer.variables)]
        changed = [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
        assert sum(changed) == 2  # the count of all steps, and that of skipped ones
    after = expected(case, path=PATH[:5], step=lambda w, g, t: w - WRAPPED["learning_rate"] * g)[-1]
    np.testing.assert_allclose(numpy(w), after, **CLOSE)


@EVERY
@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="Keras has no stateless_apply on TensorFlow")
def test_stateless_apply_gives_the_same(case):
    w, optimizer = keras.Variable(START, dtype="float32", name="kernel"), case.build()
    optimizer.build([w])
    state, weights = [v.value for v in optimizer.variables], [w.value]
    for gradient in PATH[:5]:
        weights, state = optimizer.stateless_apply(state, [ops.cast(gradient, "float32")], weights)
    np.testing.assert_allclose(numpy(weights[0]), run(case.build(), path=PATH[:5]), rtol=1e-6)
    np.testing.assert_array_equal(numpy(w), START.astype("float32"))


@EVERY
def test_trains_with_a_loss_that_keras_scales(case):
    keras.config.set_dtype_policy("mixed_float16")
    model = network()
    model.compile(case.build(), "mse")
    history = model.fit(**DATA, epochs=5).history["loss"]
    assert history[-1] < history[0]


@EVERY
def test_embeddings_train(case):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Embedding(10, 3), keras.layers.Flatten()])
    model.compile(case.build(), "mse")
    x = np.random.default_rng(0).integers(0, 10, (32, 4))
    history = model.fit(x, np.ones((32, 12)), epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]


@EVERY
@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Torch needs a compiler, and has no such steps")
def test_compiled_and_several_steps_at_a_time_gives_the_same(case):
    models = [network(), network()]
    models[0].compile(case.build(), "mse", jit_compile=False)
    models[1].compile(case.build(), "mse", jit_compile=True, steps_per_execution=3)
    for model in models:
        model.fit(**DATA, epochs=4)
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@EVERY
def test_callbacks_set_the_learning_rate_of_the_inner_optimizer(case):
    model = network()
    model.compile(case.build(), "mse")
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5 * rate)
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.1, patience=1, min_delta=1e9)
    model.fit(**DATA, epochs=2, callbacks=[schedule, plateau])
    assert float(model.optimizer.optimizer.learning_rate) == pytest.approx(WRAPPED["learning_rate"] / 40)


@EVERY
def test_scales_the_loss_as_the_inner_optimizer_would(case):
    optimizer = around(case, loss_scale_factor=16.0)
    assert float(optimizer.scale_loss(ops.ones(()))) == 16.0
    np.testing.assert_allclose(run(optimizer, path=16 * PATH[:9]), run(case.build(), path=PATH[:9]), rtol=1e-6)
    assert (
        keras.optimizers.LossScaleOptimizer(
            around(case, loss_scale_factor=16.0)
        ).inner_optimizer.optimizer.loss_scale_factor
        is None
    )


@EVERY
def test_every_array_is_in_the_file_once(case, tmp_path):
    model = network()
    model.compile(case.build(), "mse")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive, h5py.File(archive.open("model.weights.h5")) as file:
        own = len(model.optimizer.variables) - len(model.optimizer.optimizer.variables)
        assert len(file["optimizer/vars"]) == own + 1  # with their names
        assert len(file["optimizer/optimizer/vars"]) > 0


@EVERY
def test_weights_of_the_optimizer_can_be_set(case):
    one, other = case.build(), case.build()
    run(one, path=PATH[:3])
    other.build([keras.Variable(START, name="kernel")])
    other.set_weights([v.numpy() for v in one.variables])
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(numpy(a), numpy(b))


@EVERY
def test_norms_are_those_of_the_inner_optimizer(case):
    optimizer = around(case, record_norms=True)
    run(optimizer, path=PATH[:1])
    assert optimizer.norms()["kernel"][0] == pytest.approx(np.linalg.norm(PATH[0]), rel=1e-5)


@EVERY
def test_constraints_hold(case):
    layer = keras.layers.Dense(4, kernel_constraint="unit_norm", use_bias=False)
    layer.build((None, 5))
    optimizer = case.build()
    for gradient in PATH[:9]:
        optimizer.apply([ops.cast(gradient, "float32")], layer.trainable_variables)
    norms = np.linalg.norm(numpy(layer.kernel), axis=0)
    np.testing.assert_allclose(norms[norms > 0], 1.0, rtol=1e-5)


@EVERY
def test_refuses_what_would_not_work_inside(case):
    built = SGD(0.1)
    run(built, path=PATH[:1])
    for inner in (
        built,
        SGD(0.1, use_ema=True),
        keras.optimizers.LossScaleOptimizer(SGD(0.1)),
        ScheduleFree(SGD(0.1)),
        Proximal(SGD(0.1)),
    ):
        with pytest.raises(ValueError, match="`optimizer` must be"):
            case.part(**{**case.kwargs, "optimizer": inner})


@EVERY
@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Torch has no vectorized engine")
def test_the_vectorized_engine_refuses_with_the_reason(case):
    def build_model():
        model = network()
        model.compile(case.build(), "mse")
        return model

    with pytest.raises(ValueError, match="The optimizer wraps another one"):
        list(Vectorized().run(small.plan(build_model=build_model), small.tasks(2)))


def test_lookahead_goes_inside_proximal_and_is_saved_with_it(tmp_path):
    def optimizer():
        return Proximal(Lookahead(AdamW(0.02, 0.1), sync_period=2), l1=0.5)

    model = network()
    model.compile(optimizer(), "mse")
    model.fit(**DATA, epochs=3)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    for one in (model, again):
        one.fit(**DATA, epochs=3)
    assert same(model, again)
    assert (model.layers[0].kernel.numpy() == 0).any()
    config = keras.saving.serialize_keras_object(again.optimizer)["config"]
    assert config["optimizer"]["config"]["sync_period"] == 2


# Lookahead


def test_lookahead_with_a_whole_step_makes_no_difference():
    ours, plain = (run(optimizer, path=PATH[:7]) for optimizer in (Lookahead(SGD(0.1), 3, 1.0), SGD(0.1)))
    np.testing.assert_allclose(ours, plain, rtol=1e-6, atol=1e-6)


# Proximal


def test_what_is_zero_is_exactly_zero_and_stays_so():
    """The gradient of a useless weight is noise that a price of 0.5 covers, in half precision too."""
    noise = np.random.default_rng(0).uniform(-0.4, 0.4, size=(50, 5, 4))
    for dtype in ("float32", "bfloat16", "float16"):
        optimizer, w = Proximal(SGD(0.1), l1=0.5), keras.Variable(0.3 * np.sign(START), dtype=dtype, name="kernel")
        zeros = []
        for gradient in noise:
            optimizer.apply([ops.cast(gradient, dtype)], [w])
            zeros.append(int((numpy(w) == 0).sum()))
        assert zeros == sorted(zeros)
        assert zeros[-1] == 20


@pytest.mark.parametrize("inner", [SGD, keras.optimizers.SGD], ids=["ours", "of Keras"])
def test_thresholds_smaller_than_the_rounding_add_up(inner):
    optimizer, w = Proximal(inner(1e-3), l1=1.0), keras.Variable(np.ones((2, 2)), dtype="bfloat16", name="kernel")
    for _ in range(100):
        optimizer.apply([ops.zeros((2, 2), "bfloat16")], [w])
    np.testing.assert_allclose(numpy(w), 0.9, atol=2.0**-9)


def test_the_penalty_is_the_one_of_the_loss():
    """At the minimum of `(w - a)**2 / 2 + l1 * |w|` is `a` after soft-thresholding by `l1`."""
    a = np.array([[2.0, -1.0, 0.3, -0.2]])
    for inner in (SGD(0.1), SGD(0.1, momentum=0.5, momentum_form="average")):
        w, optimizer = keras.Variable(np.zeros((1, 4)), name="kernel"), Proximal(inner, l1=0.5)
        for _ in range(150):
            optimizer.apply([ops.cast(numpy(w) - a, "float32")], [w])
        np.testing.assert_allclose(numpy(w), [[1.5, -0.5, 0.0, 0.0]], atol=1e-5)


def test_groups_vanish_whole_and_biases_are_left_alone():
    w, bias = keras.Variable([[3.0, 0.1], [4.0, 0.1]], name="kernel"), keras.Variable([1.0, 0.0], name="bias")
    optimizer = Proximal(SGD(0.1), group=2.0)
    optimizer.apply([ops.zeros((2, 2)), ops.zeros(2)], [w, bias])
    shrunk = 1 - 0.1 * 2.0 * np.sqrt(2) / 5
    np.testing.assert_allclose(numpy(w), [[3 * shrunk, 0.0], [4 * shrunk, 0.0]], rtol=1e-6)
    np.testing.assert_array_equal(numpy(bias), [1.0, 0.0])


def test_a_slow_variable_is_thresholded_slowly_and_a_frozen_one_not_at_all():
    inner = SGD(0.1, learning_rate_multipliers={"slow": 0.5, "frozen": 0.0})
    optimizer = Proximal(inner, l1=1.0)
    variables = [keras.Variable(np.ones((2, 2)), name=name) for name in ("slow", "frozen", "other")]
    optimizer.apply([ops.zeros((2, 2))] * 3, variables)
    assert [float(numpy(v)[0, 0]) for v in variables] == pytest.approx([0.95, 1.0, 0.9])


def test_the_threshold_follows_the_estimate_of_prodigy():
    w, optimizer = keras.Variable(np.ones((2, 2)), name="kernel"), Proximal(optimizers.Prodigy(d0=1e-3), l1=1.0)
    optimizer.apply([ops.zeros((2, 2))], [w])
    np.testing.assert_allclose(numpy(w), 0.999, rtol=1e-6)


def test_an_axis_that_the_weights_lack_is_refused_before_training():
    with pytest.raises(ValueError, match="`axis` must be inside the 2 axes"):
        Proximal(SGD(0.1), group=1.0, axis=2).build([keras.Variable(START, name="kernel")])


# ScheduleFree


def average_of(case, dtype="float32"):
    optimizer, w = case.build(), keras.Variable(START, dtype=dtype, name="kernel")
    for gradient in PATH:
        optimizer.apply([ops.cast(gradient, dtype)], [w])
    optimizer.finalize_variable_values([w])
    return numpy(w), optimizer, w


SCHEDULE_FREE = next(case for case in WRAPPERS if case.part is ScheduleFree)


def test_the_average_is_that_of_the_paper():
    np.testing.assert_allclose(average_of(SCHEDULE_FREE)[0], expected(SCHEDULE_FREE, averages=True)[-1], **CLOSE)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_showing_the_average_changes_nothing(dtype):
    _, optimizer, w = average_of(SCHEDULE_FREE, dtype)
    optimizer.show_evaluated_weights()
    optimizer.show_trained_weights()
    never = SCHEDULE_FREE.build()
    untouched = keras.Variable(START, dtype=dtype, name="kernel")
    for gradient in PATH:
        never.apply([ops.cast(gradient, dtype)], [untouched])
    np.testing.assert_array_equal(numpy(w), numpy(untouched))
    for gradient in PATH[:5]:
        never.apply([ops.cast(gradient, dtype)], [untouched])
        optimizer.apply([ops.cast(gradient, dtype)], [w])
        optimizer.show_evaluated_weights()
        optimizer.show_trained_weights()
    np.testing.assert_array_equal(numpy(w), numpy(untouched))


def test_without_the_callback_one_step_starts_from_the_average():
    optimizer, w = SCHEDULE_FREE.build(), keras.Variable(START, dtype="float32", name="kernel")
    for t, gradient in enumerate(PATH[:20], 1):
        if t in (8, 15):
            optimizer.finalize_variable_values([w])  # as at the end of `fit`
        optimizer.apply([ops.cast(gradient, "float32")], [w])
    after = expected(SCHEDULE_FREE, path=PATH[:20], from_average=(8, 15))[-1]
    np.testing.assert_allclose(numpy(w), after, **CLOSE)


def test_a_warm_up_weighs_less():
    """With rates 0.1, 0.2, 0.2 and a power of 2, the weights are 1, 4 and 4 of 9."""
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.1, 0.2])
    w, optimizer = keras.Variable(np.zeros((1, 1)), name="kernel"), ScheduleFree(SGD(rate), beta=0.0)
    for _ in range(3):
        optimizer.apply([ops.ones((1, 1))], [w])
    assert float(numpy(w)[0, 0]) == pytest.approx(-0.5)  # z
    optimizer.show_evaluated_weights()
    assert float(numpy(w)[0, 0]) == pytest.approx(-(1 * 0.1 + 4 * 0.3 + 4 * 0.5) / 9)


def test_a_learning_rate_of_zero_is_no_trouble():
    optimizer = ScheduleFree(SGD(0.0))
    np.testing.assert_allclose(run(optimizer, path=PATH[:2]), START, rtol=1e-6)


class Watch(keras.callbacks.Callback):
    """The weights that validation and callbacks after it see."""

    def __init__(self):
        super().__init__()
        self.validated, self.ended = [], []

    def on_test_end(self, logs=None):
        self.validated.append(self.model.get_weights()[0])

    def on_epoch_end(self, epoch, logs=None):
        self.ended.append(self.model.get_weights()[0])


def test_validation_and_what_is_saved_see_the_average(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")  # Keras puts its own optimizer around ours
    averages = []
    for epochs in (1, 2):
        model = network()
        model.compile(ScheduleFree(SGD(0.1)), "mse")
        model.fit(**DATA, epochs=epochs)  # after which the model has the average
        averages.append(model.get_weights()[0])
    model, watch = network(), Watch()
    model.compile(ScheduleFree(SGD(0.1)), "mse")
    saving = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    callbacks = [EvaluatedWeights(), saving, watch]
    model.fit(**DATA, epochs=2, validation_data=(X, Y[:, :2]), validation_freq=2, callbacks=callbacks)
    np.testing.assert_array_equal(watch.validated, averages[1:])
    for i in range(2):
        np.testing.assert_array_equal(watch.ended[i], averages[i])
        saved = keras.models.load_model(tmp_path / f"{i + 1}.keras")
        np.testing.assert_array_equal(saved.get_weights()[0], averages[i])
    np.testing.assert_array_equal(model.get_weights()[0], averages[1])


def test_with_the_callback_two_and_two_epochs_are_four(tmp_path):
    def trained(*pieces):
        model = network()
        model.compile(ScheduleFree(AdamW(0.02, 0.1, beta_1=0.0)), "mse")
        for epochs in pieces:
            model.fit(**DATA, epochs=epochs, callbacks=[EvaluatedWeights()])
            model.save(tmp_path / "model.keras")
            model = keras.models.load_model(tmp_path / "model.keras")
        return model

    assert same(trained(4), trained(2, 2))


def test_a_callback_that_evaluates_in_the_middle_of_an_epoch_disturbs_nothing():
    class Evaluate(keras.callbacks.Callback):
        def __init__(self, callback):
            super().__init__()
            self.callback = callback

        def on_train_batch_end(self, batch, logs=None):
            self.callback.on_test_begin()

    def trained(*others):
        model, callback = network(), EvaluatedWeights()
        model.compile(ScheduleFree(SGD(0.1)), "mse")
        model.fit(**DATA, epochs=2, callbacks=[callback, *(other(callback) for other in others)])
        return model

    assert same(trained(), trained(Evaluate))


def test_the_callback_refuses_an_optimizer_that_has_nothing_to_show():
    model = network()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`optimizer` must be"):
        model.fit(**DATA, callbacks=[EvaluatedWeights()])


def test_needs_no_schedule():
    """On a noisy bowl the average ends near the minimum, where SGD with the same constant rate goes on jumping."""
    random = np.random.default_rng(0)
    noise = random.normal(size=(120, 5, 4))

    def distance(optimizer):
        w = keras.Variable(START, dtype="float32", name="kernel")
        for kick in noise:
            optimizer.apply([ops.cast(numpy(w) + kick, "float32")], [w])
        optimizer.finalize_variable_values([w])
        return np.linalg.norm(numpy(w))

    assert distance(ScheduleFree(SGD(0.5))) < 0.5 * distance(SGD(0.5))
