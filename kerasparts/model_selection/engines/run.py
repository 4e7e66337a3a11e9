"""Runs the tasks of an experiment."""

from kerasparts.core.checks import check_choice
from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask
from kerasparts.model_selection.engines.sequential import Sequential

ENGINES = {"sequential": Sequential}


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
        engine: name of an engine, or an engine.
        directory: path, or None. Where each finished outcome is kept, and looked for first.
        verbose: int. 1 shows a progress bar with the time left.
        label: what the bar says.
    """
    if isinstance(engine, str):
        check_choice("engine", engine, ("auto", *ENGINES))
        engine = ENGINES.get(engine, Sequential)()
    found = {outcome.name: outcome for outcome in engine.run(plan, tasks)}
    return [found[task.name] for task in tasks]
