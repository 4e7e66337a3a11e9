"""Loky: the same numbers from other processes, and nothing lost with one of them."""

import json
import os
import signal
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest

from kerasparts.model_selection.engines import Loky
from kerasparts.model_selection.engines.jobs import Job
from kerasparts.model_selection.engines.loky import _job, _shared
from kerasparts.model_selection.engines.run import run_fits
from tests.model_selection import small


def dying_model(folder):
    """`build_model` that notes who calls it, and at its third call in all kills its process."""

    def build_model():
        notes = {
            "pid": os.getpid(),
            "backend": keras.backend.backend(),
            "epsilon": keras.config.epsilon(),
            "threads": os.environ["OMP_NUM_THREADS"],
        }
        path = folder / f"{len(list(folder.iterdir()))}-{os.getpid()}.json"
        path.write_text(json.dumps(notes))
        if path.name.startswith("2-"):
            os.kill(os.getpid(), signal.SIGKILL)
        return small.build_model()

    return build_model


@pytest.fixture(scope="module")
def survived(tmp_path_factory):
    """The outcomes of six fits on two workers, one of which was killed, and the notes of every call."""
    folder = tmp_path_factory.mktemp("calls")
    keras.config.set_epsilon(2e-7)
    try:
        plan = small.plan(build_model=dying_model(folder))
        outcomes = run_fits(plan, small.tasks(6), Loky(workers=2), verbose=0)
    finally:
        keras.config.set_epsilon(1e-7)
    return outcomes, [json.loads(path.read_text()) for path in folder.iterdir()]


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(survived):
    outcomes, notes = survived
    assert [outcome.engine for outcome in outcomes] == ["loky"] * 6
    assert 7 <= len(notes) <= 9  # six, one that was killed, and who else was in flight
    small.check_equal(outcomes, small.sequential_outcomes(6))


@pytest.mark.slow
def test_workers_are_set_up_like_this_process_and_share_the_cores(survived):
    _, notes = survived
    assert os.getpid() not in {note["pid"] for note in notes}
    assert {note["backend"] for note in notes} == {keras.backend.backend()}
    assert {note["epsilon"] for note in notes} == {2e-7}
    assert {note["threads"] for note in notes} == {str(max(1, joblib.cpu_count() // 2))}


@pytest.mark.slow
def test_a_worker_is_kept_for_the_next_fit(survived):
    _, notes = survived
    assert len({note["pid"] for note in notes}) <= 4  # two, and two more after one of them was killed


def test_an_error_arrives_with_its_type_its_fit_and_its_traceback(tmp_path):
    def build_model():
        (tmp_path / str(os.getpid())).touch(exist_ok=False)  # fails if it is called again
        raise LookupError("no such model")

    with pytest.raises(LookupError, match="no such model") as caught:
        run_fits(small.plan(build_model=build_model), small.tasks(1), Loky(workers=1), verbose=0)
    assert caught.value.__notes__ == ["This was the fit 'fit-0'."]
    assert 'raise LookupError("no such model")' in str(caught.value.__cause__)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_fit_that_kills_its_worker_each_time_is_named_and_what_was_done_is_kept(tmp_path):
    def build_model(name):
        if name == "bad":
            os.kill(os.getpid(), signal.SIGKILL)
        return small.build_model()

    tasks = [small.tasks(1, name=name, arguments=(name,))[0] for name in ("good", "bad")]
    plan = small.plan(build_model=build_model)
    with pytest.raises(RuntimeError, match="the fit 'bad' lost its worker at each of 1 tries"):
        run_fits(plan, tasks, Loky(workers=1, retries=0), tmp_path / "fits", verbose=0)
    assert [path.name for path in (tmp_path / "fits").iterdir()] == ["good.npz"]


def test_the_data_are_in_a_file_of_their_own_that_no_worker_writes_to():
    x = np.zeros((1000, 3))
    job = Job.here(small.plan(x={"a": x, "b": x[:0]}, build_model=lambda: x), "loky")
    with _shared(job) as folder:
        there = _job(folder)
        assert Path(folder, "job").stat().st_size < x.nbytes / 2
        np.testing.assert_array_equal(there.plan.x["a"], x)
        assert there.plan.x["b"].shape == (0, 3)
        assert there.plan.build_model() is there.plan.x["a"]
        there.plan.x["a"][0] = 1.0  # of this process alone
        assert not _job.__wrapped__(folder).plan.x["a"].any()


@pytest.mark.parametrize("arguments", [dict(workers=0), dict(workers=1.5), dict(retries=-1)])
def test_a_bad_argument_is_refused(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}` must be an integer"):
        Loky(**arguments)
