"""CrossValidation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasparts.core.tables import html_page, number, text_table
from kerasparts.core.text import plain
from kerasparts.diagnostics.experiments.folds import METHOD, FoldScores

SHOWN = 12  # folds of a longer table are left out in the middle


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """What was found on rows that the model of each fold had not seen; made by `cross_validate`.

    Attributes:
        scores: `FoldScores` by name: "loss", the data loss without penalties, and the compiled metrics.
        train_rows, test_rows: numbers of the rows of each fold.
        predictions: nest of arrays in the order of the rows: the mean over the folds that tested the row, NaN where
            none did.
        times_tested: array of ints. By how many folds each row was tested.
        histories: of each fold, what `fit` logged by epoch.
        confidence: of the intervals.
    """

    scores: dict[str, FoldScores]
    train_rows: tuple[np.ndarray, ...]
    test_rows: tuple[np.ndarray, ...]
    predictions: Any
    times_tested: np.ndarray
    histories: tuple[dict[str, list[float]], ...]
    confidence: float

    def rows(self) -> list[list[str]]:
        """The table as text: a head, a row a fold, and the summary."""
        pairs = list(zip(self.train_rows, self.test_rows, strict=True))
        folds = [
            [str(fold), str(len(train)), str(len(test)), *(number(s.values[fold - 1]) for s in self.scores.values())]
            for fold, (train, test) in enumerate(pairs, 1)
        ]
        if len(folds) > SHOWN:
            folds = [*folds[: SHOWN // 2], ["..."] * len(folds[0]), *folds[-SHOWN // 2 :]]
        summary = [
            ("mean", lambda score: score.mean),
            ("spread", lambda score: score.standard_deviation),
            ("low", lambda score: score.interval.low),
            ("high", lambda score: score.interval.high),
        ]
        last = [[name, "", "", *(number(value(s)) for s in self.scores.values())] for name, value in summary]
        return [["fold", "train", "test", *self.scores], *folds, *last]

    def notes(self) -> list[str]:
        """What the table means."""
        count, tested = len(self.times_tested), int((self.times_tested > 0).sum())
        often = np.unique(self.times_tested[self.times_tested > 0]).tolist()
        times = f"{often[0]}" if len(often) == 1 else f"{often[0]} to {often[-1]}"
        lines = ["spread: standard deviation over the folds"]
        if len(self.test_rows) > 1:
            lines.append(f"low, high: {100 * self.confidence:.4g}% interval of the mean by {METHOD}")
        else:
            lines.append("low, high: a single fold has no bounds")
        if often != [1]:
            lines.append(f"predictions: each the mean of {times} folds")
        if tested < count:
            lines.append(f"predictions: {count - tested} of {count} rows were never tested, theirs are NaN")
        return lines

    @property
    def title(self) -> str:
        """What was done."""
        return f"Cross-validation: {len(self.test_rows)} folds of {len(self.times_tested)} rows"

    def __str__(self):
        return "\n".join([self.title, *text_table(self.rows()), *(f"  ({note})" for note in self.notes())])

    def to_dict(self) -> dict:
        """Scores and row numbers, ready for JSON; without the predictions."""
        return plain(
            {
                "scores": {
                    name: {
                        "values": score.values,
                        "mean": score.mean,
                        "standard_deviation": score.standard_deviation,
                        "low": score.interval.low,
                        "high": score.interval.high,
                    }
                    for name, score in self.scores.items()
                },
                "confidence": self.confidence,
                "train_rows": [rows.tolist() for rows in self.train_rows],
                "test_rows": [rows.tolist() for rows in self.test_rows],
                "histories": list(self.histories),
            }
        )

    def _repr_html_(self):
        return html_page([self.title, *self.notes()], self.rows())
