"""OutOfBag."""

from dataclasses import dataclass

import numpy as np

from kerasparts.core.text import plain


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class OutOfBag:
    """How well bagged members answer to rows that they were not trained on; made by `ensembles.bagging`.

    Attributes:
        scores: data loss and compiled metrics of `predictions`, by name, of the rows that have one.
        predictions: for each row the mean over the members that have not seen it, NaN where all have.
        votes: array of ints. How many these were.
    """

    scores: dict[str, float]
    predictions: np.ndarray
    votes: np.ndarray

    def __str__(self):
        scores = ", ".join(f"{name} {value:.4g}" for name, value in self.scores.items())
        rows = f"{(self.votes > 0).sum()} of {len(self.votes)} rows"
        return f"Out of bag: {scores} ({rows}, {self.votes.mean():.1f} votes each)"

    def to_dict(self) -> dict:
        """Plain numbers and lists, ready for JSON, which has no NaN: it becomes None."""
        return plain({"scores": self.scores, "predictions": self.predictions.tolist(), "votes": self.votes.tolist()})

    def _repr_html_(self):
        return f"<p>{self}</p>"
