"""Runs the tasks of an experiment."""

import collections
import contextlib

from kerasparts.core.checks import check, check_choice, check_integer
from kerasparts.model_selection.engines.auto import Auto
from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask
from kerasparts.model_selection.engines.loky import Loky
from kerasparts.model_selection.engines.progress import progress
from kerasparts.model_selection.engines.ray import Ray
from kerasparts.model_selection.engines.sequential import Sequential
from kerasparts.model_selection.engines.store import Store
from kerasparts.model_selection.engines.vectorized import Vectorized

ENGINES = {"auto": Auto, "vectorized": Vectorized, "sequential": Sequential, "loky": Loky, "ray": Ray}


def run_fits(
    plan: FitPlan,
    tasks: list[FitTask],
    engine="auto",
    directory=None,
    verbose: int = 1,
    label: str = "fits",
) -> list[FitOutcome]:
    """Runs all tasks and returns their outcomes in the order of the tasks.

    Args:
        plan, tasks: what to run.
        engine: name of an engine, or an engine: an object with a `name` and a method `run(plan, tasks)` that yields
            the outcome of each task as it is done, in any order.
        directory: path, or None. Where each finished outcome is kept, and looked for first: see `Store`.
        verbose: int. 1 shows a progress bar with the time left.
        label: what the bar says.

    Raises:
        ValueError: two tasks of one name; an engine that leaves a task out; a directory of another experiment.
    """
    engine = as_engine(engine)
    twice = [name for name, count in collections.Counter(task.name for task in tasks).items() if count > 1]
    check(not twice, "tasks", twice, "of a name of its own each")
    check_integer("verbose", verbose, "[0, 1]")
    store = None if directory is None else Store(directory, plan)
    found = {} if store is None else store.read(tasks)
    task_of = {task.name: task for task in tasks}
    missing = [task for task in tasks if task.name not in found]
    with (
        progress(label, len(tasks), len(found), verbose) as report,
        # Closed, so that an engine ends its processes where an error or an interrupt breaks the loop.
        contextlib.closing(_outcomes(engine, plan, missing)) as outcomes,
    ):
        for outcome in outcomes:
            task = task_of[outcome.name]
            if store is not None:
                store.write(task, outcome)
            found[outcome.name] = outcome
            report(outcome)
    lost = [task.name for task in tasks if task.name not in found]
    check(not lost, "engine", engine, f"one that runs every task, as it did not {lost[:5]}")
    return [found[task.name] for task in tasks]


def as_engine(engine):
    """The engine of a name, or the engine itself."""
    if isinstance(engine, str):
        check_choice("engine", engine, tuple(ENGINES))
        return ENGINES[engine]()
    names = ", ".join(map(repr, ENGINES))
    check(hasattr(engine, "run") and hasattr(engine, "name"), "engine", engine, f"one of {names}, or an engine")
    return engine


def _outcomes(engine, plan, tasks):
    if tasks:
        yield from engine.run(plan, tasks)
