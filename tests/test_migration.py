"""The page for those who come from elsewhere names what there is."""

import inspect
import operator
import re
from pathlib import Path

import keras
import pytest

import kerasparts as kp

PAGE = (Path(__file__).parents[1] / "docs" / "migration.md").read_text()
ADDONS = Path(__file__).with_name("tensorflow_addons.txt").read_text().split()


def test_every_public_symbol_of_tensorflow_addons_has_its_row():
    page = PAGE.partition("## From Torch")[0]
    left = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert sorted(set(ADDONS) - set(re.findall(r"`(\w+)`", left))) == []


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\b((?:kp|keras)(?:\.\w+)+)", PAGE))))
def test_what_it_names_exists(name):
    package, _, rest = name.partition(".")
    operator.attrgetter(rest)({"kp": kp, "keras": keras}[package])


@pytest.mark.parametrize(("name", "arguments"), sorted(set(re.findall(r"`kp\.([\w.]+)\(([\w=, .]*=[^)]*)\)", PAGE))))
def test_arguments_that_it_names_exist(name, arguments):
    value = operator.attrgetter(name)(kp)
    known = {name for one in inspect.getmro(value) for name in inspect.signature(one.__init__).parameters}
    for argument in re.findall(r"(\w+)=", arguments):
        assert argument in known, argument
