"""An engine that needs no training: what it answers can be worked out by hand."""

import numpy as np

from kerasparts.model_selection.engines.fits import FitOutcome


class Means:
    """Predicts the mean target of the training rows, plus the swept value where there is one; its loss is squared.

    `skill` is one less the loss; `tasks` and `plan` are what it was given.
    """

    name = "means"

    def __init__(self):
        self.plan, self.tasks = None, []

    def run(self, plan, tasks):
        self.plan = plan
        self.tasks += tasks
        for task in tasks:
            level = plan.y[task.rows].mean() + sum(task.arguments)
            _, y, _ = plan.test
            tested = y if task.test_rows is None else y[task.test_rows]
            yield FitOutcome(
                name=task.name,
                history={"loss": [1.0, 0.5]},
                predictions=np.full((len(tested), 1), level, "float32"),
                scores=self.scores(tested, level),
                train_scores=self.scores(plan.y[task.rows], level),
                weights=None,
                engine=self.name,
                seconds=0.0,
            )

    @staticmethod
    def scores(y, level):
        loss = float(((y - level) ** 2).mean())
        return {"loss": loss, "skill": 1 - loss}


def no_model(*values):
    """Stands where a model would be built, and never is."""
    raise AssertionError("a model was built")
