"""EarlyStopping: when it stops, what it hands back, and that no way out of `fit` is missed."""

import json
import math
import os
import signal
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

import kerasparts as kp
from kerasparts.model_selection.engines._replicas import CannotVectorize
from kerasparts.model_selection.engines._stopping import Stopping

NAN, INF = math.nan, math.inf
X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


class Script(keras.callbacks.Callback):
    """Writes the values of a monitored number into the logs and keeps the weights of each epoch."""

    def __init__(self, values, name="val_loss"):
        super().__init__()
        self.values, self.name = values, name

    def on_train_begin(self, logs=None):
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        if epoch < len(self.values) and self.values[epoch] is not None:
            logs[self.name] = self.values[epoch]
        self.weights.append(self.model.get_weights())


class At(keras.callbacks.Callback):
    """Does something once, when the hook comes first in the given epoch, counted from 1."""

    def __init__(self, hook, epoch, action):
        super().__init__()
        self.due, self.action = (hook, epoch), action
        self.epoch, self.ended = 0, False

    def _reach(self, hook):
        if (hook, self.epoch) == self.due:
            self.due = None
            self.action()

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch + 1
        self._reach("on_epoch_begin")

    def on_epoch_end(self, epoch, logs=None):
        self._reach("on_epoch_end")

    def on_train_batch_begin(self, batch, logs=None):
        self._reach("on_train_batch_begin")

    def on_train_batch_end(self, batch, logs=None):
        self._reach("on_train_batch_end")

    def on_test_batch_end(self, batch, logs=None):
        self._reach("on_test_batch_end")

    def on_test_end(self, logs=None):
        self._reach("on_test_end")

    def on_train_end(self, logs=None):
        self.ended = True


