"""Auto: all fits at once where that is exact, else one after the other."""

import dataclasses
from collections.abc import Iterator

from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask, alike
from kerasparts.model_selection.engines.sequential import Sequential
from kerasparts.model_selection.engines.vectorized import CannotVectorize, Vectorized


class Auto:
    """Fits at once what can share one program, and one after the other what cannot; the outcomes say why."""

    name = "auto"

    def run(self, plan: FitPlan, tasks: list[FitTask]) -> Iterator[FitOutcome]:
        """Yields the outcome of each task as it is done."""
        for group in alike(tasks):
            if len(group) == 1:  # a program for many would only take longer to compile
                yield from Sequential().run(plan, group)
                continue
            left = {task.name: task for task in group}
            try:
                for outcome in Vectorized().run(plan, group):
                    del left[outcome.name]
                    yield outcome
            except CannotVectorize as reason:
                note = f"Fits run one after the other: {reason}"
                for outcome in Sequential().run(plan, list(left.values())):
                    yield dataclasses.replace(outcome, note=note)
