"""Findings, and the diagnosis that they make up."""

import dataclasses
import html
import io
from dataclasses import dataclass, field
from typing import Any

import rich.console
import rich.table
import rich.text

from kerasparts.core.checks import check, check_choice
from kerasparts.core.text import plain

FAULTS = (  # a cause stands before what follows from it
    "wrong_labels",
    "wrong_output_activation",
    "wrong_loss",
    "unnormalized_inputs",
    "unnormalized_targets",
    "symmetric_init",
    "bad_init_scale",
    "missing_nonlinearity",
    "wrong_hidden_activation",
    "lr_too_high",
    "lr_too_low",
    "too_few_epochs",
    "over_regularized",
    "saturated_activation",
    "dead_relu",
    "vanishing_gradient",
    "exploding_gradient",
    "oscillating_loss",
    "class_imbalance",
    "too_little_data",
    "high_variance",
    "high_bias",
)
SEVERITIES = ("error", "warning")


def title(fault: str) -> str:
    """A fault in words.

    Example:
    >>> title("dead_relu"), title("lr_too_high")
    ('dead ReLU', 'learning rate too high')
    """
    return fault.replace("_", " ").replace("lr ", "learning rate ").replace("relu", "ReLU")


@dataclass(frozen=True)
class Evidence:
    """A measured number and what it was held against.

    Attributes:
        value: as measured.
        threshold: the bound that it crossed.
        unit: text behind the numbers, such as "of the units".
    """

    value: float
    threshold: float
    unit: str = ""

    @property
    def relation(self) -> str:
        return ">" if self.value > self.threshold else "<" if self.value < self.threshold else "="

    def __str__(self):
        unit = f" {self.unit}" if self.unit else ""
        short = _percent if self.unit.startswith("of ") else _short
        return f"{short(self.value)}{unit} ({self.relation} {short(self.threshold)})"


def _short(number):
    """Three digits, and 0 for what rounding has left of it."""
    return f"{0.0 if abs(number) < 1e-12 else number:.3g}"


def _percent(share):
    return f"{_short(100 * share)}%"


@dataclass(frozen=True)
class Finding:
    """A fault of a training, with the numbers that show it and the part that mends it.

    Attributes:
        fault: one of `FAULTS`.
        summary: one sentence: what is wrong.
        remedy: one or two sentences that name a part and the argument to give it.
        evidence: `{name: Evidence}`.
        layer: path of the layer it shows in first, or None.
        epoch: at which it showed first, as a real number; None where the program alone tells.
        severity: "error" for what keeps the model from learning, "warning" for what holds it back.
        explained_by: faults found as well that this one follows from: mend those first.
        code: the line to change, as a pair of before and after; None where there is no telling.
    """

    fault: str
    summary: str
    remedy: str
    evidence: dict[str, Evidence] = field(default_factory=dict)
    layer: str | None = None
    epoch: float | None = None
    severity: str = "error"
    explained_by: tuple[str, ...] = ()
    code: tuple[str, str] | None = None

    def __post_init__(self):
        check_choice("fault", self.fault, FAULTS)
        check_choice("severity", self.severity, SEVERITIES)

    @property
    def title(self) -> str:
        return title(self.fault)


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a training, the cause before the symptom; made by `diagnose`.

    Attributes:
        findings: what was found; the first is what to change.
        verdict: one sentence.
        numbers: the state of the training, `{name: text}`.
        epochs: finished so far.
        notes: what could not be measured.

    Example:
    >>> diagnosis = Diagnosis(findings=(), verdict="No fault found.")
    >>> bool(diagnosis.findings), diagnosis.faults
    (False, ())
    """

    findings: tuple[Finding, ...]
    verdict: str
    numbers: dict[str, str] = field(default_factory=dict)
    epochs: int = 0
    notes: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(finding.fault for finding in self.findings)

    def __getitem__(self, fault) -> Finding:
        """The finding of that fault."""
        check(fault in self.faults, "fault", fault, f"one of those found: {', '.join(self.faults) or 'none'}")
        return self.findings[self.faults.index(fault)]

    def __str__(self):
        out = io.StringIO()
        console = rich.console.Console(file=out, width=100, color_system=None, highlight=False)
        console.print(self.__rich__())
        return "\n".join(line.rstrip() for line in out.getvalue().splitlines())

    def __rich__(self):
        parts: list[Any] = [rich.text.Text(self.verdict, style="bold")]
        if self.findings:
            parts += [self._table(), rich.text.Text()]
        width = max(map(len, self.numbers), default=0)
        lines = [f"{name:<{width}}  {text}" for name, text in self.numbers.items()]
        parts += [rich.text.Text(line, style="dim") for line in [*lines, *self.notes]]
        return rich.console.Group(*parts)

    def _table(self):
        table = rich.table.Table.grid(padding=(0, 2))
        for number, finding in enumerate(self.findings, 1):
            where = f" in {finding.layer}" if finding.layer else ""
            style = "red" if finding.severity == "error" else "yellow"
            causes = ", ".join(title(fault) for fault in finding.explained_by)
            evidence = "\n".join(f"{name}: {value}" for name, value in finding.evidence.items())
            table.add_row()
            table.add_row(f"{number}. finding", rich.text.Text(f"{finding.title}{where}", style=style))
            if causes:
                table.add_row("   follows from", rich.text.Text(causes))
            table.add_row("   evidence", rich.text.Text(evidence))
            table.add_row("   what to do", rich.text.Text(f"{finding.summary} {finding.remedy}"))
        return table

    def to_dict(self) -> dict:
        """Plain numbers, lists and text, ready for JSON, which has no NaN and no infinity: these become None."""
        return plain(dataclasses.asdict(self))

    def _repr_html_(self):
        rows = []
        for number, finding in enumerate(self.findings, 1):
            evidence = "<br>".join(html.escape(f"{name}: {value}") for name, value in finding.evidence.items())
            where = f"<br><small>{html.escape(finding.layer)}</small>" if finding.layer else ""
            text = html.escape(f"{finding.summary} {finding.remedy}")
            title = html.escape(finding.title)
            rows.append(f"<tr><td>{number}. <b>{title}</b>{where}</td><td>{evidence}</td><td>{text}</td></tr>")
        head = "<tr><th>finding</th><th>evidence (threshold)</th><th>what to do</th></tr>" if rows else ""
        numbers = " · ".join(html.escape(f"{name}: {text}") for name, text in self.numbers.items())
        return f"<b>{html.escape(self.verdict)}</b><table>{head}{''.join(rows)}</table><p><small>{numbers}</small></p>"
