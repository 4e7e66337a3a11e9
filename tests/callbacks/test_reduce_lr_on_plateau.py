"""ReduceLROnPlateau: when it reduces, and that each step then is as long as it says."""

import json
import math

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.optimizers.schedules import Scaled, StepDecay
from tests.reference import learning_rate

X, Y = np.ones((8, 1), "float32"), np.zeros((8, 1), "float32")
EPOCH = 4  # steps


class Script(keras.callbacks.Callback):
    """Writes the values of the monitored number into the logs, and keeps the weight of each epoch."""

    def __init__(self, values):
        super().__init__()
        self.values, self.weights = values, [0.0]

    def on_epoch_end(self, epoch, logs=None):
        logs["val_loss"] = self.values[epoch]
        self.weights.append(float(self.model.get_weights()[0][0, 0]))


def falling(optimizer):
    """A model whose one weight falls by the learning rate in each step."""
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), dense])
    model.compile(optimizer, loss=lambda y_true, y_pred: y_pred, jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def fall(model, callback, values, others=(), **kwargs):
    """How far the weight falls in each epoch."""
    script = Script(values)
    script.weights = [float(model.get_weights()[0][0, 0])]
    arguments = dict(batch_size=len(X) // EPOCH, epochs=len(values), verbose=0, shuffle=False)
    model.fit(X, Y, callbacks=[script, callback, *others], **{**arguments, **kwargs})
    return -np.diff(script.weights)


def told(values, rate=1.0, **kwargs):
    """The learning rates after each epoch, without a `fit`, which takes longer."""
    model = falling(keras.optimizers.SGD(rate, name="SGD"))
    callback = kp.callbacks.ReduceLROnPlateau(**kwargs)
    callbacks = keras.callbacks.CallbackList([callback], model=model)
    callbacks.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        callbacks.on_epoch_begin(epoch)
        logs = {} if value is None else {"val_loss": value}
        callbacks.on_epoch_end(epoch, logs)
        rates.append(float(model.optimizer.learning_rate))
    callbacks.on_train_end()
    return rates


@pytest.mark.parametrize("seed", range(5))
def test_reduces_as_the_peers_do(seed):
    random = np.random.default_rng(seed)
    values = 3 + np.cumsum(random.normal(-0.05, 0.5, size=60))
    values[random.random(60) < 0.1] = math.nan
    arguments = dict(
        factor=0.5,
        patience=int(random.integers(4)),
        cooldown=int(random.integers(4)),
        min_lr=0.01,
        min_delta=0.1,
        relative_min_delta=0.05,
    )
    rates = told(values.tolist(), **arguments)
    np.testing.assert_allclose(rates, learning_rate.reduced_on_plateau(values, 1.0, **arguments), rtol=1e-6)
    assert rates[-1] < 1.0


def test_a_nan_in_the_first_epoch_is_not_the_best_for_ever_as_it_is_in_keras():
    values = [math.nan, 3.0, 2.0, 1.0, 0.5]
    assert told(values, patience=3) == [1.0] * 5
    model = falling(keras.optimizers.SGD(1.0))
    callback = keras.callbacks.ReduceLROnPlateau(patience=3)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"val_loss": value})
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1)


def test_a_cooldown_of_one_epoch_leaves_one_out_as_it_does_not_in_keras():
    values = [1.0] * 5
    ours = told(values, factor=0.5, patience=1, cooldown=1)
    assert ours == [1.0, 0.5, 0.5, 0.25, 0.25]
    model = falling(keras.optimizers.SGD(1.0))
    callback = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, cooldown=1)
    callback.set_model(model)
    callback.on_train_begin()
    theirs = []
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"val_loss": value})
        theirs.append(float(model.optimizer.learning_rate))
    assert theirs == [1.0, 0.5, 0.25, 0.125, 0.0625]


def test_epochs_without_a_value_are_not_counted():
    assert told([1.0, None, 1.0, None, 1.0], factor=0.5, patience=2) == [1.0] * 4 + [0.5]


def test_a_schedule_goes_on_times_the_factor():
    schedule = StepDecay(0.8, every=2, factor=0.5, steps_per_epoch=EPOCH)
    model = falling(kp.optimizers.SGD(schedule))
    callback = kp.callbacks.ReduceLROnPlateau(factor=0.1, patience=2)
    fell = fall(model, callback, [1.0] * 6)
    np.testing.assert_allclose(fell, EPOCH * np.array([0.8, 0.8, 0.4, 0.04, 0.02, 0.002]), rtol=1e-3)
    assert callback.reduced_epochs == [3, 5]
    assert model.history.history["learning_rate"] == pytest.approx([0.8, 0.4, 0.4, 0.02, 0.02, 0.001])  # of next step


