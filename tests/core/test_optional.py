"""Packages that only some users need."""

import json
import os.path

import pytest

from kerasparts.core import require


def test_an_installed_module_is_returned():
    assert require("json", "plots") is json
    assert require("os.path", "plots") is os.path


def test_a_missing_package_is_answered_by_the_line_that_installs_it():
    expected = r'^This needs no_such_package\. Install it with: pip install "kerasparts\[plots\]"$'
    with pytest.raises(ImportError, match=expected):
        require("no_such_package.pyplot", "plots")


def test_the_answer_hides_the_traceback_of_the_import():
    with pytest.raises(ImportError) as error:
        require("no_such_package", "plots")
    assert error.value.__suppress_context__


def test_a_package_that_lacks_one_of_its_own_keeps_its_error(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import what_it_needs")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="No module named 'what_it_needs'"):
        require("half_installed", "plots")


def test_an_error_inside_the_package_is_not_called_a_missing_package(tmp_path, monkeypatch):
    (tmp_path / "broken_package.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZeroDivisionError):
        require("broken_package", "plots")
