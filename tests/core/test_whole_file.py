"""What a folder that cannot be synchronized means."""

import errno
import os

import pytest

from kerasparts.core.files import whole_file


def write(path, code, monkeypatch):
    """With `os.fsync` failing on folders."""

    def failing(handle, real=os.fsync):
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(code, os.strerror(code))
        real(handle)

    monkeypatch.setattr(os, "fsync", failing)
    with whole_file(path) as file:
        file.write(b"all of it")


pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="tells folders from files")


def test_a_file_system_that_cannot_is_borne(tmp_path, monkeypatch):
    write(tmp_path / "file", errno.EINVAL, monkeypatch)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"all of it"]


def test_a_disk_that_fails_is_told(tmp_path, monkeypatch):
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        write(tmp_path / "file", errno.EIO, monkeypatch)
