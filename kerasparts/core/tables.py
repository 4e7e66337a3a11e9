"""Tables of text, for the screen and for notebooks."""

import html

import numpy as np


def number(value: float) -> str:
    """Four digits."""
    return f"{value:.4g}"


def label(value) -> str:
    """A swept value as a word: numbers short, text as it stands, functions and classes by their names."""
    if isinstance(value, float):
        return number(value)
    return str(getattr(value, "__name__", value))


def plain_value(value):
    """A swept value for JSON: numbers and text as they are, anything else by its label."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, int | float | str) else label(value)


def text_table(rows: list[list[str]]) -> list[str]:
    """Lines with the columns aligned: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def html_table(rows: list[list[str]]) -> str:
    """The same for a notebook; the first row is the head."""
    head, *body = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    return f"<table><tr>{head.replace('td>', 'th>')}</tr>{''.join(f'<tr>{row}</tr>' for row in body)}</table>"


def html_page(lines: list[str], rows: list[list[str]]) -> str:
    """The first line in bold, then the table, then the other lines."""
    title, *others = map(html.escape, lines)
    return f"<b>{title}</b>{html_table(rows)}" + "".join(f"<p>{line}</p>" for line in others)
