"""BiasVarianceTradeoff."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasparts.core.tables import html_page, label, number, plain_value, text_table
from kerasparts.core.text import plain
from kerasparts.diagnostics.experiments.decomposition import NOISE, BiasVarianceDecomposition


@dataclass(frozen=True, eq=False)
class BiasVarianceTradeoff:
    """Bias and variance by the capacity of a model; made by `model_selection.bias_variance_tradeoff`.

    Attributes:
        capacities: in the given order.
        decompositions: a `BiasVarianceDecomposition` for each, from the same rows and seeds.
    """

    capacities: tuple[Any, ...]
    decompositions: tuple[BiasVarianceDecomposition, ...]

    def curve(self, name: str) -> np.ndarray:
        """A part of the error by capacity: "error", "bias", "variance" or "noise"."""
        return np.array([getattr(one, name).value for one in self.decompositions])

    def standard_errors(self, name: str) -> np.ndarray:
        """Of a part, by capacity, from the number of replicas: the test points are the same for all."""
        return np.array([getattr(one, name).replica_error for one in self.decompositions])

    @property
    def best_index(self) -> int:
        """Place of the capacity with the least error."""
        return int(np.argmin(self.curve("error")))

    @property
    def best(self) -> Any:
        """The capacity with the least error."""
        return self.capacities[self.best_index]

    def rows(self) -> list[list[str]]:
        """The table as text: a head and a row a capacity."""
        head = ["capacity", "error", "+/-", *self.decompositions[0].parts(), ""]
        body = [
            [
                label(capacity),
                number(one.error.value),
                number(one.error.replica_error),
                *(number(part.value) for part in one.parts().values()),
                "best" if place == self.best_index else "",
            ]
            for place, (capacity, one) in enumerate(zip(self.capacities, self.decompositions, strict=True))
        ]
        return [head, *body]

    def notes(self) -> list[str]:
        """What the table says."""
        first, best = self.decompositions[0], self.best_index
        lines = [f"least error: {label(self.best)}, {number(self.decompositions[best].error.value)}"]
        if best in (0, len(self.capacities) - 1) and len(self.capacities) > 1:
            end = "first" if best == 0 else "last"
            lines.append(f"that is the {end} capacity: the sweep may not go far enough")
        lines.append("+/-: standard error from the number of replicas; the test points are the same for all")
        return [*lines, NOISE[first.noise_source]]

    @property
    def title(self) -> str:
        """What was measured."""
        return f"{self.decompositions[0].title}, {len(self.capacities)} capacities"

    def __str__(self):
        return "\n".join([self.title, *text_table(self.rows()), *(f"  ({note})" for note in self.notes())])

    def to_dict(self) -> dict:
        """Plain numbers, lists and text, ready for JSON; capacities that are no numbers by their names."""
        capacities = [plain_value(capacity) for capacity in self.capacities]
        decompositions = [one.to_dict() for one in self.decompositions]
        return plain({"capacities": capacities, "best": capacities[self.best_index], "decompositions": decompositions})

    def _repr_html_(self):
        return html_page([self.title, *self.notes()], self.rows())
