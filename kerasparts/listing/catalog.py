"""Every part with what it is for, from its docstring and from `remarks.toml`."""

import difflib
import inspect
import operator
import re
from dataclasses import asdict, dataclass
from importlib import import_module, resources
from typing import Any

import keras

from kerasparts.core.checks import check
from kerasparts.core.tables import html_table

KINDS = {
    "activations": "activation",
    "initializers": "initializer",
    "regularizers": "regularizer",
    "losses": "loss",
    "optimizers": "optimizer",
    "optimizers.transforms": "gradient transform",
    "optimizers.schedules": "schedule",
    "layers": "layer",
    "augmentation": "dataset",
    "callbacks": "callback",
    "ensembles": "model",
}


@dataclass(frozen=True)
class Entry:
    """One part.

    Attributes:
        name: as it is typed after `kerasparts.`, such as "losses.Focal".
        kind: "layer", "loss", "function", ...
        summary: the first sentence of its docstring.
        beyond_keras: what it does that Keras 3.15 does not.
        answers: the note of a learner that it answers; empty where there is none.
        reference: paper and equation; empty where there is none.
        file: where its code is, from the root of the repository.
    """

    name: str
    kind: str
    summary: str
    beyond_keras: str
    answers: str
    reference: str
    file: str

    def __str__(self) -> str:
        reference = f"\n{self.reference}" if self.reference else ""
        return f"kerasparts.{self.name} ({self.kind})\n{self.summary}\nBeyond Keras: {self.beyond_keras}.{reference}"


@dataclass(frozen=True)
class Catalog:
    """The parts, in the order of README's table.

    Attributes:
        entries: tuple of `Entry`.
    """

    entries: tuple[Entry, ...]

    def __iter__(self):
        return iter(self.entries)

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, name: str) -> Entry:
        """The part of a name, with its package ("losses.Focal") or without ("Focal")."""
        names = {alias: entry for entry in self.entries for alias in (entry.name.rpartition(".")[2], entry.name)}
        near = difflib.get_close_matches(str(name), names, n=3) or ["losses.Focal"]
        check(name in names, "name", name, f"the name of a part, such as {', '.join(map(repr, near))}")
        return names[name]

    def search(self, words: str) -> "Catalog":
        """The parts that hold all of the words, anywhere, in any case.

        Example:
        >>> [entry.name for entry in kerasparts.catalog().search("focal loss")]
        ['losses.Focal']
        """
        wanted = words.lower().split()
        return Catalog(tuple(e for e in self.entries if all(w in " ".join(asdict(e).values()).lower() for w in wanted)))

    def __str__(self) -> str:
        if not self.entries:
            return "No part holds all of these words: search for fewer, or print(kerasparts.catalog())."
        width = max(len(entry.name) for entry in self.entries)
        kinds = max(len(entry.kind) for entry in self.entries)
        return "\n".join(f"{e.name.ljust(width)}  {e.kind.ljust(kinds)}  {e.summary}" for e in self.entries)

    def to_dict(self) -> dict[str, Any]:
        return {entry.name: asdict(entry) for entry in self.entries}

    def to_markdown(self) -> str:
        """README's table."""
        rows = ["| part | kind | what it does that Keras does not | the note that it answers |", "|---|---|---|---|"]
        rows += [f"| [`{e.name}`]({e.file}) | {e.kind} | {e.beyond_keras} | {e.answers} |" for e in self.entries]
        return "\n".join(rows)

    def _repr_html_(self) -> str:
        head = ["part", "kind", "what it is", "what it does that Keras does not"]
        return html_table([head, *([e.name, e.kind, e.summary, e.beyond_keras] for e in self.entries)])


def catalog(kind: str | None = None) -> Catalog:
    """Lists every part: its kind, one line, its source, and what it does that Keras does not.

    Args:
        kind: None for all, or one of the kinds, such as "layer" or "schedule".

    Raises:
        ValueError: no part is of the kind.

    Example:
    >>> print(kerasparts.catalog("gradient transform").search("clips"))  # doctest: +ELLIPSIS
    optimizers.transforms.AdaptiveClip  gradient transform  Clips the gradient of each unit ...
    >>> kerasparts.catalog()["Focal"].reference
    'Lin et al. 2017, https://arxiv.org/abs/1708.02002, equation 5.'
    """
    import tomllib  # a parser, which `import kerasparts` does without

    remarks = tomllib.loads((resources.files(__package__) / "remarks.toml").read_text())
    entries = tuple(_entry(name, remark) for name, remark in _flat(remarks))
    kinds = sorted({entry.kind for entry in entries})
    check(kind is None or kind in kinds, "kind", kind, f"None or one of {', '.join(kinds)}")
    return Catalog(tuple(entry for entry in entries if kind in (None, entry.kind)))


def _flat(remarks, package=""):
    """Name and remark of every part, those of packages inside packages under their whole names."""
    for name, remark in remarks.items():
        path = f"{package}.{name}" if package else name
        if "beyond_keras" in remark:
            yield path, remark
        else:
            yield from _flat(remark, path)


def _entry(name, remark):
    value = operator.attrgetter(name)(import_module("kerasparts"))
    text = inspect.getdoc(value)
    reference = re.search(r"^Reference: (.*?)(?:\n\n|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    return Entry(
        name=name,
        kind=_kind(name, value),
        summary=" ".join(text.partition("\n\n")[0].split()),
        **remark,
        reference=" ".join(reference[1].split()) if reference else "",
        file=value.__module__.replace(".", "/") + ".py",
    )


def _kind(name, value):
    package = name.rpartition(".")[0]
    if inspect.isclass(value):
        return "callback" if issubclass(value, keras.callbacks.Callback) else KINDS[package]
    return "figure" if package == "plots" else "function"
