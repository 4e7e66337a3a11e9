"""What do common notes on deep learning claim, and does it hold? Each claim is measured.

    python examples/claims.py               # all, some minutes on two cores
    python examples/claims.py momentum L1   # those with one of the words in their sentence or name
    python examples/claims.py --write       # all, and writes the table into examples/README.md

Each experiment is a function of its own in `examples/notes/`, by theme. The verdict is computed from the numbers:
"holds", "holds if ...", "does not hold here". The networks are small, the data real but few: "here" is this bench.
"""

import argparse
import importlib
import os
import platform
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from notes.claim import CLAIMS
from quiet import keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp

README = Path(__file__).with_name("README.md")
START, END = "<!-- claims -->", "<!-- /claims -->"
THEMES = (
    "activations",
    "gradients",
    "losses",
    "classification",
    "backpropagation",
    "optimizers",
    "adaptive",
    "adam",
    "batches",
    "regularization",
    "sparsity",
    "dropout",
    "normalization",
    "data",
    "bias_variance",
    "ensembles",
)
MODULES = {name: importlib.import_module(f"notes.{name}") for name in THEMES}


def in_order():
    """Names of all claims, in the order of the table."""
    return sorted(CLAIMS, key=lambda name: THEMES.index(CLAIMS[name].theme))


def chosen(words=()):
    """Names of the claims with one of the words in their sentence or name; of all without words."""
    texts = {name: f"{name} {claim.sentence}".lower() for name, claim in CLAIMS.items()}
    return [name for name in in_order() if not words or any(word.lower() in texts[name] for word in words)]


def run(name, seeds=10):
    return CLAIMS[name](seeds)


def run_all(names, seeds):
    """Of one theme: its claims share what they train."""
    return [run(name, seeds) for name in names]


def verdict(finding):
    return f"{finding.verdict} {finding.why}" if finding.verdict == "holds if" else finding.verdict


def measured(finding):
    numbers = f"{finding.numbers.rstrip('.')}."
    if finding.verdict == "holds if" or not finding.why:
        return numbers
    return f"{numbers} {finding.why[0].upper()}{finding.why[1:].rstrip('.')}."


def cell(text):
    return text.replace("|", "\\|")


def heading(theme):
    return MODULES[theme].__doc__.strip().splitlines()[0].rstrip(".")


def text(name, finding):
    claim = CLAIMS[name]
    return f"{claim.sentence}\n  tried    {claim.experiment}\n  measured {measured(finding)}\n  -> {verdict(finding)}\n"


def table(found):
    """Markdown: a table for each theme."""
    lines = []
    for theme in THEMES:
        names = [name for name in found if CLAIMS[name].theme == theme]
        if names:
            lines += [
                f"### {heading(theme)}",
                "",
                "| claim, and how it was tried | measured | verdict |",
                "|---|---|---|",
            ]
        for name in names:
            claim, finding = CLAIMS[name], found[name]
            cells = f"**{claim.sentence}**<br>{claim.experiment}", measured(finding), f"**{verdict(finding)}**"
            lines.append("| " + " | ".join(map(cell, cells)) + " |")
        if names:
            lines.append("")
    return "\n".join(lines)


def write(found, seeds, readme=README):
    """Puts the table between the marks in the file."""
    before, _, rest = readme.read_text().partition(START)
    _, _, after = rest.partition(END)
    counts = Counter(finding.verdict for finding in found.values())
    versions = (
        f"{date.today():%Y-%m-%d}: {len(found)} claims, of which {counts['holds']} hold, {counts['holds if']} hold "
        f"if ..., {counts['does not hold here']} do not; {seeds} seeds, Python {platform.python_version()}, "
        f"Keras {keras.__version__} on {keras.backend.backend()}, NumPy {np.__version__}, kerasparts {kp.__version__}."
    )
    readme.write_text(f"{before}{START}\n{versions}\n\n{table(found)}{END}{after}")


def main(words=(), seeds=10, jobs=None):
    """Runs the claims with these words; returns `{name: finding}`."""
    names = chosen(words)
    jobs = min(jobs or os.cpu_count() or 1, len(names))
    found = {}
    if jobs > 1:
        with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            of_theme = [[name for name in names if CLAIMS[name].theme == theme] for theme in THEMES]
            for some, findings in zip(of_theme, pool.map(run_all, of_theme, [seeds] * len(THEMES)), strict=True):
                for name, finding in zip(some, findings, strict=True):
                    found[name] = finding
                    print(text(name, finding), flush=True)
    else:
        for name in names:
            found[name] = run(name, seeds)
            print(text(name, found[name]), flush=True)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="of a claim's sentence or name")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, help="processes; the number of cores without")
    parser.add_argument("--write", action="store_true", help="write the table into examples/README.md")
    arguments = parser.parse_args()
    if arguments.write and arguments.words:
        parser.error("--write needs all claims: name none")
    results = main(arguments.words, arguments.seeds, arguments.jobs)
    if arguments.write:
        write(results, arguments.seeds)
