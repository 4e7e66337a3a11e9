"""Formulas of docstrings become pages."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "site"))
from mathml import mathml


def shown(*lines):
    """What stands on the page, symbols and all, without its layout."""
    text = re.sub(r"&(\w+);", lambda m: m[0] if m[1] in ("lt", "gt", "amp") else f"<i>{m[1]}</i>", mathml(lines))
    return "".join(ElementTree.fromstring(text).itertext()).replace("&#8289;", "")


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("w = w - learning_rate * g", "w=wminuslearning_rate·g"),
        ("y = (a - b) * c", "y=(aminusb)·c"),
        ("y = a - (b - c)", "y=aminus(bminusc)"),
        ("y = (a**2)**b", "y=(a2)b"),
        ("y = -a * b", "y=minusa·b"),
        ("y = a * (-b)", "y=a·(minusb)"),
        ("f(x) = 1 - |x - 1|", "f\u2061(x)=1minus|xminus1|"),
        ("f'(x) = 2x", "fprime\u2061(x)=2·x"),
        ("y = x if x > 0 else 0", "y={xifx>00else"),
        ("m_hat = m / (1 - beta_1**t)", "m^=m1minusbeta1t"),
        ("s = E[f(z)**2]", "s=E[f\u2061(z)2]"),
        ("x[i] <= lambda", "xi≤lambda"),
        ("share ~ Beta(alpha, alpha)", "share~Beta\u2061(alpha,alpha)"),
    ],
)
def test_a_formula_is_shown_with_its_meaning(formula, words):
    assert shown(formula) == words


def test_words_beside_a_formula_stay_words():
    assert shown("rate = k * x      if it is so", "rate = 0          otherwise") == "rate=k·xif it is sorate=0otherwise"


def test_what_is_no_formula_stays_as_it_is():
    assert mathml(["one output, or several of them"]) is None
    assert mathml(["a + b + ... + z"]) is None