class Network(keras.Sequential):
    """Fails inside a step when it is told to."""

    def __init__(self):
        super().__init__(
            [keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
        )
        self.failing = ""

    def train_step(self, *args, **kwargs):
        self._fail_if("train_step")
        return super().train_step(*args, **kwargs)

    def test_step(self, *args, **kwargs):
        self._fail_if("test_step")
        return super().test_step(*args, **kwargs)

    def _fail_if(self, name):
        if self.failing == name:
            raise RuntimeError("the step fails")


def network(**kwargs):
    model = Network()
    model.compile(keras.optimizers.SGD(0.05), "mse", **kwargs)
    return model


@pytest.fixture(scope="module")
def model():
    """Shared by the tests that do not care for its weights."""
    return network()


def fit(model, callbacks, epochs=8, **kwargs):
    return model.fit(X, Y, batch_size=8, epochs=epochs, callbacks=callbacks, verbose=0, **kwargs)


def run(model, values, epochs=None, name="val_loss", **kwargs):
    stopping = kp.callbacks.EarlyStopping(**{"monitor": name, **kwargs})
    script = Script(values, name)
    fit(model, [script, stopping], epochs or len(values))
    return stopping, script


def told(model, values, name="val_loss", **kwargs):
    """The callback after an epoch for each value, or until it stops; without a `fit`, which takes longer."""
    stopping = kp.callbacks.EarlyStopping(**{"monitor": name, **kwargs})
    callbacks = keras.callbacks.CallbackList([stopping], model=model, epochs=len(values))
    callbacks.on_train_begin()
    model.stop_training = False
    for epoch, value in enumerate(values):
        callbacks.on_epoch_end(epoch, {} if value is None else {name: value})
        if model.stop_training:
            break
    callbacks.on_train_end()
    return stopping


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def fail():
    raise RuntimeError("the callback fails")


@pytest.fixture(autouse=True)
def handler():
    """Ctrl-C as in a terminal, also where the tests run in the background; and it must be back after each test."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    left = signal.signal(signal.SIGINT, before)
    assert left is signal.default_int_handler


def assert_equal(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def assert_different(one, other):
    assert any((a != b).any() for a, b in zip(one, other, strict=True))


def assert_nothing_is_left(model):
    assert "evaluate" not in vars(model)
    assert getattr(model.train_function, "__module__", None) != "kerasparts.callbacks._fit"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# What counts as an improvement


def test_nan_in_the_first_epoch_is_not_the_best_for_ever(model):
    values = [NAN, 3.0, 2.0, 1.0, 1.5]
    stopping, script = run(model, values, patience=4)
    assert (stopping.best, stopping.best_epoch) == (1.0, 4)
    assert_equal(model.get_weights(), script.weights[3])


def test_keras_keeps_the_nan_of_the_first_epoch_for_ever(model):
    stopping = keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True)
    stopping.set_model(model)
    stopping.on_train_begin()
    for epoch, value in enumerate([NAN, 3.0, 2.0, 1.0, 1.5]):
        stopping.on_epoch_end(epoch, {"val_loss": value})
    assert math.isnan(stopping.best)
    assert stopping.stopped_epoch == 4


def test_nan_all_the_way_stops_and_leaves_the_weights(model):
    stopping, script = run(model, [NAN] * 6, patience=3)
    assert (stopping.best, stopping.best_epoch, stopping.stopped_epoch) == (None, None, 3)
    assert stopping.stop_reason == (
        "Stopped after epoch 3: val_loss did not improve by more than 0 in 3 epochs (no finite value)."
    )
    assert_equal(model.get_weights(), script.weights[2])


@pytest.mark.parametrize(("mode", "infinite"), [("min", -INF), ("max", INF)])
def test_infinity_is_never_the_best(model, mode, infinite):
    stopping = told(model, [1.0, infinite, 1.0], mode=mode, patience=5)
    assert stopping.best_epoch == 1


def test_an_equal_value_is_no_improvement(model):
    stopping = told(model, [1.0, 1.0, 1.0], patience=5)
    assert stopping.best_epoch == 1


def test_an_absolute_delta_is_in_the_unit_of_the_value(model):
    stopping = told(model, [4.0, 3.5, 2.9, 2.8], min_delta=1.0, patience=5)
    assert stopping.best_epoch == 3  # 3.5 is only 0.5 below 4, 2.9 is 1.1 below


def test_a_relative_delta_is_a_share_of_the_best(model):
    stopping = told(model, [100.0, 95.0, 89.0, 81.0, 80.0], relative_min_delta=0.1, patience=5)
    assert stopping.best_epoch == 5  # 95 is above 90, 89 is below; then 80.1 is the bar, which 81 misses


def test_a_relative_delta_of_a_negative_value_demands_more_too(model):
    assert told(model, [-100.0, -109.0], relative_min_delta=0.1, patience=5).best_epoch == 1
    assert told(model, [-100.0, -111.0], relative_min_delta=0.1, patience=5).best_epoch == 2


def test_the_larger_of_both_deltas_counts(model):
    stopping = told(model, [100.0, 94.0, 89.0], min_delta=8.0, relative_min_delta=0.05, patience=5)
    assert stopping.best_epoch == 3
    stopping = told(model, [100.0, 94.0, 89.0], min_delta=1.0, relative_min_delta=0.1, patience=5)
    assert stopping.best_epoch == 3


# Patience


@pytest.mark.parametrize(("patience", "last"), [(0, 2), (1, 2), (2, 3), (3, 4)])
def test_patience_is_the_number_of_epochs_that_are_borne(model, patience, last):
    stopping = told(model, [1.0, 2.0, 2.0, 2.0, 2.0, 2.0], patience=patience)
    assert stopping.stopped_epoch == last


def test_an_improvement_starts_the_count_anew(model):
    stopping = told(model, [5.0, 6.0, 4.0, 6.0, 3.0, 6.0, 6.0, 6.0], patience=2)
    assert stopping.stopped_epoch == 7


def test_epochs_without_a_value_are_not_counted(model):
    stopping = told(model, [1.0, None, 2.0, None, 2.0, None], patience=2)
    assert stopping.stopped_epoch == 5


def test_validation_every_second_epoch(model):
    stopping = kp.callbacks.EarlyStopping(min_delta=1e9, patience=2)  # nothing is an improvement after the first
    history = fit(model, [stopping], epochs=10, validation_data=(X, Y), validation_freq=2)
    assert stopping.best_epoch == 2
    assert len(history.epoch) == 6


def test_a_second_fit_starts_anew(model):
    stopping = kp.callbacks.EarlyStopping(patience=2)
    fit(model, [Script([0.1, 1.0, 1.0]), stopping])
    fit(model, [Script([5.0, 4.0, 6.0, 6.0]), stopping])
    assert (stopping.best, stopping.best_epoch, stopping.stopped_epoch) == (4.0, 2, 4)


# Direction


@pytest.mark.parametrize("name", ["loss", "val_loss", "val_mae", "val_root_mean_squared_error", "generalization_gap"])
def test_the_name_of_a_loss_says_down(model, name):
    stopping = told(model, [3.0, 1.0, 2.0], name=name, patience=5)
    assert stopping.best_epoch == 2


@pytest.mark.parametrize("name", ["accuracy", "val_sparse_categorical_accuracy", "val_auc", "f1_score"])
def test_the_name_of_a_score_says_up(model, name):
    stopping = told(model, [0.3, 0.9, 0.1], name=name, patience=5)
    assert stopping.best_epoch == 2


def test_an_unknown_name_needs_a_mode(model):
    with pytest.raises(ValueError, match=r"`mode` must be 'min' or 'max' where the name .* 'val_quality'"):
        kp.callbacks.EarlyStopping("val_quality")
    stopping = told(model, [1.0, 3.0, 2.0], name="val_quality", mode="max", patience=5)
    assert stopping.best_epoch == 2


def test_the_mode_overrules_the_name(model):
    stopping = told(model, [1.0, 3.0, 2.0], mode="max", patience=5)
    assert stopping.best_epoch == 2


# Best weights


def test_stopped_the_weights_are_the_best_with_their_moving_statistics(model):
    stopping, script = run(model, [3.0, 1.0, 2.0, 2.0, 2.0], patience=2)
    assert stopping.stopped_epoch == 4
    assert_equal(model.get_weights(), script.weights[1])
    statistics = [i for i, w in enumerate(model.weights) if "moving" in w.path]
    assert statistics
    for i in statistics:
        assert (script.weights[1][i] != script.weights[3][i]).any()  # there was something to restore


def test_out_of_epochs_the_weights_are_the_best(model):
    stopping, script = run(model, [3.0, 1.0, 2.0], patience=50)
    assert stopping.stopped_epoch is None
    assert_equal(model.get_weights(), script.weights[1])
    assert_different(script.weights[1], script.weights[2])


def test_the_last_weights_stay_where_that_is_asked(model):
    stopping, script = run(model, [3.0, 1.0, 2.0, 2.0], patience=2, restore_best_weights=False)
    assert (stopping.best_epoch, stopping.best_weights) == (2, None)
    assert_equal(model.get_weights(), script.weights[3])


def test_the_best_weights_are_a_copy(model):
    stopping, script = run(model, [1.0, 2.0], patience=5)
    fit(model, [], epochs=1)
    assert_equal(stopping.best_weights, script.weights[0])


def test_bfloat16_weights_return_bit_for_bit():
    keras.config.set_dtype_policy("bfloat16")
    model = network()
    _, script = run(model, [1.0, 2.0, 3.0], patience=5)
    assert_equal(model.get_weights(), script.weights[0])


# Ctrl-C


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_epoch_begin", "on_epoch_end"])
def test_ctrl_c_ends_in_order_with_the_best_weights(model, hook):
    script, late = Script([1.0, 2.0, 3.0, 4.0]), At(hook, 3, interrupt)
    stopping = kp.callbacks.EarlyStopping(patience=50)
    with pytest.raises(KeyboardInterrupt):
        fit(model, [script, stopping, late], epochs=50)
    assert stopping.stop_reason == "Interrupted. val_loss: best 1 at epoch 1."
    assert len(script.weights) == 3
    assert late.ended
    assert_equal(model.get_weights(), script.weights[0])
    assert_nothing_is_left(model)


def test_the_batch_in_flight_is_the_last(model):
    batches = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append(batch))
    with pytest.raises(KeyboardInterrupt):
        fit(model, [At("on_train_batch_begin", 1, interrupt), count, kp.callbacks.EarlyStopping()])
    assert batches == [0]


def test_a_part_of_an_epoch_is_no_measurement(model):
    stopping = kp.callbacks.EarlyStopping(patience=50)
    with pytest.raises(KeyboardInterrupt):
        fit(model, [Script([2.0, 1.0]), At("on_train_batch_end", 2, interrupt), stopping])
    assert stopping.best_epoch == 1


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_test_batch_end"])
def test_validation_is_cut_short(model, hook):
    batches = []
    count = keras.callbacks.LambdaCallback()
    count.on_test_batch_end = lambda batch, logs=None: batches.append(batch)
    with pytest.raises(KeyboardInterrupt):
        fit(model, [At(hook, 1, interrupt), count, kp.callbacks.EarlyStopping()], validation_data=(X, Y))
    assert batches == [0]
    batches.clear()
    fit(model, [count], epochs=1, validation_data=(X, Y))
    assert batches == [0, 1]


def test_a_second_ctrl_c_is_not_held_back(model):
    script = Script([1.0, 2.0])
    reached = []

    def twice():
        interrupt()
        reached.append("between")
        interrupt()
        reached.append("after")

    with pytest.raises(KeyboardInterrupt):
        fit(model, [script, kp.callbacks.EarlyStopping(patience=50), At("on_train_batch_end", 2, twice)])
    assert reached == ["between"]
    assert_equal(model.get_weights(), script.weights[0])
    assert_nothing_is_left(model)


def test_the_handler_of_the_user_gets_the_second_ctrl_c(model, handler):
    calls = []
    signal.signal(signal.SIGINT, lambda number, frame: calls.append(number))
    stopping = kp.callbacks.EarlyStopping()
    with pytest.raises(KeyboardInterrupt):
        fit(model, [At("on_train_batch_end", 1, lambda: (interrupt(), interrupt())), stopping])
    interrupt()
    assert calls == [signal.SIGINT] * 2
    signal.signal(signal.SIGINT, handler)


def test_an_ignored_ctrl_c_stays_ignored(model, handler):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    history = fit(model, [Script([1.0, 2.0]), At("on_train_batch_end", 1, interrupt), kp.callbacks.EarlyStopping()], 1)
    assert history.epoch == [0]
    assert signal.signal(signal.SIGINT, handler) is signal.SIG_IGN


def test_outside_the_main_thread_there_is_no_handler_and_all_else_works(model):
    script = Script([1.0, 2.0, 3.0])
    thread = threading.Thread(target=fit, args=(model, [script, kp.callbacks.EarlyStopping(patience=50)], 3))
    thread.start()
    thread.join()
    assert_equal(model.get_weights(), script.weights[0])


# Exceptions


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_epoch_end"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_in_another_callback_leaves_the_best_weights(model, hook, error):
    def act():
        raise error("the callback fails")

    script = Script([1.0, 2.0, 3.0])
    with pytest.raises(error, match="the callback fails"):
        fit(model, [At(hook, 3, act), script, kp.callbacks.EarlyStopping(patience=50)])
    assert_equal(model.get_weights(), script.weights[0])
    assert_nothing_is_left(model)


@pytest.mark.parametrize("place", ["before", "after"])
def test_an_exception_in_the_validation_callbacks_leaves_the_best_weights(model, place):
    script, stopping, failing = Script([1.0, 2.0]), kp.callbacks.EarlyStopping(patience=50), At("on_test_end", 3, fail)
    callbacks = [failing, script, stopping] if place == "before" else [script, stopping, failing]
    with pytest.raises(RuntimeError, match="the callback fails"):
        fit(model, callbacks, validation_data=(X, Y))
    assert_equal(model.get_weights(), script.weights[0])
    assert_nothing_is_left(model)


@pytest.mark.parametrize("step", ["train_step", "test_step"])
@pytest.mark.parametrize("validated", [True, False])
def test_an_exception_in_a_step_leaves_the_best_weights(step, validated):
    if step == "test_step" and not validated:
        pytest.skip("no such step")
    model = network(run_eagerly=True)
    script = Script([1.0, 2.0])
    begin = At("on_epoch_begin", 3, lambda: setattr(model, "failing", step))
    validation = {"validation_data": (X, Y)} if validated else {}
    with pytest.raises(RuntimeError, match="the step fails"):
        fit(model, [script, kp.callbacks.EarlyStopping(patience=50), begin], **validation)
    assert_equal(model.get_weights(), script.weights[0])
    assert_nothing_is_left(model)


def test_an_exception_in_the_first_validation_puts_everything_back():
    model = network(run_eagerly=True)
    model.failing = "test_step"
    with pytest.raises(RuntimeError, match="the step fails"):
        fit(model, [kp.callbacks.EarlyStopping()], validation_data=(X, Y))
    assert_nothing_is_left(model)


class BrokenData(keras.utils.PyDataset):
    def __init__(self):
        super().__init__()
        self.epoch = 0

    @property
    def num_batches(self):
        return 2

    def on_epoch_begin(self):
        self.broken = self.epoch == 2
        self.epoch += 1

    def __getitem__(self, index):
        if getattr(self, "broken", False) and index == 1:
            raise RuntimeError("the data are broken")
        return X[:8], Y[:8]


def test_an_exception_in_the_data_leaves_the_best_weights(model):
    script = Script([1.0] + [2.0] * 20)
    with pytest.raises(Exception, match="the data are broken"):
        model.fit(BrokenData(), epochs=20, callbacks=[script, kp.callbacks.EarlyStopping(patience=50)], verbose=0)
    assert len(script.weights) >= 1
    assert_equal(model.get_weights(), script.weights[0])
    assert_nothing_is_left(model)


def test_a_callback_that_fails_to_begin_leaves_nothing_behind(model):
    failing = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: fail())
    with pytest.raises(RuntimeError, match="the callback fails"):
        fit(model, [kp.callbacks.EarlyStopping(), failing])
    assert_nothing_is_left(model)


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_callback_that_fails_to_end_leaves_the_best_weights(model, place):
    script = Script([1.0, 2.0])
    failing, stopping = keras.callbacks.LambdaCallback(on_train_end=lambda logs: fail()), kp.callbacks.EarlyStopping()
    with pytest.raises(RuntimeError, match="the callback fails"):
        fit(model, [script, *([failing, stopping] if place == "before" else [stopping, failing])])
    assert_equal(model.get_weights(), script.weights[0])
    assert_nothing_is_left(model)


def test_an_exception_that_a_callback_catches_itself_is_none():
    model = network()

    def evaluate_in_vain():
        with pytest.raises(ValueError, match="incompatible"):
            model.evaluate(X[:, :2], Y, verbose=0)

    script = Script([1.0, 2.0, 3.0])
    weights = []
    begin = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: weights.append(model.get_weights()))
    stopping = kp.callbacks.EarlyStopping(patience=50)
    fit(model, [script, stopping, At("on_epoch_end", 2, evaluate_in_vain), begin], epochs=3)
    assert_equal(weights[2], script.weights[1])  # not thrown back to the best
    assert_equal(model.get_weights(), script.weights[0])
    assert_nothing_is_left(model)


def test_where_fit_dies_unseen_the_next_ctrl_c_is_the_users(model, handler):
    with pytest.raises(ValueError, match="cardinality"):
        fit(model, [kp.callbacks.EarlyStopping()], validation_data=(X, Y[:4]))
    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert_nothing_is_left(model)


def test_where_fit_died_unseen_the_next_fit_can_be_interrupted_and_keeps_its_weights(model):
    with pytest.raises(ValueError, match="cardinality"):
        fit(model, [kp.callbacks.EarlyStopping()], validation_data=(X, Y[:4]))
    script = Script([])
    with pytest.raises(KeyboardInterrupt):
        fit(model, [script, At("on_epoch_end", 2, interrupt)])
    assert len(script.weights) == 2
    assert_equal(model.get_weights(), script.weights[1])
    assert_nothing_is_left(model)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_data_of_unknown_length_end_an_epoch_and_not_the_fit(model):
    """TensorFlow ends such an epoch by an exception out of the step."""
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8).filter(lambda x, y: True)
    script = Script([1.0, 2.0, 3.0])
    stopping = kp.callbacks.EarlyStopping(patience=50)
    weights = []
    begin = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: weights.append(model.get_weights()))
    late = At("on_train_batch_end", 3, fail)
    with pytest.raises(RuntimeError, match="the callback fails"):
        model.fit(data, epochs=3, shuffle=False, callbacks=[script, stopping, begin, late], verbose=0)
    assert_equal(weights[1], script.weights[0])
    assert_equal(weights[2], script.weights[1])  # not thrown back to the best
    assert_equal(model.get_weights(), script.weights[0])  # and watched to the last
    assert_nothing_is_left(model)


# Company


def test_two_in_one_fit_the_later_in_the_list_has_the_last_word(model):
    one = kp.callbacks.EarlyStopping(patience=50)
    two = kp.callbacks.EarlyStopping("val_accuracy", patience=2)
    losses, scores = Script([3.0, 2.0, 1.0, 4.0, 5.0]), Script([0.1, 0.9, 0.5, 0.5, 0.5], "val_accuracy")
    fit(model, [losses, scores, one, two])
    assert (one.best_epoch, two.best_epoch) == (3, 2)
    assert one.stop_reason == "Something else stopped after epoch 4. val_loss: best 1 at epoch 3."
    assert two.stop_reason.startswith("Stopped after epoch 4: val_accuracy did not improve")
    assert_equal(model.get_weights(), losses.weights[1])
    assert_nothing_is_left(model)


@pytest.mark.parametrize("act", [interrupt, fail])
def test_two_in_one_fit_and_it_breaks(model, act):
    losses, scores = Script([3.0, 1.0, 2.0, 4.0]), Script([0.9, 0.5, 0.5, 0.5], "val_accuracy")
    two = [kp.callbacks.EarlyStopping(patience=50), kp.callbacks.EarlyStopping("val_accuracy", patience=50)]
    with pytest.raises((KeyboardInterrupt, RuntimeError)):
        fit(model, [losses, scores, *two, At("on_train_batch_end", 4, act)])
    assert_equal(model.get_weights(), losses.weights[0])
    assert_nothing_is_left(model)


def test_a_list_of_callbacks_may_be_used_again(model):
    script, stopping = Script([1.0, 2.0, 3.0]), kp.callbacks.EarlyStopping(patience=2)
    callbacks = keras.callbacks.CallbackList([script, stopping], add_history=True, model=model, epochs=8)
    for _ in range(2):
        fit(model, callbacks)
        assert stopping.stopped_epoch == 3
        assert_equal(model.get_weights(), script.weights[0])
        assert_nothing_is_left(model)


def test_a_model_can_be_saved_while_it_is_watched(model, tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    fit(model, [Script([1.0, 2.0]), checkpoint, kp.callbacks.EarlyStopping(patience=50)], epochs=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.weights.h5", "2.weights.h5"]


def test_a_program_that_was_compiled_anew_during_fit_stays():
    model = network()
    new = []

    def compile_anew():
        model.compile(keras.optimizers.SGD(0.01), "mae")
        model.make_train_function()
        new.append(model.train_function)

    fit(
        model,
        [Script([1.0, 2.0, 3.0]), kp.callbacks.EarlyStopping(patience=50), At("on_epoch_end", 1, compile_anew)],
        3,
    )
    assert model.train_function is new[0]


def test_a_fit_inside_a_fit_minds_its_own_business():
    model, other = network(), network()
    inner, outer = kp.callbacks.EarlyStopping(patience=1), kp.callbacks.EarlyStopping(patience=50)
    inner_script, outer_script = Script([1.0, 2.0, 3.0]), Script([1.0, 2.0, 3.0])
    nested = At("on_epoch_end", 2, lambda: fit(other, [inner_script, inner]))
    fit(model, [outer_script, outer, nested], epochs=3)
    assert inner.stopped_epoch == 2
    assert len(outer_script.weights) == 3
    assert_equal(model.get_weights(), outer_script.weights[0])
    assert_equal(other.get_weights(), inner_script.weights[0])
    for each in (model, other):
        assert_nothing_is_left(each)


def test_a_fit_inside_a_fit_of_the_same_model(model):
    inner, outer = kp.callbacks.EarlyStopping(patience=1), kp.callbacks.EarlyStopping(patience=50)
    outer_script = Script([1.0, 2.0, 3.0])
    nested = At("on_epoch_end", 2, lambda: fit(model, [Script([1.0, 2.0, 3.0]), inner]))
    fit(model, [outer_script, outer, nested], epochs=2)
    assert (inner.stopped_epoch, outer.best_epoch) == (2, 1)
    assert_equal(model.get_weights(), outer_script.weights[0])
    assert_nothing_is_left(model)


def test_ctrl_c_in_a_fit_inside_a_fit_ends_both(model):
    script = Script([1.0, 2.0, 3.0])
    inner = [At("on_train_batch_end", 1, interrupt), Script([1.0]), kp.callbacks.EarlyStopping()]
    nested = At("on_epoch_end", 2, lambda: fit(network(), inner))
    with pytest.raises(KeyboardInterrupt):
        fit(model, [script, kp.callbacks.EarlyStopping(patience=50), nested])
    assert len(script.weights) == 2
    assert_equal(model.get_weights(), script.weights[0])
    assert_nothing_is_left(model)


def test_a_fit_inside_a_fit_does_not_take_ctrl_c_back(model):
    script = Script([1.0, 2.0, 3.0])
    nested = At("on_epoch_end", 2, lambda: (interrupt(), fit(model, [], epochs=1)))
    with pytest.raises(KeyboardInterrupt):
        fit(model, [script, kp.callbacks.EarlyStopping(patience=50), nested])
    assert len(script.weights) == 2
    assert_equal(model.get_weights(), script.weights[0])


def test_it_works_in_a_loop_of_ones_own(model):
    stopping = kp.callbacks.EarlyStopping(patience=1)
    callbacks = keras.callbacks.CallbackList([stopping], model=model, epochs=9)
    callbacks.on_train_begin()
    weights = []
    for epoch, value in enumerate([2.0, 1.0, 3.0]):
        model.train_on_batch(X, Y)
        weights.append(model.get_weights())
        callbacks.on_epoch_end(epoch, {"val_loss": value})
    callbacks.on_train_end()
    assert model.stop_training
    assert_equal(model.get_weights(), weights[1])


# Words


def test_the_reasons(model, capsys):
    stopping = told(model, [1.0, 2.0], patience=1, min_delta=0.001, relative_min_delta=0.01, verbose=1)
    expected = (
        "Stopped after epoch 2: val_loss did not improve by more than 0.001 or 1.00% in 1 epoch (best 1 at epoch 1)."
    )
    assert stopping.stop_reason == expected
    assert capsys.readouterr().out == expected + "\n"
    stopping = told(model, [1.0, 0.5], patience=5)
    assert stopping.stop_reason == "All epochs were run. val_loss: best 0.5 at epoch 2."
    assert capsys.readouterr().out == ""


def test_a_name_that_is_never_logged_is_warned_about_once_at_the_end(model):
    with pytest.warns(UserWarning, match="never saw") as caught:
        fit(model, [kp.callbacks.EarlyStopping("val_los", mode="min", patience=1)], epochs=3, validation_data=(X, Y))
    assert [str(w.message) for w in caught if w.category is UserWarning] == [
        "EarlyStopping never saw `monitor`='val_los' and did nothing. The logs have: loss, val_loss"
    ]


def test_an_interrupted_fit_is_not_blamed_for_what_it_did_not_log(model):
    with pytest.raises(KeyboardInterrupt):
        fit(model, [At("on_train_batch_end", 2, interrupt), kp.callbacks.EarlyStopping("val_loss")])


# Several values


def told_both(model, losses, scores, **kwargs):
    stopping = kp.callbacks.EarlyStopping(**{"monitor": ["val_loss", "val_accuracy"], **kwargs})
    callbacks = keras.callbacks.CallbackList([stopping], model=model, epochs=len(losses))
    callbacks.on_train_begin()
    model.stop_training = False
    for epoch, (loss, score) in enumerate(zip(losses, scores, strict=True)):
        callbacks.on_epoch_end(epoch, {"val_loss": loss, "val_accuracy": score, "loss": loss / 2})
        if model.stop_training:
            break
    callbacks.on_train_end()
    return stopping


LOSSES, SCORES = [5.0, 4.0, 5.0, 5.0, 5.0, 5.0], [0.5, 0.4, 0.6, 0.5, 0.5, 0.5]


def test_of_several_values_any_may_get_better(model):
    stopping = told_both(model, LOSSES, SCORES, patience=2)
    assert (stopping.best, stopping.best_epoch) == ({"val_loss": 4.0, "val_accuracy": 0.6}, 3)
    assert stopping.stop_reason == (
        "Stopped after epoch 5: val_loss and val_accuracy did not improve by more than 0 in 2 epochs "
        "(best val_loss 4, val_accuracy 0.6 at epoch 3)."
    )


def test_of_several_values_all_must_get_better(model):
    stopping = told_both(model, LOSSES, SCORES, patience=2, improves="all")
    assert (stopping.best, stopping.best_epoch) == ({"val_loss": 5.0, "val_accuracy": 0.5}, 1)
    assert stopping.stopped_epoch == 3


def test_a_criterion_holds_for_all_values_or_for_any(model):
    assert told_both(model, LOSSES, SCORES, criterion="GL_10").stopped_epoch == 4  # 0.5 of 0.6, 5 of 4
    assert told_both(model, LOSSES, SCORES, criterion="GL_10", improves="all").stopped_epoch == 2  # 0.4 of 0.5


def test_a_weighted_sum_is_one_value(model):
    stopping = told_both(model, LOSSES, SCORES, monitor={"val_loss": 0.1, "val_accuracy": -1.0}, patience=2)
    assert stopping.best == pytest.approx(-0.1)  # 0, 0, -0.1, 0, ...
    assert (stopping.best_epoch, stopping.stopped_epoch) == (3, 5)
    assert "0.1 val_loss -1 val_accuracy did not improve" in stopping.stop_reason


def test_a_value_that_is_missing_makes_no_measurement(model):
    callbacks = keras.callbacks.CallbackList(
        [stopping := kp.callbacks.EarlyStopping(["val_loss", "val_mae"])], model=model, epochs=3
    )
    callbacks.on_train_begin()
    for epoch in range(3):
        callbacks.on_epoch_end(epoch, {"val_loss": 1.0})
    with pytest.warns(UserWarning, match="never saw"):
        callbacks.on_train_end()
    assert stopping.stopped_epoch is None


# Criteria, thresholds, budgets


def test_a_criterion_of_prechelt_stops(model):
    stopping = told(model, [2.0, 1.0, 1.04, 1.06, 1.0], criterion="GL_5")
    assert (stopping.stopped_epoch, stopping.best_epoch) == (4, 2)
    assert stopping.stop_reason == "Stopped after epoch 4: val_loss met GL_5 (best 1 at epoch 2)."


def test_with_patience_a_criterion_must_hold_several_times_in_a_row(model):
    stopping = told(model, [1.0, 1.1, 1.0, 1.1, 1.1, 1.1], criterion="GL_5", patience=2)
    assert stopping.stop_reason == "Stopped after epoch 5: val_loss met GL_5 2 times in a row (best 1 at epoch 1)."
    stopping = told(model, [1.0, 1.1, 1.2, 1.3, 1.0, 1.4, 1.5], criterion="UP_1", strip=2, patience=2)
    assert stopping.stopped_epoch == 6  # epochs between the ends of strips neither count nor start the count anew


def test_the_quotient_looks_at_the_training_too(model):
    def stopped(training):
        stopping = kp.callbacks.EarlyStopping(criterion="PQ_0.5", strip=2)
        callbacks = keras.callbacks.CallbackList([stopping], model=model, epochs=4)
        callbacks.on_train_begin()
        for epoch, (loss, error) in enumerate(zip(training, [1.0, 0.9, 0.95, 1.0], strict=True)):
            callbacks.on_epoch_end(epoch, {"loss": loss, "val_loss": error})
        return stopping.stopped_epoch

    assert stopped([4.0, 3.0, 2.0, 1.0]) is None  # 11% worse, but 500 per mille of progress
    assert stopped([4.0, 3.0, 1.01, 1.0]) == 4  # 5 per mille
    with pytest.raises(ValueError, match="`monitor` must be of validation, as val_loss"):
        kp.callbacks.EarlyStopping("loss", criterion="PQ_1")


def test_smoothing_sees_through_a_lucky_epoch(model):
    values = [4.0, 4.0, 1.0, 4.0, 2.0, 2.0, 2.0]
    assert told(model, values, patience=10).best_epoch == 3
    assert told(model, values, patience=10, smoothing=0.75).best_epoch == 7


@pytest.mark.parametrize(
    ("name", "values", "target"), [("val_loss", [3.0, 0.5, 0.1], 0.5), ("auc", [0.1, 0.9, 1], 0.9)]
)
def test_a_target_that_is_reached_stops(model, name, values, target):
    stopping = told(model, values, name=name, target=target, patience=10)
    assert stopping.stopped_epoch == 2
    assert f"{name} reached the target" in stopping.stop_reason


@pytest.mark.parametrize("value", [11.0, NAN, INF, -INF])
def test_divergence_stops_at_once(model, value):
    stopping, script = run(model, [3.0, 2.0, value, 1.0], divergence=10.0, patience=10, min_epochs=4)
    assert (stopping.stopped_epoch, stopping.best_epoch) == (3, 2)
    assert stopping.stop_reason == "Stopped after epoch 3: val_loss went beyond the limit (best 2 at epoch 2)."
    assert_equal(model.get_weights(), script.weights[1])


def test_thresholds_of_several_values_go_by_name(model):
    stopping = told_both(model, LOSSES, SCORES, target={"val_accuracy": 0.6}, patience=10)
    assert stopping.stopped_epoch == 3
    stopping = told_both(model, LOSSES, SCORES, divergence={"val_loss": 4.5}, patience=10)
    assert stopping.stopped_epoch == 1
    for bad in (0.5, {"loss": 0.5}, {"val_loss": "low"}):
        with pytest.raises(ValueError, match="`target` must be"):
            kp.callbacks.EarlyStopping(["val_loss", "val_accuracy"], target=bad)


def test_before_the_least_number_of_epochs_only_what_is_best_is_kept(model):
    values = [1.0, 2.0, 0.5, 2.0, 2.0, 2.0]
    stopping = told(model, values, min_epochs=5)
    assert (stopping.best_epoch, stopping.stopped_epoch) == (3, 5)
    assert told(model, values, target=3.0, min_epochs=4, patience=10).stopped_epoch == 4


def test_the_budget_of_time_ends_within_a_step_and_counts_what_was_resumed(model, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    tick = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: clock.__setitem__(0, clock[0] + 1.0))
    first = kp.callbacks.EarlyStopping(patience=50, max_seconds=5.0)
    history = fit(model, [tick, first], epochs=2, validation_data=(X, Y))  # 2 steps an epoch
    assert len(history.epoch) == 2
    second = kp.callbacks.EarlyStopping(patience=50, max_seconds=5.0)
    second.set_state(first.get_state())
    steps = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(batch))
    fit(model, [tick, second, count], epochs=9, initial_epoch=2, validation_data=(X, Y))
    assert (second.stopped_epoch, steps) == (3, [0])
    assert "Stopped after epoch 3: 5 seconds were over (best " in second.stop_reason


# In the middle of an epoch


class Batches(keras.callbacks.Callback):
    """What the logs say after each step, and the weights then."""

    def on_train_begin(self, logs=None):
        self.logs, self.weights, self.order = [], [], []

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append(dict(logs))
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()
        self.weights.append(self.model.get_weights())


def noisy_network():
    inner = [keras.layers.Dense(4), keras.layers.Dropout(0.3), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((3,)), *inner, keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse", metrics=["mae"], jit_compile=False)
    return model


@pytest.mark.slow
def test_measuring_between_steps_leaves_the_training_as_it_is():
    """Weights, logs of the epochs and the order of the rows, all bit for bit."""

    def train(callbacks):
        keras.utils.set_random_seed(7)
        model, batches = noisy_network(), Batches()
        history = model.fit(
            X, Y, batch_size=4, epochs=3, validation_data=(X, Y), callbacks=[batches, *callbacks], verbose=0
        )
        return history.history, batches, model

    logs, batches, model = train([])
    stopping = kp.callbacks.EarlyStopping(patience=50, every=3, restore_best_weights=False)
    measured_logs, measured, _ = train([stopping])
    assert measured_logs == logs
    assert measured.logs == batches.logs
    for one, other in zip(batches.weights, measured.weights, strict=True):
        assert_equal(one, other)
    assert len(stopping.get_state()["errors"]["val_loss"]) == 4  # of 12 steps

    best = []
    for weights in batches.weights[2::3]:
        model.set_weights(weights)
        best.append(model.evaluate(X, Y, batch_size=4, verbose=0)[0])
    np.testing.assert_allclose(stopping.get_state()["errors"]["val_loss"], best, rtol=1e-6)
    assert (stopping.best_step, stopping.best_epoch) == (step := 3 * np.argmin(best) + 3, (step - 1) // 4 + 1)


def test_it_stops_in_the_middle_of_an_epoch_with_the_best_weights(model):
    batches = Batches()
    stopping = kp.callbacks.EarlyStopping(min_delta=1e9, every=3, patience=2, verbose=0)
    history = model.fit(X, Y, batch_size=2, epochs=3, validation_data=(X, Y), callbacks=[batches, stopping], verbose=0)
    assert (len(history.epoch), len(batches.weights)) == (2, 9)  # 8 steps an epoch
    assert stopping.stop_reason.startswith(
        "Stopped after step 9: val_loss did not improve by more than 1e+09 in 2 meas"
    )
    assert (stopping.best_step, stopping.best_epoch, stopping.stopped_epoch) == (3, 1, 2)
    assert_equal(model.get_weights(), batches.weights[2])


def test_steps_are_counted_on_after_a_restart(model):
    first, second = (kp.callbacks.EarlyStopping(every=3, patience=50) for _ in range(2))
    fit(model, [first], epochs=1, validation_data=(X, Y))  # 2 steps
    assert first.best_step is None
    second.set_state(first.get_state())
    fit(model, [second], epochs=2, initial_epoch=1, validation_data=(X, Y))
    assert second.best_step == 3


def test_without_validation_data_that_can_be_read_again_there_is_nothing_to_measure(model):
    rule = "`every` must be 'epoch' where `fit` has no validation_data that can be read more than once"
    for data in ({}, {"validation_data": iter([(X, Y)]), "validation_steps": 1}):
        with pytest.raises(ValueError, match=rule):
            fit(model, [kp.callbacks.EarlyStopping(every=1)], epochs=1, **data)


def test_many_models_at_once_have_no_steps_of_their_own(model):
    with pytest.raises(CannotVectorize, match="An EarlyStopping that measures between steps needs a `fit`"):
        Stopping([kp.callbacks.EarlyStopping(every=3)], model, epochs=2)


# Restart


def test_patience_goes_on_across_a_restart(model):
    first = kp.callbacks.EarlyStopping(patience=5)
    script = Script([1.0, 2.0, 2.0, 2.0])
    fit(model, [script, first], epochs=4)
    state = first.get_state()

    second = kp.callbacks.EarlyStopping(patience=5)
    second.set_state(state)
    fit(model, [Script([None] * 4 + [2.0] * 10), second], epochs=14, initial_epoch=4)
    assert (second.best, second.best_epoch, second.stopped_epoch) == (1.0, 1, 6)
    assert_equal(model.get_weights(), script.weights[0])

    fit(model, [Script([9.0]), second], epochs=1)
    assert second.best == 9.0  # the fit after that starts anew


def test_the_state_is_plain_but_for_the_weights(model):
    stopping = told(model, [np.float32(1.0), np.float64(2.0)], patience=5)
    state = stopping.get_state()
    weights = state.pop("best_weights")
    assert state.pop("seconds") >= 0
    assert state.pop("steps_before") == 0
    assert json.loads(json.dumps(state)) == {
        "best": {"val_loss": 1.0},
        "best_epoch": 1,
        "best_step": None,
        "wait": 1,
        "errors": {"val_loss": [1.0, 2.0]},
        "training_errors": {"val_loss": []},
        "steps": 0,
    }
    assert all(isinstance(weight, np.ndarray) for weight in weights)
    assert_equal(weights, stopping.best_weights)


def test_a_state_without_a_best_is_a_state(model):
    stopping = told(model, [NAN, NAN], patience=5)
    state = json.loads(json.dumps(stopping.get_state()))
    resumed = kp.callbacks.EarlyStopping(patience=3)
    resumed.set_state(state)
    fit(model, [Script([NAN] * 5), resumed])
    assert (resumed.best, resumed.stopped_epoch) == (None, 1)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("monitor", ""),
        ("min_delta", -1.0),
        ("relative_min_delta", 1.0),
        ("patience", 1.5),
        ("mode", "up"),
        ("restore_best_weights", 1),
        ("verbose", 2),
        ("improves", "some"),
        ("smoothing", 1.0),
        ("criterion", "GL"),
        ("criterion", "UP_0"),
        ("criterion", "UP_1.5"),
        ("strip", 0),
        ("target", NAN),
        ("divergence", "far"),
        ("min_epochs", -1),
        ("max_seconds", 0.0),
        ("every", 0),
    ],
)
def test_bad_arguments_are_named(argument, value):
    with pytest.raises(ValueError, match=f"^`{argument}` must be"):
        kp.callbacks.EarlyStopping(**{argument: value})
