"""NestedCrossValidation."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasparts.core.tables import html_page, label, number, plain_value, text_table
from kerasparts.core.text import plain
from kerasparts.diagnostics.experiments.cross_validation import CrossValidation
from kerasparts.diagnostics.experiments.folds import FoldScores


@dataclass(frozen=True, eq=False)
class NestedCrossValidation:
    """The score of a training whose setting is itself chosen by cross-validation; made by `nested_cross_validate`.

    Attributes:
        metric: name of the score that was chosen by.
        mode: "min" or "max", what is best of it.
        grid: the values that were tried.
        chosen: for each outer fold, the place in the grid of the value that was best on its inner folds.
        inner_means: array of (outer folds, values), the mean score over the inner folds.
        outer: `CrossValidation` of the outer folds, each with the value it chose.
    """

    metric: str
    mode: str
    grid: tuple[Any, ...]
    chosen: tuple[int, ...]
    inner_means: np.ndarray
    outer: CrossValidation

    @property
    def score(self) -> FoldScores:
        """The honest estimate: of rows that had no part in the choice."""
        return self.outer.scores[self.metric]

    @property
    def optimistic(self) -> float:
        """What the search itself would report: the mean over the outer folds of the best inner mean."""
        return float(np.mean([means[best] for means, best in zip(self.inner_means, self.chosen, strict=True)]))

    def rows(self) -> list[list[str]]:
        """The table as text: a head and a row an outer fold."""
        body = [
            [str(fold), label(self.grid[best]), number(means[best]), number(value)]
            for fold, (best, means, value) in enumerate(
                zip(self.chosen, self.inner_means, self.score.values, strict=True), 1
            )
        ]
        mean = ["mean", "", number(self.optimistic), number(self.score.mean)]
        return [["fold", "chosen", f"inner {self.metric}", f"outer {self.metric}"], *body, mean]

    def notes(self) -> list[str]:
        """What the table means."""
        counts = Counter(self.chosen).most_common()
        chosen = ", ".join(f"{label(self.grid[best])} in {times}" for best, times in counts)
        return [
            f"honest: {self.metric} {self.score} with {100 * self.outer.confidence:.4g}% confidence, on rows that had "
            "no part in the choice",
            f"optimistic: {self.metric} {number(self.optimistic)}, the best inner means, which the choice was made "
            "by, on fewer training rows",
            f"chosen of {len(self.grid)} values, in {len(self.chosen)} folds: {chosen}",
        ]

    @property
    def title(self) -> str:
        """What was done."""
        return f"Nested cross-validation: {len(self.chosen)} outer folds, {len(self.grid)} values"

    def __str__(self):
        return "\n".join([self.title, *text_table(self.rows()), *(f"  {note}" for note in self.notes())])

    def to_dict(self) -> dict:
        """The numbers, ready for JSON; values of the grid that are no numbers by their names."""
        return plain(
            {
                "metric": self.metric,
                "mode": self.mode,
                "grid": [plain_value(value) for value in self.grid],
                "chosen": self.chosen,
                "inner_means": self.inner_means.tolist(),
                "optimistic": self.optimistic,
                "outer": self.outer.to_dict(),
            }
        )

    def _repr_html_(self):
        return html_page([self.title, *self.notes()], self.rows())
