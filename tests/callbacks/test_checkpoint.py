"""Checkpoint: a training that was stopped anywhere goes on as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts import backend
from kerasparts.callbacks import Checkpoint
from kerasparts.core.state_file import read_state, write_state

HERE = Path(__file__).parent
X = np.random.default_rng(0).normal(size=(10, 3)).astype("float32")
Y = (X[:, :1] * X[:, 1:2] > 0).astype("float32")
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


class Fail(keras.callbacks.Callback):
    """Ends a `fit` in the middle, as a kill does."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_begin(self, batch, logs=None):
        self.steps -= 1
        if self.steps < 0:
            raise RuntimeError("killed")


def small(optimizer=None, eagerly=True):
    """A model with dropout, which runs without being compiled, as these trainings are too short for that."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dropout(0.4)])
    model.add(keras.layers.Dense(1))
    optimizer = optimizer or keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(optimizer, "mse", metrics=["mae"], run_eagerly=eagerly, jit_compile=False)
    return model


def train(model, *callbacks, epochs=2, x=X, y=Y, **options):
    """Three steps an epoch."""
    options |= {} if y is None else {"batch_size": 4}
    return model.fit(x, y, epochs=epochs, verbose=0, callbacks=list(callbacks), **options).history


def state(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def check_resumes(folder, every="epoch", steps=5, data=lambda: (X, Y), build=small, **options):
    """Trains at once, and in two parts with a failure after some steps."""

    def run(model, *callbacks):
        x, y = data()
        return train(model, *callbacks, x=x, y=y, **options)

    expected = run(whole := build())
    with pytest.raises(RuntimeError, match="killed"):
        run(build(), Checkpoint(folder, every, verbose=0), Fail(steps))
    resumed = build()
    assert run(resumed, Checkpoint(folder, every, verbose=0)) == expected
    assert_same(state(resumed), state(whole))
    return expected


@pytest.mark.parametrize("every", ["epoch", 2])
def test_goes_on_with_the_rows_in_order_and_the_history_whole(tmp_path, every):
    history = check_resumes(tmp_path, every)
    assert len(history["loss"]) == len(history["mae"]) == 2


def test_goes_on_in_the_first_epoch(tmp_path):
    check_resumes(tmp_path, 1, steps=2, shuffle="batch")


def test_goes_on_with_arrays_that_last_several_epochs(tmp_path):
    check_resumes(tmp_path, steps=2, steps_per_epoch=1, epochs=3)


class Rows(keras.utils.PyDataset):
    """Batches in an order that changes at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.order = np.arange(len(X))

    def __len__(self):
        return 3

    def __getitem__(self, index):
        rows = self.order[4 * index : 4 * index + 4]
        return X[rows], Y[rows]

    def on_epoch_end(self):
        np.random.default_rng(int(self.order[0])).shuffle(self.order)


@pytest.mark.parametrize("every", ["epoch", 2])
def test_goes_on_with_a_dataset_that_draws_its_order_at_the_end_of_an_epoch(tmp_path, every):
    check_resumes(tmp_path, every, data=lambda: (Rows(), None))


def test_goes_on_with_augmented_data(tmp_path):
    def data():
        return kp.augmentation.AugmentedDataset(X, Y, [lambda x, rng: x + rng.normal(size=x.shape)], batch_size=4), None

    check_resumes(tmp_path, 2, data=data)


@pytest.mark.parametrize("every", ["epoch", 2])
def test_goes_on_with_a_generator(tmp_path, every):
    def data():
        def batches():
            random = np.random.default_rng(0)
            while True:
                rows = random.integers(len(X), size=4)
                yield X[rows], Y[rows]

        return batches(), None

    check_resumes(tmp_path, every, data=data, steps_per_epoch=3, shuffle=False)


@pytest.mark.skipif(not ON_TENSORFLOW, reason="a dataset of TensorFlow")
@pytest.mark.parametrize("every", ["epoch", 2])
def test_goes_on_with_a_dataset_of_tensorflow(tmp_path, every):
    import tensorflow as tf

    def data():
        return tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(10).batch(4), None

    check_resumes(tmp_path, every, data=data, shuffle=False)


@pytest.mark.skipif(not ON_TENSORFLOW, reason="a dataset of TensorFlow")
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_goes_on_with_a_dataset_whose_length_is_not_known(tmp_path):
    import tensorflow as tf

    def data():
        return tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(10).filter(lambda x, y: True).batch(4), None

    check_resumes(tmp_path, steps=7, data=data, shuffle=False, epochs=3)


