"""A state is in a file whole, or the file is refused."""

import json
import os
import zipfile

import ml_dtypes
import numpy as np
import pytest

from kerasparts.core.state_file import read_state, write_state

STATE = {
    "epoch": 3,
    7: (1, 2.5, float("inf"), None, True, "é"),
    "arrays": [np.zeros((0, 3), "int8"), np.array(0.1), np.ones((2, 3), ml_dtypes.bfloat16), np.array(["ab", "c"])],
    "scalar": np.float32(0.5),
}


@pytest.fixture
def path(tmp_path):
    write_state(tmp_path / "state", STATE)
    return tmp_path / "state"


def test_a_state_comes_back_as_it_was(path):
    state = read_state(path)
    assert state["epoch"] == 3
    assert state[7] == STATE[7]
    assert state["scalar"] == 0.5
    for one, other in zip(state["arrays"], STATE["arrays"], strict=True):
        assert one.dtype == other.dtype
        assert one.flags.writeable
        np.testing.assert_array_equal(one, other)


def test_what_is_neither_plain_nor_an_array_is_refused_and_leaves_nothing(tmp_path):
    for value in (object(), {1, 2}, np.array([None])):
        with pytest.raises(ValueError, match="`state` must be a nest of plain values and arrays"):
            write_state(tmp_path / "state", [value])
    assert os.listdir(tmp_path) == []


def test_any_flipped_bit_and_any_cut_is_noticed_or_does_no_harm(path):
    whole, random = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for number in range(400):
        spoiled = bytearray(whole)
        place = random.integers(len(whole))
        spoiled[place] ^= 1 << random.integers(8)
        path.write_bytes(spoiled[:place] if number % 4 == 0 else spoiled)
        try:
            assert repr(read_state(path)) == repr(STATE | {"scalar": 0.5})
        except ValueError as error:
            assert "damaged" in str(error)  # noqa: PT017
            refused += 1
    assert refused > 200  # the rest are names and dates in the archive


def test_a_newer_format_is_refused_by_its_number(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("state.json", json.dumps({"format": 2, "state": 0}))
    with pytest.raises(ValueError, match="has format 2, and this version of kerasparts reads format 1"):
        read_state(path)


@pytest.mark.parametrize(
    "state",
    [
        {"array": ["float32", [10**15]]},
        {"array": ["object", [1]]},
        {"array": ["O", [1]]},
        {"array": ["float32", [-1, 3]]},
        {"pickle": "cos"},
        {"dict": [[[], 1]]},
        {"tuple": 5},
    ],
    ids=str,
)
def test_a_file_made_by_someone_else_is_refused(path, state):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("state.json", json.dumps({"format": 1, "state": state}))
        archive.writestr("0", bytes(8))
    with pytest.raises(ValueError, match="is damaged or no file of kerasparts"):
        read_state(path)


def test_what_was_packed_to_be_small_is_not_unpacked(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("state.json", json.dumps({"format": 1, "state": [0] * 10**6}))
    with pytest.raises(ValueError, match="is compressed"):
        read_state(path)


def test_deep_nests_end_in_an_error(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("state.json", '{"format": 1, "state": ' + "[" * 10**5 + "]" * 10**5 + "}")
    with pytest.raises(ValueError, match="RecursionError"):
        read_state(path)


def test_a_write_that_fails_leaves_the_file_before(path, monkeypatch):
    before = path.read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_state(path, {"epoch": 4})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["state"]
