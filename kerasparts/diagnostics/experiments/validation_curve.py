"""ValidationCurve: the best value of a sweep, and the simplest one that is as good."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasparts.core.checks import check, check_choice
from kerasparts.core.tables import html_page, label, number, plain_value, text_table
from kerasparts.core.text import plain
from kerasparts.diagnostics.experiments.folds import mean_and_spread

SIMPLEST = (None, "first", "last")


@dataclass(frozen=True, eq=False)
class ValidationCurve:
    """Error by the value of a setting; made by `validation_curve`.

    Attributes:
        values: of the setting.
        metric: name of what is measured.
        mode: "min" or "max", what is best of it.
        train, dev: arrays of (folds, values), the metric on the training rows and on rows held out.
        simplest: which end of `values` is the simple one, "first" or "last"; None where nobody said.
    """

    values: tuple[Any, ...]
    metric: str
    mode: str
    train: np.ndarray
    dev: np.ndarray
    simplest: str | None = None

    def __post_init__(self):
        check_choice("simplest", self.simplest, SIMPLEST)
        shape = (len(self.dev), len(self.values))
        for name in ("train", "dev"):
            check(getattr(self, name).shape == shape, name, getattr(self, name).shape, f"of the shape {shape}")
        finite = np.isfinite(self.dev.mean(axis=0))
        check(finite.any(), "dev", self.dev.tolist(), "finite in every fold for at least one value")

    @property
    def best_index(self) -> int:
        """Place of the value with the best mean on rows held out."""
        return int(np.nanargmin(self._errors()))

    @property
    def best(self) -> Any:
        """The value with the best mean on rows held out."""
        return self.values[self.best_index]

    @property
    def standard_error(self) -> float:
        """Of the best mean: the standard deviation over the folds, over the root of their number."""
        _, spread = mean_and_spread(self.dev[:, self.best_index])
        return float(spread / math.sqrt(len(self.dev)))

    @property
    def one_standard_error_index(self) -> int | None:
        """Place of the simplest value whose mean is within one standard error of the best; None without `simplest`."""
        if self.simplest is None:
            return None
        errors = self._errors()
        bound = errors[self.best_index] + (self.standard_error if len(self.dev) > 1 else 0.0)
        as_good = np.flatnonzero(errors <= bound)
        return int(as_good[0] if self.simplest == "first" else as_good[-1])

    @property
    def one_standard_error(self) -> Any:
        """The simplest value whose mean is within one standard error of the best; None without `simplest`.

        Reference: Breiman et al. 1984, Classification and Regression Trees, section 3.4.3; Hastie et al. 2009, The
        Elements of Statistical Learning, section 7.10.
        """
        index = self.one_standard_error_index
        return None if index is None else self.values[index]

    def rows(self) -> list[list[str]]:
        """The table as text: a head and a row a value."""
        marks = {self.one_standard_error_index: "one standard error", self.best_index: "best"}
        if self.one_standard_error_index == self.best_index:
            marks = {self.best_index: "best, one standard error"}
        body = [
            [
                label(value),
                *(number(v) for curve in (self.train, self.dev) for v in mean_and_spread(curve[:, place])),
                marks.get(place, ""),
            ]
            for place, value in enumerate(self.values)
        ]
        return [["value", f"train {self.metric}", "spread", f"dev {self.metric}", "spread", ""], *body]

    def notes(self) -> list[str]:
        """What the table says."""
        means, _ = mean_and_spread(self.dev)
        best = self.best_index
        lines = [f"best: {label(self.best)}, dev {self.metric} {number(means[best])}"]
        if best in (0, len(self.values) - 1) and len(self.values) > 1:
            lines.append(
                f"the best value is the {'first' if best == 0 else 'last'} one: the sweep may not go far enough"
            )
        if self.simplest is None:
            lines.append('one standard error: say by `simplest="first"` or "last" which end of the values is simple')
        else:
            found = self.one_standard_error_index
            lines.append(
                f"one standard error: {label(self.values[found])}, dev {self.metric} {number(means[found])}, the "
                f"simplest value within {number(self.standard_error)} of the best"
            )
        lines.append(f"spread: standard deviation over {len(self.dev)} folds, the same for every value")
        return lines

    @property
    def title(self) -> str:
        """What was done."""
        return f"Validation curve: {len(self.values)} values, {len(self.dev)} folds"

    def __str__(self):
        return "\n".join([self.title, *text_table(self.rows()), *(f"  {note}" for note in self.notes())])

    def to_dict(self) -> dict:
        """The numbers, ready for JSON; values that are no numbers by their names."""
        values = [plain_value(value) for value in self.values]
        found = self.one_standard_error_index
        return plain(
            {
                "values": values,
                "metric": self.metric,
                "mode": self.mode,
                "train": self.train.tolist(),
                "dev": self.dev.tolist(),
                "best": values[self.best_index],
                "standard_error": self.standard_error,
                "simplest": self.simplest,
                "one_standard_error": None if found is None else values[found],
            }
        )

    def _repr_html_(self):
        return html_page([self.title, *self.notes()], self.rows())

    def _errors(self):
        means, _ = mean_and_spread(self.dev)
        means = np.where(np.isfinite(means), means, np.nan)
        return -means if self.mode == "max" else means