@pytest.mark.slow
def test_keras_loses_what_this_keeps(tmp_path):
    """Dropout and the order of the rows start anew there, so that the weights end up elsewhere."""

    def differences(build):
        whole, resumed = small(), small()
        train(whole)
        with pytest.raises(RuntimeError, match="killed"):
            train(small(), build(), Fail(5))
        train(resumed, build())
        pairs = zip(resumed.get_weights(), whole.get_weights(), strict=True)
        return max(float(np.abs(one - other).max()) for one, other in pairs)

    assert differences(lambda: keras.callbacks.BackupAndRestore(tmp_path / "keras")) > 1e-2
    assert differences(lambda: Checkpoint(tmp_path / "ours", verbose=0)) == 0


def test_goes_on_in_mixed_precision_with_averages(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    check_resumes(tmp_path, 2, build=lambda: small(kp.optimizers.AdamW(0.02, use_ema=True, ema_momentum=0.5)))


def test_goes_on_with_weights_in_bfloat16(tmp_path):
    keras.config.set_dtype_policy("bfloat16")
    check_resumes(tmp_path, 2)


@pytest.mark.slow
def test_gauges_go_on_where_they_were(tmp_path):
    def run(folder, epochs):
        keras.backend.clear_session()  # for names of layers without numbers
        model = small(eagerly=not ON_TENSORFLOW)
        model.optimizer.build(model.trainable_variables)
        bias = kp.callbacks.BiasVarianceDiagnostics(sample_size=16)
        training = kp.callbacks.TrainingDiagnostics(probe=16, every=4, verbose=0, stop_on={"dead_relu"})
        train(model, bias, training, Checkpoint(folder, verbose=0), epochs=epochs, validation_data=(X, Y))
        return [signals._split() for signals in (bias.signals, training.signals)]

    whole = run(tmp_path / "whole", 3)
    run(tmp_path / "parts", 2)
    for (facts, arrays), (same_facts, same) in zip(run(tmp_path / "parts", 3), whole, strict=True):
        assert facts == same_facts
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, same[name], err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [2, 5])
def test_callbacks_that_count_steps_go_on_in_the_middle_of_an_epoch(tmp_path, steps):
    def run(folder, *more):
        callbacks = [
            kp.callbacks.EarlyStopping("val_loss", every=2, patience=9, min_delta=10.0),
            kp.callbacks.StochasticWeightAveraging(start=0, unit="step", frequency=2),
            kp.callbacks.TrainingDiagnostics(probe=16, every=2, verbose=0),
            kp.callbacks.BiasVarianceDiagnostics(sample_size=16),
        ]
        train(small(), *callbacks, Checkpoint(folder, 2, verbose=0), *more, validation_data=(X, Y))
        stopping, average, gauges, bias = callbacks
        return {**stopping.get_state(), "seconds": 0}, average.get_state(), gauges.signals.step, bias.signals.step

    whole = run(tmp_path / "whole")
    assert whole[0]["wait"] == 2
    assert whole[1]["count"] == 3
    with pytest.raises(RuntimeError, match="killed"):
        run(tmp_path / "parts", Fail(steps))
    assert_same(keras.tree.flatten(run(tmp_path / "parts")), keras.tree.flatten(whole))


def test_weights_to_evaluate_go_on(tmp_path):
    def run(folder, epochs):
        model = small(kp.optimizers.ScheduleFree(kp.optimizers.SGD(0.1)))
        train(model, kp.callbacks.EvaluatedWeights(), Checkpoint(folder, verbose=0), epochs=epochs)
        return state(model)

    whole = run(tmp_path / "whole", 2)
    run(tmp_path / "parts", 1)
    assert_same(run(tmp_path / "parts", 2), whole)


def test_a_finished_training_is_left_as_it_is_and_trains_on_with_more_epochs(tmp_path, capsys):
    train(whole := small(), epochs=3)
    history = train(first := small(), Checkpoint(tmp_path))
    assert capsys.readouterr().out == ""

    again = small()
    assert train(again, Checkpoint(tmp_path)) == history
    assert_same(state(again), state(first))
    assert "is from after epoch 2; nothing is left to do." in capsys.readouterr().out

    train(longer := small(), Checkpoint(tmp_path), epochs=3)
    assert_same(state(longer), state(whole))
    assert "is from after epoch 2; training goes on, to epoch 3." in capsys.readouterr().out
    assert len(train(longer, epochs=1)["loss"]) == 1  # a later `fit` of the model begins where it is told to


def test_a_training_that_was_stopped_stays_so_until_what_stopped_it_changes(tmp_path):
    def epochs(patience):
        stopping = kp.callbacks.EarlyStopping("loss", patience=patience, min_delta=10.0)
        return len(train(small(), stopping, Checkpoint(tmp_path, verbose=0), epochs=6)["loss"])

    assert epochs(1) == 2
    assert epochs(1) == 2
    assert epochs(2) == 3


