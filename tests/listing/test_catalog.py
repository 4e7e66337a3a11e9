"""The catalog of all parts."""

import pytest

import kerasparts as kp


def test_a_part_is_found_with_its_package_and_without():
    entry = kp.catalog()["Focal"]
    assert entry == kp.catalog()["losses.Focal"]
    assert (entry.kind, entry.file) == ("loss", "kerasparts/losses/focal.py")
    assert "Lin et al. 2017" in entry.reference
    assert "\n" not in entry.summary + entry.reference


def test_a_name_that_is_no_part_is_refused():
    with pytest.raises(ValueError, match=r"`name` must be the name of a part.*'Focal'.*Received: name='Vocal'"):
        kp.catalog()["Vocal"]


def test_kinds_divide_the_catalog():
    everything = kp.catalog()
    kinds = {entry.kind for entry in everything}
    assert sum(len(kp.catalog(kind)) for kind in kinds) == len(everything)
    with pytest.raises(ValueError, match="`kind` must be None or one of activation, callback"):
        kp.catalog("losses")


def test_a_regularizer_that_keeps_state_is_a_regularizer():
    assert kp.catalog()["L2SP"].kind == "regularizer"


def test_search_takes_all_of_the_words_in_any_case():
    found = kp.catalog().search("Imbalanced CLASSES margin")
    assert [entry.name for entry in found] == ["losses.LDAM"]
    assert len(kp.catalog().search("qwertz")) == 0
    assert "No part holds all of these words" in str(kp.catalog().search("qwertz"))


def test_every_entry_says_what_keras_does_not_and_where_the_code_is():
    for entry in kp.catalog():
        assert entry.beyond_keras, entry.name
        assert entry.summary.endswith("."), entry.name
        assert "|" not in entry.beyond_keras + entry.answers, entry.name


def test_tables_hold_every_part():
    everything = kp.catalog()
    assert list(everything.to_dict()) == [entry.name for entry in everything]
    for text in (str(everything), everything.to_markdown(), everything._repr_html_()):
        assert all(entry.name in text for entry in everything)
