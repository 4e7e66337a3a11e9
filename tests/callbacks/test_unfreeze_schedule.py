"""UnfreezeSchedule: what is frozen stays, what joins trains as if anew, and the others do not notice."""

import warnings

import keras
import numpy as np
import pytest

import kerasparts as kp

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(32, 4)).astype("float32")
Y = X[:, :1] * X[:, 1:2]
SGD, ADAM = keras.optimizers.SGD, kp.optimizers.Adam


def compiled(model, optimizer, **kwargs):
    model.compile(optimizer, "mse", jit_compile=False, **kwargs)
    return model


def two_lines(optimizer):
    """Two layers that have nothing to do with one another: a step of one is the same with and without the other."""
    inputs = keras.Input((4,))
    lines = [keras.layers.Dense(2, name=name) for name in ("first", "second")]
    return compiled(keras.Model(inputs, [line(inputs) for line in lines]), optimizer, run_eagerly=True)


def body_and_head(optimizer=None, **kwargs):
    low, norm = keras.layers.Dense(3, name="low"), keras.layers.BatchNormalization(name="norm")
    high = keras.layers.Dense(3, name="high", **kwargs)
    body = keras.Sequential([keras.Input((4,)), low, norm, high], name="body")
    return compiled(
        keras.Sequential([keras.Input((4,)), body, keras.layers.Dense(1, name="head")]), optimizer or ADAM()
    )


class Weights(keras.callbacks.Callback):
    """Those of each epoch's start, and of the end, by name."""

    def on_train_begin(self, logs=None):
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append(self._now())

    def on_train_end(self, logs=None):
        self.epochs.append(self._now())

    def _now(self):
        layers = [
            one for one in self.model._flatten_layers(include_self=False) if not isinstance(one, keras.Sequential)
        ]
        return {layer.name: layer.get_weights() for layer in layers if layer.weights}

    def moved(self):
        """Names of the layers with a weight that moved, of each epoch."""
        return [
            {name for name in before if any((a != b).any() for a, b in zip(before[name], after[name], strict=True))}
            for before, after in zip(self.epochs[:-1], self.epochs[1:], strict=True)
        ]


def fit(model, callbacks, epochs, y=Y, **kwargs):
    y = [y, y] if len(model.outputs) == 2 else y
    return model.fit(X, y, batch_size=16, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks, **kwargs)


# What is trained when


def test_layers_join_one_after_another():
    weights = Weights()
    fit(body_and_head(), [kp.callbacks.UnfreezeSchedule({1: "/high$", 2: "body"}), weights], 3)
    assert weights.moved() == [{"head"}, {"head", "high"}, {"head", "high", "low", "norm"}]


def test_a_layer_belongs_to_the_first_epoch_that_names_it_or_one_around_it():
    model, weights = body_and_head(), Weights()
    schedule = {1: model.get_layer("body"), 2: ["low", "norm"]}
    fit(model, [kp.callbacks.UnfreezeSchedule(schedule), weights], 2)
    assert weights.moved() == [{"head"}, {"head", "high", "low", "norm"}]


@pytest.mark.parametrize("how", ["created", "set"])
def test_what_the_user_has_frozen_is_found(how):
    """On TensorFlow, a weight that was made frozen is another kind of variable."""
    model, weights = body_and_head(trainable=how != "created"), Weights()
    model.get_layer("body").trainable = False
    compiled(model, ADAM())
    fit(model, [kp.callbacks.UnfreezeSchedule({1: "high"}), weights], 2)
    assert weights.moved() == [{"head"}, {"head", "high"}]
    assert model.get_layer("body").trainable  # or a file of the model would freeze all that is inside
    assert [layer.trainable for layer in model.get_layer("body").layers] == [False, False, True]


def test_a_second_fit_begins_frozen_again():
    model, weights, callback = body_and_head(), Weights(), kp.callbacks.UnfreezeSchedule({1: "body"})
    fit(model, [callback], 2)
    fit(model, [callback, weights], 2)
    assert weights.moved() == [{"head"}, {"head", "high", "low", "norm"}]


@pytest.mark.slow
def test_validation_counts_the_penalties_of_what_is_trained():
    model = body_and_head(kernel_regularizer=keras.regularizers.L2(1.0))
    logs = fit(model, [kp.callbacks.UnfreezeSchedule({1: "high"})], 2, validation_data=(X, Y)).history["val_loss"]
    penalty = np.sum(np.square(model.get_layer("body").get_layer("high").get_weights()[0]))
    error = np.mean(np.square(keras.ops.convert_to_numpy(model(X)) - Y))
    assert logs[1] == pytest.approx(error + penalty, rel=1e-4)