def test_an_epoch_that_a_callback_ended_early_is_gone_on_with(tmp_path):
    class Stop(keras.callbacks.Callback):
        def __init__(self, steps):
            super().__init__()
            self.steps = self.left = steps

        def on_train_batch_end(self, batch, logs=None):
            self.left -= 1
            self.model.stop_training = self.left == 0

        def get_state(self):
            return None

        def set_state(self, state):
            pass

        def get_config(self):
            return {"steps": self.steps}

    train(whole := small())
    train(small(), Stop(4), Checkpoint(tmp_path, verbose=0))
    history = train(resumed := small(), Stop(100), Checkpoint(tmp_path, verbose=0))
    assert len(history["loss"]) == 2
    assert_same(state(resumed), state(whole))


def test_restores_a_model_without_fit(tmp_path):
    model, other, bare = small(), small(), small()
    with pytest.raises(ValueError, match="`directory` must be a folder with a checkpoint"):
        Checkpoint(tmp_path).restore(other)
    train(model, Checkpoint(tmp_path))
    assert Checkpoint(tmp_path).restore(other) == 2
    assert_same(state(other), state(model))
    bare = keras.models.clone_model(model)  # not compiled
    Checkpoint(tmp_path).restore(bare)
    assert_same(bare.get_weights(), model.get_weights())


def test_only_the_newest_files_are_kept(tmp_path):
    train(small(), Checkpoint(tmp_path, every=2, keep=3, verbose=0))
    names = sorted(path.name for path in tmp_path.glob("*.checkpoint"))
    assert names == [f"epoch-0000{e}-step-000000{s}.checkpoint" for e, s in ((1, 0), (1, 1), (2, 0))]


def test_a_damaged_file_is_refused_and_the_one_before_is_used(tmp_path):
    whole = small()
    train(whole, Checkpoint(tmp_path, verbose=0))
    newest = tmp_path / "epoch-00002-step-0000000.checkpoint"
    for spoil in (lambda b: b[:500], lambda b: b"", lambda b: b[:-900] + b"?" + b[-899:]):
        newest.write_bytes(spoil(newest.read_bytes()))
        model = small()
        with pytest.warns(UserWarning, match="epoch-00002.*is damaged.*The one before is used"):
            train(model, Checkpoint(tmp_path, verbose=0))
        assert_same(state(model), state(whole))


def test_where_no_file_is_good_training_does_not_start_anew_without_a_word(tmp_path):
    write_state(tmp_path / "epoch-00001-step-0000000.checkpoint", {"other": 1})
    with (
        pytest.warns(UserWarning, match="is no checkpoint"),
        pytest.raises(ValueError, match="`directory` must be a folder with a good checkpoint, or with none"),
    ):
        train(small(), Checkpoint(tmp_path))


def test_another_model_is_refused_by_the_first_difference(tmp_path):
    train(small(), Checkpoint(tmp_path, verbose=0), epochs=1)

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    with pytest.raises(ValueError, match=r"kernel of shape \(3, 5\) and float32, where .*kernel of shape \(3, 4\)"):
        train(model, Checkpoint(tmp_path))
    model = small("adam")
    before = state(model)
    with pytest.raises(ValueError, match=r"`optimizer` must be like the one that was saved. Received: .*, where "):
        Checkpoint(tmp_path).restore(model)
    assert_same(state(model)[: len(before)], before)


def full_disk(*arguments):
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_warned_of_or_raised_and_the_last_good_file_stays(tmp_path, monkeypatch):
    train(small(), Checkpoint(tmp_path, verbose=0), epochs=1)
    good = sorted(os.listdir(tmp_path))
    monkeypatch.setattr(os, "fsync", full_disk)
    message = "cannot write to .*: No space left on device; the last good file is .*epoch-00001"
    with pytest.warns(UserWarning, match=f"{message}.*Training goes on"):
        assert len(train(small(), Checkpoint(tmp_path, verbose=0))["loss"]) == 2
    with pytest.raises(OSError, match=message):
        train(small(), Checkpoint(tmp_path, on_error="raise", verbose=0))
    assert sorted(os.listdir(tmp_path)) == good
    monkeypatch.undo()
    assert Checkpoint(tmp_path).restore(small()) == 1