def test_keras_ends_the_fit_there_with_a_type_error():
    model = falling(keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.8, 1, 0.9)))
    with pytest.raises(TypeError, match="not settable"):
        fall(model, keras.callbacks.ReduceLROnPlateau(patience=1), [1.0] * 3)


def test_the_reduced_schedule_is_saved_with_the_model(tmp_path):
    model = falling(kp.optimizers.SGD(StepDecay(0.8, every=2, factor=0.5)))
    callback = kp.callbacks.ReduceLROnPlateau(factor=0.1, patience=1, min_lr=0.002)
    callbacks = keras.callbacks.CallbackList([callback], model=model)
    callbacks.on_train_begin()
    for epoch in range(4):
        callbacks.on_epoch_end(epoch, {"val_loss": 1.0})
    schedule = model.optimizer._learning_rate
    assert [type(schedule), type(schedule.schedule)] == [Scaled, StepDecay]
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model.optimizer))
    assert float(again.learning_rate) == pytest.approx(0.002)  # 0.8 * 0.1**3 is below it


@pytest.mark.parametrize("wrap", ["lookahead", "loss_scale", "several"])
def test_every_optimizer_that_takes_part_is_reduced(wrap):
    one, other = keras.optimizers.SGD(1.0), keras.optimizers.SGD(StepDecay(0.5, every=100), name="other")
    optimizer = {
        "lookahead": lambda: kp.optimizers.Lookahead(other, sync_period=2),
        "loss_scale": lambda: keras.optimizers.LossScaleOptimizer(other, initial_scale=1.0),
        "several": lambda: keras.optimizers.MultiOptimizer(lambda v: one if "kernel" in v.path else other),
    }[wrap]()
    model = falling(optimizer)
    fell = fall(model, kp.callbacks.ReduceLROnPlateau(factor=0.5, patience=1), [1.0] * 3)
    share, first = (0.5, 0.5) if wrap == "lookahead" else (1, 1.0 if wrap == "several" else 0.5)
    np.testing.assert_allclose(fell[[0, 2]] / EPOCH, np.array([first, first / 2]) * share, rtol=1e-4, atol=0)


def test_multipliers_fall_with_the_rate_of_the_optimizer():
    model = falling(kp.optimizers.SGD(1.0, learning_rate_multipliers={"kernel": 0.1}))
    fell = fall(model, kp.callbacks.ReduceLROnPlateau(factor=0.5, patience=1), [1.0] * 3)
    np.testing.assert_allclose(fell / EPOCH, [0.1, 0.1, 0.05], rtol=1e-4)


@pytest.mark.parametrize("of_schedule", [True, False])
def test_goes_on_after_a_restart(of_schedule):
    def optimizer():
        return keras.optimizers.SGD(StepDecay(0.8, every=100) if of_schedule else 0.8)

    first = kp.callbacks.ReduceLROnPlateau(factor=0.1, patience=2, cooldown=1)
    fall(falling(optimizer()), first, [1.0] * 4)
    state = json.loads(json.dumps(first.get_state()))

    second = kp.callbacks.ReduceLROnPlateau(factor=0.1, patience=2, cooldown=1)
    second.set_state(state)
    assert second.get_state() == state
    fell = fall(falling(optimizer()), second, [0.0] * 4 + [1.0] * 3, initial_epoch=4)
    np.testing.assert_allclose(fell, EPOCH * np.array([0.08, 0.08, 0.008]), rtol=1e-5)
    assert second.reduced_epochs == [3, 6]


def test_a_second_fit_counts_anew_from_the_rate_there_is():
    model, callback = falling(keras.optimizers.SGD(1.0)), kp.callbacks.ReduceLROnPlateau(factor=0.5, patience=2)
    fall(model, callback, [1.0, 2.0, 2.0])
    fell = fall(model, callback, [5.0, 5.0, 5.0])
    np.testing.assert_allclose(fell, EPOCH * np.array([0.5, 0.5, 0.5]), rtol=1e-5)
    assert callback.reduced_epochs == [3]
    assert float(model.optimizer.learning_rate) == 0.25


def test_a_name_that_is_never_logged_is_warned_about_once_at_the_end():
    callback = kp.callbacks.ReduceLROnPlateau("val_los", mode="min")
    with pytest.warns(UserWarning, match=r"never saw `monitor`='val_los' .* The logs have: loss, learning_rate"):
        falling(keras.optimizers.SGD(1.0)).fit(X, Y, epochs=1, callbacks=[callback], verbose=0)


def test_says_what_it_does(capsys):
    told([1.0, 1.0], patience=1, verbose=1)
    assert capsys.readouterr().out == "Epoch 2: the learning rate of SGD is reduced to 0.1.\n"
