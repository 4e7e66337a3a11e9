"""Store: outcomes in a directory, whole or not at all, and of one experiment."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import keras
import ml_dtypes
import numpy as np
import pytest

from kerasparts.model_selection.engines.fits import FitOutcome
from kerasparts.model_selection.engines.run import run_fits
from kerasparts.model_selection.engines.store import Store
from tests.model_selection import small

ROOT = Path(__file__).parents[2]


def outcome(name="fit-0", **changes):
    return FitOutcome(**{**small.FINISHED, "name": name, "engine": "finished", "predictions": np.ones(3), **changes})


def run(directory, engine=None, count=4, tasks=None, **changes):
    return run_fits(
        small.plan(**changes), tasks or small.tasks(count), engine or small.Finished(), directory, verbose=0
    )


def test_what_comes_back_is_what_was_written(tmp_path):
    predictions = {
        "a": (np.arange(6.0).reshape(2, 3), None),
        "b": [np.float32(2), np.array([1.5, 2.5], ml_dtypes.bfloat16), np.zeros((0, 2)), np.array(["x", "yy"])],
    }
    written = outcome(
        predictions=predictions, weights=[np.ones(2, "float16")], history={"loss": [1 / 3, np.nan, np.inf]}, note="why"
    )
    task = small.tasks(1)[0]
    Store(tmp_path, small.plan()).write(task, written)
    read = Store(tmp_path, small.plan()).read([task])["fit-0"]
    assert repr(read.history) == repr(written.history)
    assert (read.scores, read.note, read.seconds) == (written.scores, "why", 0.0)
    keras.tree.assert_same_structure(read.predictions, predictions)
    expected = [*keras.tree.flatten(predictions), np.ones(2, "float16")]
    for ours, theirs in zip(keras.tree.flatten((read.predictions, read.weights)), expected, strict=True):
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None)
        np.testing.assert_array_equal(ours, theirs)


def test_what_only_a_pickle_could_hold_is_refused(tmp_path):
    store = Store(tmp_path, small.plan())
    for predictions in (np.array([{}, None]), {1: np.ones(2)}, "text"):
        with pytest.raises(
            ValueError, match="`predictions` must be dicts by text, lists, tuples and arrays of numbers"
        ):
            store.write(small.tasks(1)[0], outcome(predictions=predictions))
    assert store.read(small.tasks(1)) == {}


def test_the_same_call_runs_only_what_is_missing(tmp_path):
    first, second, third = small.Finished(fail_after=2), small.Finished(), small.Finished()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, first)
    whole = run(tmp_path, second)
    assert second.asked == ["fit-1", "fit-0"]
    again = run(tmp_path, third)
    assert third.asked == []
    for a, b in zip(whole, again, strict=True):
        np.testing.assert_array_equal(a.predictions, b.predictions)


def test_more_tasks_go_on(tmp_path):
    run(tmp_path, count=2)
    engine = small.Finished()
    run(tmp_path, engine, count=4)
    assert sorted(engine.asked) == ["fit-2", "fit-3"]


@pytest.mark.parametrize("length", [0, 1, 100, 0.5, -1])
def test_a_truncated_file_is_warned_about_and_its_fit_run_again(tmp_path, length):
    run(tmp_path, count=2)
    path = tmp_path / "fit-1.npz"
    data = path.read_bytes()
    path.write_bytes(data[: int(length * len(data)) if isinstance(length, float) else length])
    engine = small.Finished()
    with pytest.warns(UserWarning, match=r"fit-1\.npz is broken, its fit runs again"):
        run(tmp_path, engine, count=2)
    assert engine.asked == ["fit-1"]
    assert path.stat().st_size == len(data)


def test_a_flipped_bit_is_seen(tmp_path):
    run(tmp_path, count=1)
    path = tmp_path / "fit-0.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.warns(UserWarning, match="is broken"):
        run(tmp_path, count=1)


class Stop(keras.callbacks.Callback):
    def __init__(self, patience):
        super().__init__()
        self.patience = patience


class Subclassed(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.dense = keras.layers.Dense(units)

    def call(self, x):
        return self.dense(x)


def build_subclassed(units):
    model = Subclassed(units)
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        (dict(epochs=3), r"epochs \(2 there, 3 here\)"),
        (dict(batch_size=8), r"batch_size \(15 there, 8 here\)"),
        (dict(shuffle=False), r"shuffle \(True there, False here\)"),
        (dict(x=small.X + 1), "x "),
        (dict(y=small.Y.astype("int64")), r"y \(int32"),
        (dict(sample_weight=np.ones(40)), r"sample_weight \(None there, float64"),
        (
            dict(build_model=lambda: small.build_model(units=5)),
            r"model\.config\.layers\[2\]\.config\.units \(4 there, 5 h",
        ),
        (dict(build_model=lambda: small.build_model(learning_rate=0.1)), r"model\.compile_config.*learning_rate"),
        (dict(callbacks=lambda: [Stop(3)]), "callbacks"),
    ],
)
def test_another_experiment_is_refused_with_what_differs(tmp_path, changes, difference):
    run(tmp_path, count=1)
    with pytest.raises(ValueError, match=rf"`directory` must be of the same .* with another {difference}"):
        run(tmp_path, count=1, **changes)


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        (dict(seed=1), dict(seed=2), r"seed \(1 there, 2 here\)"),
        (dict(rows=np.arange(9)), dict(rows=np.arange(1, 10)), "rows"),
        (dict(validation_rows=np.arange(9)), {}, "validation_rows"),
        (dict(arguments=(3,)), dict(arguments=(4,)), "arguments"),
    ],
)
def test_another_task_of_the_same_name_is_refused(tmp_path, first, second, difference):
    run(tmp_path, tasks=small.tasks(1, **first))
    with pytest.raises(ValueError, match=f"another {difference}"):
        run(tmp_path, tasks=small.tasks(1, **second))


def test_the_settings_of_callbacks_are_compared(tmp_path):
    run(tmp_path, callbacks=lambda: [Stop(3)])
    run(tmp_path, callbacks=lambda: [Stop(3)])
    with pytest.raises(ValueError, match=r"another callbacks\[0\]\.patience \(3 there, 4 here\)"):
        run(tmp_path, callbacks=lambda: [Stop(4)])


def test_a_model_without_a_configuration_is_compared_by_its_weights(tmp_path):
    run(tmp_path, build_model=lambda: build_subclassed(3))
    run(tmp_path, build_model=lambda: build_subclassed(3))
    with pytest.raises(
        ValueError, match=r"another model\.weights\[0\] \(float32 \(3, 3\) there, float32 \(3, 4\) here\)"
    ):
        run(tmp_path, build_model=lambda: build_subclassed(4))


def test_names_that_count_up_make_no_difference(tmp_path):
    def functional():
        inputs = keras.Input((3,))
        hidden = keras.layers.Dense(3, "softmax", dtype="float32")(inputs)
        outputs = keras.layers.Softmax()(keras.layers.Add()([inputs, hidden]))
        model = keras.Model(inputs, outputs)
        model.compile("sgd", "mse")
        return model

    for _ in range(3):
        run(tmp_path, count=1, build_model=functional)


def test_a_name_that_is_none_of_a_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`name` must be a task's name that can be that of a file"):
        run(tmp_path, tasks=small.tasks(1, name="../up"))


def test_a_file_in_place_of_the_directory_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="`directory` must be a directory, or a path to make one at"):
        run(tmp_path / "file")


def test_two_runs_in_one_directory_leave_whole_files(tmp_path):
    task = small.tasks(1)[0]
    store, stop = Store(tmp_path, small.plan()), threading.Event()
    store.write(task, outcome())

    def write(value):
        while not stop.is_set():
            store.write(task, outcome(predictions=np.full(1000, value)))

    threads = [threading.Thread(target=write, args=(value,)) for value in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 1
    try:
        while time.monotonic() < end:
            predictions = store.read([task])["fit-0"].predictions
            assert len(set(predictions.tolist())) == 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()


KILLED = """
from kerasparts.model_selection.engines.run import run_fits
from tests.model_selection import small
run_fits(small.plan(), small.tasks(4), "sequential", {directory!r}, verbose=0)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_with_what_is_missing(tmp_path):
    script = KILLED.format(directory=str(tmp_path))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, cwd=ROOT)
    end = time.monotonic() + 120
    while len(list(tmp_path.glob("*.npz"))) < 2 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL

    done = {path.stem for path in tmp_path.glob("*.npz")}
    assert 2 <= len(done) < 4
    outcomes = run_fits(small.plan(), small.tasks(4), "sequential", tmp_path, verbose=0)
    again = {path.stem for path in tmp_path.glob("*.npz")}
    assert again == {f"fit-{i}" for i in range(4)}
    small.check_equal(outcomes, small.sequential_outcomes(4))