def test_a_folder_that_cannot_be_written_to_is_warned_of_or_raised(tmp_path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "checkpoints"
    with pytest.warns(UserWarning, match="there is no good file yet. Training goes on"):
        assert len(train(small(), Checkpoint(folder, verbose=0))["loss"]) == 2
    with pytest.raises(OSError, match="Checkpoint cannot write to"):
        train(small(), Checkpoint(folder, on_error="raise"))


@pytest.mark.skipif(os.name == "nt", reason="no locks")
def test_two_processes_do_not_train_into_one_folder(tmp_path):
    script = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); input()"
    line = [sys.executable, "-c", script, str(tmp_path / ".lock")]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(ValueError, match="`directory` must be of one training at a time"):
            train(small(), Checkpoint(tmp_path))
        other.send_signal(signal.SIGKILL)
    train(small(), Checkpoint(tmp_path), epochs=1)  # a process that is gone holds nothing


def test_of_several_processes_the_first_one_writes(tmp_path, monkeypatch):
    train(small(), Checkpoint(tmp_path, verbose=0), epochs=1)
    before = sorted(os.listdir(tmp_path))
    monkeypatch.setattr(backend, "is_first_process", lambda: False)
    model = small()
    assert len(train(model, Checkpoint(tmp_path, verbose=0), epochs=2)["loss"]) == 2
    assert sorted(os.listdir(tmp_path)) == before


def test_stands_behind_the_callbacks_whose_state_it_saves(tmp_path):
    with pytest.raises(ValueError, match=r"`callbacks` must be before Checkpoint.*\['EarlyStopping'\]"):
        train(small(), Checkpoint(tmp_path), kp.callbacks.EarlyStopping("loss"))
    model = small()
    ready = keras.callbacks.CallbackList([Checkpoint(tmp_path)], model=model, epochs=1)
    with pytest.raises(ValueError, match="`callbacks` must be a list of callbacks"):
        model.fit(X, Y, callbacks=ready, verbose=0)


@pytest.mark.skipif(not ON_TENSORFLOW, reason="the others build the model before")
def test_a_model_that_is_not_built_is_built_where_it_can_be(tmp_path):
    def model():
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dropout(0.4), keras.layers.Dense(1)])
        model.compile("adam", "mse", run_eagerly=True)
        return model

    whole, parts = model(), model()
    train(whole)
    train(model(), Checkpoint(tmp_path, verbose=0), epochs=1)
    train(parts, Checkpoint(tmp_path, verbose=0))
    assert_same(state(parts), state(whole))
    with pytest.raises(ValueError, match="`model` must be built before it reads a dataset"):
        train(model(), Checkpoint(tmp_path), x=Rows(), y=None)


def start(script, *arguments):
    line = [sys.executable, str(HERE / script), *map(str, arguments)]
    return subprocess.Popen(line, env={**os.environ, "PYTHONPATH": str(HERE.parents[1])})


def end_of(process):
    with process:
        return process.wait()


def assert_ends_as(whole, folder, every):
    assert end_of(start("killed.py", folder, 6, every, 0)) == 0
    resumed = np.load(folder / "result.npz")
    assert set(resumed) == set(whole)
    for name in whole:
        np.testing.assert_array_equal(resumed[name], whole[name], err_msg=name)


@pytest.mark.slow
def test_a_killed_process_run_again_ends_bit_for_bit_as_one_that_was_not(tmp_path):
    """With dropout, shuffling, averaged weights, a schedule, early stopping half-way through its patience, gauges."""
    assert end_of(start("killed.py", tmp_path, 6, "epoch", 0)) == 0
    whole = np.load(tmp_path / "result.npz")
    assert 0 < whole["stopping/wait"] < 6
    for every, steps in (("epoch", 20), (4, 17)):  # of 6 an epoch
        assert end_of(start("killed.py", tmp_path / str(every), 6, every, steps)) == -signal.SIGKILL
        assert_ends_as(whole, tmp_path / str(every), every)

    folder, pauses = tmp_path / "often", np.random.default_rng(0)
    for _ in range(4):
        before = set(os.listdir(folder)) if folder.exists() else set()
        process = start("killed.py", folder, 6, 1, 0)
        while process.poll() is None and (not folder.exists() or set(os.listdir(folder)) == before):
            time.sleep(0.01)
        time.sleep(pauses.uniform(0, 0.2))
        process.kill()
        assert end_of(process) in (-signal.SIGKILL, 0)
    assert_ends_as(whole, folder, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_after_a_kill_in_any_moment_of_saving_there_is_a_good_file(tmp_path, kills):
    """Good is what is whole and at least what had been finished."""
    line = [sys.executable, str(HERE / "saving.py"), str(tmp_path), str(kills)]
    found = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    assert found.startswith(f"{kills} kills, {kills} good\n")
    assert kills < 100 or "\n0 in the middle of a write" not in found
    assert read_state(max(tmp_path.glob("*.checkpoint")))["epoch"] > 0