def test_a_name_that_is_nowhere_is_refused_at_once():
    with pytest.raises(ValueError, match="`schedule` must be found in the name of a layer of the model"):
        fit(body_and_head(), [kp.callbacks.UnfreezeSchedule({1: "body", 9: "boddy"})], 1)


@pytest.mark.parametrize("schedule", [{}, {1.0: "a"}, {1: []}, {1: "("}, {1: 3}, {True: "a"}, ["a"], {"1": "a"}])
def test_a_bad_schedule_is_refused(schedule):
    with pytest.raises(ValueError, match="`schedule` must be a dict"):
        kp.callbacks.UnfreezeSchedule(schedule)


def test_a_layer_is_saved_by_its_name():
    layer = keras.layers.Dense(1, name="a.b")
    callback = kp.callbacks.UnfreezeSchedule({2: layer})
    assert callback.get_config()["schedule"] == {2: ["(^|/)a\\.b$"]}


# The optimizer

OPTIMIZERS = {
    "Adam": lambda: ADAM(0.01),
    "NovoGrad": lambda: kp.optimizers.NovoGrad(0.01),
    "averaged": lambda: ADAM(0.01, use_ema=True, ema_momentum=0.9, learning_rate_multipliers={"second": 0.5}),
    "Lookahead": lambda: kp.optimizers.Lookahead(ADAM(0.01), sync_period=4),
    "schedule": lambda: kp.optimizers.AdamW(kp.optimizers.schedules.Warmup(0.01, length=3), weight_decay=0.1),
    "Adam of Keras": lambda: keras.optimizers.Adam(0.01),
    "SGD of Keras": lambda: SGD(0.01, momentum=0.9),
}


def quick_and_slow(names, *quick):
    return [pytest.param(name, marks=[] if name in quick else [pytest.mark.slow]) for name in names]


