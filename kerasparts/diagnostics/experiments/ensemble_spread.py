"""How far the members of an ensemble disagree, row by row."""

from dataclasses import dataclass

import numpy as np

from kerasparts.core.checks import check
from kerasparts.diagnostics.experiments.class_shares import output_log_shares


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class EnsembleSpread:
    """What the members of an ensemble answer to each row; made by `ensemble_spread`.

    The members may be the samples of a model with dropout, in `ensembles.monte_carlo_predict`.

    Attributes:
        mean: answer of the ensemble.
        standard_deviation: of the members' answers, each output by itself.
        entropy: for classes, that of the mean answer in nats: all that is uncertain. None for values, as the next two.
        expected_entropy: mean of the members' entropies: what they agree is uncertain.
        mutual_information: the first less the second: what they disagree on, which more data would settle.
    """

    mean: np.ndarray
    standard_deviation: np.ndarray
    entropy: np.ndarray | None = None
    expected_entropy: np.ndarray | None = None
    mutual_information: np.ndarray | None = None

    def __str__(self):
        lines = [f"{len(self.mean)} rows, mean standard deviation {self.standard_deviation.mean():.4g}"]
        if self.entropy is not None:
            lines.append(
                f"mean entropy {self.entropy.mean():.4g}, of it disagreement {self.mutual_information.mean():.4g}"
            )
        return "\n".join(lines)

    def to_dict(self) -> dict:
        """Lists of numbers, ready for JSON."""
        return {name: None if value is None else value.tolist() for name, value in vars(self).items()}

    def _repr_html_(self):
        return "".join(f"<p>{line}</p>" for line in str(self).splitlines())


def ensemble_spread(predictions, classes: bool, multi_label: bool = False) -> EnsembleSpread:
    """Mean and spread of what members predict; for classes also the uncertainty, in its two parts.

    Args:
        predictions: `(members, rows, ...)`, values or probabilities.
        classes: whether they are probabilities of classes. One output is that of the second of two.
        multi_label: whether each of several outputs is the probability of a yes.

    Raises:
        ValueError: fewer than two members; classes without probabilities.

    Example:
    >>> spread = ensemble_spread([[[1.0, 0.0]], [[0.0, 1.0]]], classes=True)
    >>> spread.mean.tolist(), spread.mutual_information.round(4).tolist()
    ([[0.5, 0.5]], [0.6931])

    Reference: Lakshminarayanan et al. 2017, https://arxiv.org/abs/1612.01474; the two parts: Depeweg et al. 2018,
    https://arxiv.org/abs/1710.07283, section 3.
    """
    f = np.asarray(predictions, "float64")
    check(f.ndim >= 2 and len(f) >= 2, "predictions", f.shape, "(members, rows, ...), two members or more")
    mean, deviation = f.mean(axis=0), f.std(axis=0, ddof=1)
    if not classes:
        return EnsembleSpread(mean, deviation)
    f = f if f.ndim > 2 else f[..., None]
    binary = multi_label or f.shape[-1] == 1
    log_p = np.array([output_log_shares(one, from_logits=False, binary=binary) for one in f])
    entropy = _entropy(np.log(np.exp(log_p).mean(axis=0)))
    expected = _entropy(log_p).mean(axis=0)
    parts = entropy, expected, entropy - expected
    return EnsembleSpread(mean, deviation, *(part[:, 0] if part.shape[1] == 1 else part for part in parts))


def _entropy(log_p):
    return -(np.exp(log_p) * log_p).sum(axis=-1)
