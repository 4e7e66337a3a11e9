"""Benchmarks return rows of one shape, and become one table; nothing here is timed."""

import ast
import platform
import re
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import run
from rows import Row, compared, in_turn


def columns(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_a_row_has_the_medians_and_the_quartiles_of_its_rounds():
    row = compared("what", "peer", [1.0, 2.0, 3.0], [2.0, 2.0, 2.0], again=[2.0, 4.0, 4.0])
    assert (row.ours, row.theirs, row.ratio, row.spread, row.again) == (2.0, 2.0, 1.0, (0.75, 1.25), 2.0)


def test_the_ratio_is_that_of_the_rounds_and_not_of_the_medians():
    """A machine that slows down slows both sides of a round."""
    assert compared("what", "peer", [1.0, 10.0, 100.0], [2.0, 20.0, 200.0]).ratio == 0.5


def test_every_program_runs_once_in_a_round_after_it_was_compiled():
    calls = []

    def program(name):
        def seconds(repeats=10):
            calls.append((name, repeats))
            return float(name)

        return seconds

    times = in_turn([[program(1), program(1)], [program(2), program(2)]], rounds=3)
    np.testing.assert_array_equal(times, [[1.0, 2.0]] * 6)
    assert calls[:4] == [(1, 1), (1, 1), (2, 1), (2, 1)]
    assert [name for name, _ in calls[4:8]] == [1, 2, 2, 1]  # in another order each time


def test_the_table_has_a_line_for_every_row_and_a_cell_for_every_title():
    rows = [
        compared("a | b", "Keras", [0.001] * 3, [0.002] * 3, [0.002] * 3),
        Row("memory", "Dense", "MB", 10.0, 40.0, 0.25),
        Row("gradients", "SciPy", "gradients", np.inf, 40.0, np.inf),
        Row("without a peer", "", ours=0.5, note="nothing to compare with"),
        Row("", "", note="optax is not installed"),
    ]
    title, ruler, *lines = run.table({"fake": rows}).splitlines()
    assert len(lines) == len(rows)
    assert {len(columns(line)) for line in (title, ruler, *lines)} == {len(run.TITLES)}
    assert columns(lines[0]) == ["fake", "a / b", "Keras", "1 ms", "2 ms", "0.50", "0.50 to 0.50", "1.00", ""]
    assert columns(lines[1])[3:6] == ["10 MB", "40 MB", "0.25"]
    assert columns(lines[2])[3] == "not reached"
    assert columns(lines[4])[-1] == "optax is not installed"


def healthy(name, short, sender):
    sender.send([Row(name, "peer", note=str(short))])


def killed(name, short, sender):
    sys.exit(3)


def failing(name, short, sender):
    run.call("no_such_benchmark", short, sender)


@pytest.mark.parametrize(
    ("target", "note"),
    [(healthy, "True"), (killed, "its process ended with 3"), (failing, "no_such_benchmark is not installed")],
)
def test_a_benchmark_that_fails_is_a_row_that_says_so(target, note):
    (row,) = run.rows_of("fake", short=True, target=target)
    assert note in row.note


@pytest.mark.parametrize("name", run.NAMES)
def test_every_benchmark_has_a_short_form_that_returns_rows(name):
    """Read, not run: each takes from seconds to minutes."""
    tree = ast.parse((run.HERE / f"{name}.py").read_text())
    (main,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    assert [argument.arg for argument in main.args.args][-1] == "short"
    assert main.args.defaults[-1].value is False
    assert len(main.args.defaults) == len(main.args.args)
    assert any(isinstance(node, ast.Return) and node.value for node in main.body)


def test_the_head_of_the_table_names_the_machine_and_no_host():
    assert re.fullmatch(r".+, \d+ cores, \d+ GiB of memory", run.machine())
    assert {"Python", "kerasparts", "keras", "numpy"} <= {part.split()[0] for part in run.versions().split(", ")}
    assert platform.node() not in run.machine()


def test_results_are_a_table_of_all_benchmarks():
    lines = (run.HERE / "RESULTS.md").read_text().splitlines()
    table = [columns(line) for line in lines if line.startswith("|")]
    assert table[0] == list(run.TITLES)
    assert {line[0] for line in table[2:]} == {*run.NAMES}
    assert not [line for line in table[2:] if "failed" in line[-1]]
