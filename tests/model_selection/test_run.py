"""run_fits: tasks in, outcomes out, and how far it is."""

import pytest

from kerasparts.model_selection.engines import auto
from kerasparts.model_selection.engines.run import run_fits
from kerasparts.model_selection.engines.vectorized import CannotVectorize
from tests.model_selection import small


def run(engine, count=5, verbose=0, label="folds", **changes):
    return run_fits(small.plan(), small.tasks(count, **changes), engine, verbose=verbose, label=label)


def test_outcomes_come_in_the_order_of_the_tasks():
    assert [outcome.name for outcome in run(small.Finished())] == [f"fit-{i}" for i in range(5)]


def test_two_tasks_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"`tasks` must be of a name of its own each. Received: tasks=\['same'\]"):
        run(small.Finished(), name="same")


@pytest.mark.parametrize("engine", ["quantum", 3, None])
def test_an_engine_that_is_none_is_refused(engine):
    with pytest.raises(ValueError, match="`engine` must be one of 'auto', 'vectorized', 'sequential', 'loky', 'ray'"):
        run(engine)


def test_an_engine_that_leaves_a_task_out_is_found_out():
    class Lazy(small.Finished):
        def run(self, plan, tasks):
            yield from super().run(plan, tasks[:-1])

    with pytest.raises(ValueError, match=r"`engine` must be one that runs every task, as it did not \['fit-4'\]"):
        run(Lazy())


def test_an_engine_is_ended_where_an_error_breaks_the_loop():
    ended = []

    class Engine(small.Finished):
        def run(self, plan, tasks):
            try:
                yield from super().run(plan, tasks)
            finally:
                ended.append(True)

    class Unstorable(Engine):
        def run(self, plan, tasks):
            yield from (type("Stranger", (), {"name": "stranger", "note": ""})() for _ in super().run(plan, tasks))

    with pytest.raises(KeyError, match="stranger"):
        run(Unstorable())
    assert ended == [True]


class TestProgress:
    def test_silence(self, capfd):
        run(small.Finished(note="why"))
        assert capfd.readouterr() == ("", "")

    def test_a_log_file_gets_ten_lines_at_most(self, capfd):
        run(small.Finished(), count=95, verbose=1)
        out, err = capfd.readouterr()
        assert out == ""
        assert err.splitlines() == [f"folds: {n} of 95 done" for n in (10, 20, 30, 40, 50, 60, 70, 80, 90, 95)]

    def test_a_terminal_gets_a_bar(self, capfd, monkeypatch):
        monkeypatch.setenv("FORCE_COLOR", "1")
        run(small.Finished(), verbose=1)
        out, err = capfd.readouterr()
        assert out == ""
        assert "folds" in err
        assert "5/5" in err

    def test_what_was_done_before_counts(self, capfd, tmp_path):
        run_fits(small.plan(), small.tasks(3), small.Finished(), tmp_path, verbose=0)
        run_fits(small.plan(), small.tasks(5), small.Finished(), tmp_path, verbose=1, label="folds")
        assert capfd.readouterr().err.splitlines() == ["folds: 4 of 5 done", "folds: 5 of 5 done"]

    def test_a_note_is_shown_once(self, capfd):
        run(small.Finished(note="no [bold] reason"), verbose=1)
        assert capfd.readouterr().err.count("no [bold] reason") == 1


class TestAuto:
    @pytest.fixture
    def engines(self, monkeypatch):
        """Stands in for the two engines; what has odd arguments cannot be vectorized."""

        class Vectorized(small.Finished):
            name = "vectorized"

            def run(self, plan, tasks):
                if tasks[0].arguments == ("odd",):
                    raise CannotVectorize("odd")
                yield from super().run(plan, tasks)

        class Sequential(small.Finished):
            name = "sequential"

        monkeypatch.setattr(auto, "Vectorized", Vectorized)
        monkeypatch.setattr(auto, "Sequential", Sequential)

    @pytest.mark.usefixtures("engines")
    def test_what_cannot_be_vectorized_runs_one_after_the_other_and_says_why(self):
        plain = small.tasks(3, arguments=("even",))
        odd = small.tasks(5, arguments=("odd",))[3:]
        outcomes = run_fits(small.plan(), plain + odd, "auto", verbose=0)
        assert [outcome.engine for outcome in outcomes] == ["vectorized"] * 3 + ["sequential"] * 2
        assert [outcome.note for outcome in outcomes] == [""] * 3 + ["Fits run one after the other: odd"] * 2

    def test_what_was_done_before_a_refusal_is_not_run_again(self, engines, monkeypatch):
        class Half(auto.Vectorized):
            def run(self, plan, tasks):
                yield from super().run(plan, tasks[:2])
                raise CannotVectorize("the third is too large")

        monkeypatch.setattr(auto, "Vectorized", Half)
        outcomes = list(auto.Auto().run(small.plan(), small.tasks(5)))
        assert len(outcomes) == 5
        assert [outcome.engine for outcome in outcomes] == ["vectorized"] * 2 + ["sequential"] * 3

    @pytest.mark.usefixtures("engines")
    def test_a_single_fit_is_not_vectorized(self):
        (outcome,) = run("auto", count=1)
        assert outcome.engine == "sequential"
        assert outcome.note == ""
