"""TimeLimit, on a clock of the tests' own."""

import keras
import numpy as np
import pytest

import kerasparts as kp

X, Y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")


@pytest.fixture(scope="module")
def model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=False)
    return model


@pytest.fixture
def tick(monkeypatch):
    """A callback to which each step takes a second, and each validation."""
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    def advance(*args, **kwargs):
        clock[0] += 1.0

    return keras.callbacks.LambdaCallback(on_train_batch_begin=advance, on_test_begin=advance), advance


class Count(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.steps, self.validations, self.ended = [], 0, False

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(batch)

    def on_test_end(self, logs=None):
        self.validations += 1

    def on_train_end(self, logs=None):
        self.ended = True


def fit(model, callbacks, epochs=3, **kwargs):
    return model.fit(X, Y, batch_size=2, epochs=epochs, callbacks=callbacks, verbose=0, **kwargs)


def test_the_step_that_begins_after_the_limit_is_the_last(model, tick):
    count, limit = Count(), kp.callbacks.TimeLimit(5.5)
    history = fit(model, [tick[0], limit, count], validation_data=(X, Y))
    assert count.steps == [0, 1, 2, 3, 0]  # four, a validation, and the one that the sixth second falls into
    assert (count.validations, count.ended, len(history.epoch)) == (2, True, 2)
    assert (limit.stopped_epoch, limit.stop_reason) == (2, "Stopped in epoch 2: 5.5 seconds were over.")


def test_no_epoch_begins_after_the_limit(model, tick):
    count, limit = Count(), kp.callbacks.TimeLimit(4.5)
    fit(model, [tick[0], count, limit], validation_data=(X, Y))
    assert count.steps == [0, 1, 2, 3]
    assert limit.stopped_epoch == 1


def test_a_fit_that_ends_by_itself_was_not_stopped(model, tick, capsys):
    limit = kp.callbacks.TimeLimit(12.0, verbose=1)
    fit(model, [limit, tick[0]])
    assert (limit.get_state(), limit.stop_reason) == ({"seconds": 12.0}, None)
    assert capsys.readouterr().out == ""


def test_it_says_why(model, tick, capsys):
    fit(model, [tick[0], kp.callbacks.TimeLimit(2.0, verbose=1)])
    assert capsys.readouterr().out == "Stopped in epoch 1: 2 seconds were over.\n"


def test_earlier_fits_count_where_the_state_is_restored_and_the_time_between_does_not(model, tick):
    first, second = kp.callbacks.TimeLimit(6.0), kp.callbacks.TimeLimit(6.0)
    fit(model, [tick[0], first], epochs=1)
    for _ in range(100):
        tick[1]()
    assert first.get_state() == {"seconds": 4.0}
    second.set_state(first.get_state())
    count = Count()
    fit(model, [tick[0], second, count], epochs=5, initial_epoch=1)
    assert (count.steps, second.stopped_epoch) == ([0, 1], 2)
    fit(model, [tick[0], second], epochs=1)
    assert second.stop_reason is None  # the fit after that starts anew
