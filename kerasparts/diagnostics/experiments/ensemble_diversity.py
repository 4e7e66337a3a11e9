"""What the disagreement of the members of an ensemble is worth."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from kerasparts.core.checks import check, check_choice
from kerasparts.core.tables import html_page, number, text_table
from kerasparts.core.text import plain
from kerasparts.diagnostics.experiments.class_shares import target_shares

NAMES = {"squared": "squared error", "cross_entropy": "cross-entropy"}
SMALL = 1e-7


@dataclass(frozen=True)
class EnsembleDiversity:
    """The error of an ensemble and of its members; made by `ensemble_diversity`.

        ensemble_error = mean_member_error - ambiguity

    Attributes:
        loss: "squared" or "cross_entropy".
        ensemble_error: of the mean answer.
        member_errors: of each member alone.
        ambiguity: what the disagreement of the members takes off their mean error, never below 0.
    """

    loss: str
    ensemble_error: float
    member_errors: tuple[float, ...]
    ambiguity: float

    @property
    def mean_member_error(self) -> float:
        """What one of the members gives, on average."""
        return float(np.mean(self.member_errors))

    def rows(self) -> list[list[str]]:
        """The numbers as a table."""
        return [
            ["", NAMES[self.loss]],
            ["best member", number(min(self.member_errors))],
            ["mean of the members", number(self.mean_member_error)],
            ["ambiguity", number(self.ambiguity)],
            ["ensemble", number(self.ensemble_error)],
        ]

    @property
    def title(self) -> str:
        """What was measured."""
        return f"Ensemble of {len(self.member_errors)} members"

    def __str__(self):
        return "\n".join([self.title, *text_table(self.rows()), "  (ensemble = mean of the members - ambiguity)"])

    def to_dict(self) -> dict:
        """Plain numbers, ready for JSON."""
        return plain(dataclasses.asdict(self))

    def _repr_html_(self):
        return html_page([self.title], self.rows())


def ensemble_diversity(predictions, y, loss: str = "squared", multi_label: bool | None = None) -> EnsembleDiversity:
    """The error of the mean of many predictions, as their mean error less what they disagree.

    With the predictions `f` of the members and `mean f`, that of the ensemble:

        squared        (mean f - y)**2 = mean (f - y)**2 - mean (f - mean f)**2
        cross_entropy  -log(mean f)[y] = mean -log f[y] - mean log((mean f)[y] / f[y])

    Args:
        predictions: `(members, rows, ...)`, values or probabilities.
        y: targets; for "cross_entropy" labels from 0, one-hot rows, indicators or probabilities of the classes, which
            "squared" takes too.
        loss: "squared", mean over the outputs, or "cross_entropy".
        multi_label: whether targets shaped like several outputs are indicators; None to tell by whether they sum to 1.

    Raises:
        ValueError: fewer than two members; targets that do not fit the predictions.

    Example:
    >>> print(ensemble_diversity([[[0.0]], [[2.0]]], [[0.5]]))
    Ensemble of 2 members
                           squared error
      best member                   0.25
      mean of the members           1.25
      ambiguity                        1
      ensemble                      0.25
      (ensemble = mean of the members - ambiguity)

    Reference: Krogh and Vedelsby 1995, Neural Network Ensembles, Cross Validation, and Active Learning, equation 6.
    """
    check_choice("loss", loss, tuple(NAMES))
    f, y = np.asarray(predictions, "float64"), np.asarray(y)
    check(f.ndim >= 2 and len(f) >= 2, "predictions", f.shape, "(members, rows, ...), two members or more")
    check(len(y) == f.shape[1], "y", y.shape, f"a row for each of the {f.shape[1]} rows of the predictions")
    if loss == "squared" and y.size == f[0].size:
        return _squared(f.reshape(len(f), -1), y.reshape(-1).astype("float64"))
    shape = f.shape[1:] if f.ndim > 2 else (*f.shape[1:], 1)
    shares = target_shares(y, shape, multi_label)
    if shares.size != f[0].size:
        f = np.stack([1 - f, f], axis=-1)
    f = f.reshape(len(f), *shares.shape)
    if loss == "squared":
        return _squared(f.reshape(len(f), -1), shares.reshape(-1))
    log_f, log_mean = (np.log(np.clip(p, SMALL, 1.0)) for p in (f, f.mean(axis=0)))
    errors = [float(-(shares * one).sum(axis=-1).mean()) for one in log_f]
    ambiguity = (shares * (log_mean - log_f)).sum(axis=-1).mean()
    return EnsembleDiversity(loss, float(-(shares * log_mean).sum(axis=-1).mean()), tuple(errors), float(ambiguity))


def _squared(f, y):
    mean, errors = f.mean(axis=0), ((f - y) ** 2).mean(axis=1)
    ambiguity = ((f - mean) ** 2).mean()
    return EnsembleDiversity("squared", float(((mean - y) ** 2).mean()), tuple(errors.tolist()), float(ambiguity))
