"""render_report, write_report."""

import math
import os
import re
from pathlib import Path

from kerasparts.core.checks import check
from kerasparts.core.files import whole_file
from kerasparts.diagnostics.findings import Diagnosis, Finding
from kerasparts.diagnostics.signals import Signals
from kerasparts.reports import tables
from kerasparts.reports._heatmap import RAMPS, levels
from kerasparts.reports._scale import number
from kerasparts.reports.figures import figures


def write_report(signals: Signals, diagnosis: Diagnosis, path: str | os.PathLike, title: str | None = None) -> Path:
    """Writes a diagnosis as one HTML page: verdict, findings with remedies, curves, gradients, layers.

    The page holds all it needs and asks no network for anything; it follows light and dark as the reader's system
    has it, and fits a telephone. The file is there whole or not at all: it is written beside `path` and renamed. The
    same arguments give the same bytes.

    Args:
        signals: `diagnostics.Signals`, what was measured.
        diagnosis: `diagnostics.Diagnosis`, what `diagnose` made of it.
        path: str or path of the file, in a folder that exists. One of that name is replaced.
        title: str. Headline above the verdict; None for a general one.

    Returns:
        The path.

    Raises:
        ValueError: a wrong argument, or arrays in `signals` that do not belong together.

    Example:
    >>> import pathlib, tempfile
    >>> diagnosis = Diagnosis(findings=(), verdict="No fault found.")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = kerasparts.reports.write_report(Signals(), diagnosis, pathlib.Path(folder, "report.html"))
    ...     "No fault found." in path.read_text(encoding="utf-8")
    True
    """
    check(isinstance(path, str | os.PathLike) and str(path), "path", path, "the name of a file")
    path = Path(path)
    check(not path.is_dir(), "path", str(path), "a file, not a folder")
    check(path.parent.is_dir(), "path", str(path), "in a folder that exists")
    page = render_report(signals, diagnosis, title).encode("utf-8", errors="xmlcharrefreplace")
    with whole_file(path) as file:
        file.write(page)
    return path


def render_report(signals: Signals, diagnosis: Diagnosis, title: str | None = None) -> str:
    """The page of `write_report` as text.

    Args:
        signals: `diagnostics.Signals`, what was measured.
        diagnosis: `diagnostics.Diagnosis`, what `diagnose` made of it.
        title: str. Headline above the verdict; None for a general one.

    Returns:
        HTML.

    Raises:
        ValueError: a wrong argument, or arrays in `signals` that do not belong together.

    Example:
    >>> page = kerasparts.reports.render_report(Signals(), Diagnosis(findings=(), verdict="No fault found."))
    >>> page.splitlines()[0]
    '<!doctype html>'
    """
    check(isinstance(signals, Signals), "signals", signals, "Signals")
    check(isinstance(diagnosis, Diagnosis), "diagnosis", diagnosis, "a Diagnosis")
    check(title is None or (isinstance(title, str) and title.strip()), "title", title, "text or None")
    return (
        _environment()
        .get_template("training.html.jinja")
        .render(
            title=title or "Training report",
            diagnosis=diagnosis,
            count=_count(diagnosis.findings),
            findings=[_finding(finding, diagnosis) for finding in diagnosis.findings],
            figures=figures(signals),
            layers=tables.layers(signals),
            inputs=tables.inputs(signals),
            outputs=tables.outputs(signals),
            run=tables.run(signals),
            notes=list(dict.fromkeys([*diagnosis.notes, *signals.notes])),
            ramps={name: levels(name) for name in RAMPS},
        )
    )


def _environment():
    import jinja2  # takes a while, and only a report needs it

    return jinja2.Environment(
        loader=jinja2.PackageLoader("kerasparts.reports", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finding(finding, diagnosis):
    causes = [(fault, Finding(fault, "", "").title, fault in diagnosis.faults) for fault in finding.explained_by]
    before, after = finding.code or ("", "")
    evidence = [
        (name, number(item.value), "" if math.isnan(item.value) else item.relation, number(item.threshold), item.unit)
        for name, item in finding.evidence.items()
    ]
    return {
        "finding": finding,
        "when": _when(finding.epoch),
        "causes": causes,
        "evidence": evidence,
        "before": _lines(before),
        "after": _lines(after),
    }


def _lines(code):
    """Lines of code as (indent, pieces): between two pieces a narrow page may break the line."""
    lines = [(line[: len(line) - len(line.lstrip())], line.strip()) for line in code.splitlines()]
    return [(indent, re.split(r"(?<=[(\[,=])(?=\S)|(?=\.[a-zA-Z])", line)) for indent, line in lines]


def _when(epoch):
    if epoch is None:
        return ""
    return "seen before the first step" if epoch == 0 else f"first seen at epoch {epoch:.4g}"


def _count(findings):
    if not findings:
        return "no findings"
    errors = sum(finding.severity == "error" for finding in findings)
    parts = [_plural(count, noun) for count, noun in ((errors, "error"), (len(findings) - errors, "warning")) if count]
    return f"{_plural(len(findings), 'finding')}: {', '.join(parts)}"


def _plural(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"
