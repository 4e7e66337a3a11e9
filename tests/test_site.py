"""Formulas of docstrings, and pictures of parts, become pages."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest

import kerasparts as kp

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "site"))
from mathml import mathml
from pictures import KINDS, functions, layers, optimizers, picture, trainings


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


TABLES = {
    "activations": (),
    "regularizers": functions.REGULARIZERS,
    "losses": functions.LOSSES,
    "optimizers": optimizers.OPTIMIZERS,
    "optimizers.transforms": optimizers.TRANSFORMS,
    "optimizers.schedules": optimizers.SCHEDULES,
    "layers": {**layers.IMAGES, **layers.TABLES, **layers.SCALINGS, **layers.NOISY, **layers.CURVES},
    "callbacks": trainings.CALLBACKS,
    "model_selection": trainings.EXPERIMENTS,
    "plots": trainings.FIGURES,
}
WITHOUT_PICTURE = {"losses.UncertainTask", "regularizers.Annealed"}


def test_every_name_with_a_picture_is_a_part():
    parts = {entry.name for entry in kp.catalog()}
    assert {f"{package}.{name}" for package, names in TABLES.items() for name in names} <= parts


@pytest.mark.parametrize("kind", ["loss", "regularizer", "optimizer", "gradient transform", "schedule"])
def test_every_part_that_is_a_formula_has_a_picture(kind):
    drawn = {f"{package}.{name}" for package, names in TABLES.items() for name in names}
    assert {entry.name for entry in kp.catalog() if entry.kind == kind} - drawn <= WITHOUT_PICTURE


@pytest.mark.parametrize(
    "name",
    [
        "activations.Softmax",
        "initializers.SparseNormal",
        "losses.Huber",
        "losses.TripletHard",
        "optimizers.SGD",
        "optimizers.transforms.SkipNonFinite",
        "optimizers.schedules.Scaled",
        "layers.Cutout",
        "layers.MixUp",
        "layers.SMOTE",
        "layers.ParametricReLU",
        "plots.plot_schedule",
    ],
)
def test_a_picture_is_drawn_from_the_part(name):
    (entry,) = (entry for entry in kp.catalog() if entry.name == name)
    before = plt.get_fignums()
    assert b"<svg" in picture(entry)
    assert plt.get_fignums() == before


def test_what_nothing_would_show_has_no_picture():
    kinds = {entry.kind for entry in kp.catalog()}
    assert {*KINDS} <= kinds
    (entry,) = (entry for entry in kp.catalog() if entry.name == "callbacks.TimeLimit")
    assert picture(entry) is None