@pytest.mark.slow
@pytest.mark.parametrize("name", quick_and_slow(OPTIMIZERS, "Adam", "averaged"))
def test_who_trains_already_does_not_notice(name):
    """Its weights are those of a training without the other, step for step: the state of the optimizer is kept."""
    weights = []
    for schedule in ({2: "second"}, {9: "second"}):
        keras.utils.set_random_seed(1)
        model = two_lines(OPTIMIZERS[name]())
        fit(model, [kp.callbacks.UnfreezeSchedule(schedule)], 4)
        weights.append(model.get_layer("first").get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", quick_and_slow(["Adam", "NovoGrad", "Lookahead", "SGD of Keras"], "Adam"))
def test_who_joins_trains_as_if_that_were_the_start(name):
    weights = []
    for schedule, epochs in (({2: "second"}, 4), ({0: "second"}, 2)):
        keras.utils.set_random_seed(1)
        model = two_lines(OPTIMIZERS[name]())
        fit(model, [kp.callbacks.UnfreezeSchedule(schedule)], epochs)
        weights.append(model.get_layer("second").get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_adam_of_keras_begins_with_steps_that_are_too_long():
    """Its first step is `(1 - beta_1) / sqrt(1 - beta_2)` learning rates long after many steps of others."""

    def first_step(optimizer):
        model, weights = two_lines(optimizer), Weights()
        optimizer.build(model.trainable_variables)
        optimizer.iterations.assign(100_000)
        y = [Y, Y]
        schedule = kp.callbacks.UnfreezeSchedule({1: "second"})
        model.fit(X, y, batch_size=32, epochs=2, verbose=0, callbacks=[schedule, weights])
        before, after = (epoch["second"][0] for epoch in weights.epochs[-2:])
        return np.abs(after - before).max()

    assert first_step(keras.optimizers.Adam(1e-3)) == pytest.approx(3.16e-3, rel=1e-2)
    assert first_step(ADAM(1e-3)) == pytest.approx(1e-3, rel=1e-2)


def test_the_average_of_who_joins_begins_with_its_weights():
    model = two_lines(kp.optimizers.SGD(0.0, use_ema=True, ema_momentum=0.9))
    start = model.get_layer("second").get_weights()
    fit(model, [kp.callbacks.UnfreezeSchedule({1: "second"})], 2)
    for one, other in zip(start, model.get_layer("second").get_weights(), strict=True):  # which is the average now
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.slow
def test_state_of_all_weights_together_begins_anew():
    model, weights = two_lines(kp.optimizers.LBFGS()), Weights()
    unfreeze = kp.callbacks.UnfreezeSchedule({2: "second"})
    logs = model.fit(X, [Y, Y], batch_size=32, epochs=8, verbose=0, callbacks=[unfreeze, weights]).history["loss"]
    assert weights.moved()[1] == {"first"}
    assert np.isfinite(logs).all()
    assert logs[-1] < 0.5 * logs[2]


def test_half_precision_keeps_its_loss_scale():
    keras.config.set_dtype_policy("mixed_float16")
    model = two_lines(ADAM(0.01))
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"
    weights = Weights()
    fit(model, [kp.callbacks.UnfreezeSchedule({1: "second"}), weights], 2)
    assert weights.moved() == [{"first"}, {"first", "second"}]
    assert int(model.optimizer.step_counter) == 4


def test_an_optimizer_that_does_not_say_what_it_was_made_from_is_refused():
    one = SGD(0.1)
    several = keras.optimizers.MultiOptimizer(lambda variable: one)
    with pytest.raises(ValueError, match="`optimizer` must be one for all weights"):
        fit(two_lines(several), [kp.callbacks.UnfreezeSchedule({1: "second"})], 2)


def test_the_model_can_be_saved_and_trained_on(tmp_path):
    model = body_and_head()
    fit(model, [kp.callbacks.UnfreezeSchedule({1: "high", 5: "low"})], 2)
    model.save(tmp_path / "model.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = keras.models.load_model(tmp_path / "model.keras")
    assert [v.shape for v in loaded.trainable_variables] == [v.shape for v in model.trainable_variables]
    saved, restored = {}, {}
    model.optimizer.save_own_variables(saved)
    loaded.optimizer.save_own_variables(restored)
    assert len(saved) == len(restored) == 3 + 2 * 6  # names, steps, learning rate, and two of each weight
    for name in saved:
        np.testing.assert_array_equal(saved[name], restored[name])


# Restart


def test_a_restart_goes_on_as_if_it_had_not_been():
    def trained(restart):
        keras.utils.set_random_seed(1)
        model, callback = two_lines(ADAM(0.01)), kp.callbacks.UnfreezeSchedule({2: "second"})
        if not restart:
            fit(model, [callback], 5)
            return model.get_weights()
        fit(model, [callback], 3)
        state, weights = callback.get_state(), model.get_weights()
        values = [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables]
        again, callback = two_lines(ADAM(0.01)), kp.callbacks.UnfreezeSchedule({2: "second"})
        again.optimizer.build(again.trainable_variables)

        class Restore(keras.callbacks.Callback):
            def set_model(self, model):  # before any callback begins, as `Checkpoint` does
                callback.set_state(state)
                model.set_weights(weights)
                for variable, value in zip(model.optimizer.variables, values, strict=True):
                    variable.assign(value)

        fit(again, [callback, Restore()], 5, initial_epoch=3)
        return again.get_weights()

    for one, other in zip(trained(False), trained(True), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("died", [1, 2, 3])
def test_a_training_that_died_between_two_stages_goes_on_bit_for_bit(died, tmp_path):
    def train(callbacks, directory):
        keras.utils.set_random_seed(1)
        model = body_and_head(ADAM(0.01, use_ema=True))
        unfreeze = kp.callbacks.UnfreezeSchedule({1: "high", 3: ["low", "norm"]})
        stopping = kp.callbacks.EarlyStopping(criterion="PQ_0.5", strip=3, patience=50, smoothing=0.3, every=3)
        checkpoint = kp.callbacks.Checkpoint(tmp_path / directory, verbose=0)
        model.fit(
            X, Y, batch_size=8, epochs=5, validation_data=(X, Y), verbose=0,
            callbacks=[unfreeze, stopping, checkpoint, *callbacks],
        )  # fmt: skip
        return model, stopping

    def die(epoch, logs):
        if epoch == died:
            raise RuntimeError("no power")

    with pytest.raises(RuntimeError, match="no power"):
        train([keras.callbacks.LambdaCallback(on_epoch_begin=die)], "killed")
    resumed, stopping = train([], "killed")
    whole, expected = train([], "whole")
    for one, other in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (stopping.best, stopping.best_step) == (expected.best, expected.best_step)
