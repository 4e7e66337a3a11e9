"""Docstrings as they are written here, made Markdown: formulas typeset, examples as code."""

import re
import sys
from pathlib import Path

import griffe

sys.path.insert(0, str(Path(__file__).parent))
from mathml import mathml

SECTIONS = r"Args|Attributes|Example|Memory|Raises|Reference|Returns|Shapes|Yields"


def markdown(docstring):
    head, *rest = re.split(rf"^(?=(?:{SECTIONS}):)", docstring, flags=re.MULTILINE)
    return "".join(
        [re.sub(r"(?:^ {4}.*\n?(?:\n(?= {4}))?)+", _formula, head, flags=re.MULTILINE), *map(_section, rest)]
    )


def _formula(block):
    lines = [line for line in block[0].splitlines() if line.strip()]
    found = mathml(lines) if all(" = keras." not in line and "import " not in line for line in lines) else None
    return f"\n{found}\n\n" if found else block[0]


def _section(text):
    title, _, body = text.partition(":")
    if title == "Example":
        return f"**Example**\n\n```pycon\n{body.strip()}\n```\n"
    if body.startswith(" "):
        return f"**{title}** {' '.join(body.split())}\n\n"
    return text


class Markdown(griffe.Extension):
    def on_object(self, *, obj, **kwargs):
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
