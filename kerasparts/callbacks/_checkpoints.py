"""A folder of checkpoints, of which there is always a good one."""

import contextlib
import os
import re
import warnings
from pathlib import Path
from typing import Any

from kerasparts.core.checks import check
from kerasparts.core.files import UNFINISHED
from kerasparts.core.state_file import read_state, write_state

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NAME = re.compile(r"epoch-(\d+)-step-(\d+)\.checkpoint")
LOCK = ".lock"
KEYS = {"model", "optimizer", "random", "epoch", "step", "callbacks"}

_LOCKS: dict[Path, Any] = {}  # open files: closing one of several of the same name would unlock it


class Checkpoints:
    """The files of one training.

    Args:
        folder: path.
        keep: files to keep, the newest.
    """

    def __init__(self, folder: str | Path, keep: int = 1):
        self.folder = Path(folder)
        self.keep = keep
        self._refused: set[Path] = set()

    def paths(self) -> list[Path]:
        """All files, the newest last."""
        found = []
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                match = NAME.fullmatch(path.name)
                if match:
                    found.append((tuple(map(int, match.groups())), path))
        return [path for _, path in sorted(found)]

    def open(self) -> None:
        """Makes the folder and keeps other processes from training into it, until `close`.

        Raises:
            ValueError: another process does.
            OSError: nothing can be written there.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        key = self.folder.resolve()
        if key not in _LOCKS:
            _LOCKS[key] = self._locked()
        for path in self.folder.glob(f".*{UNFINISHED}"):  # of a process that was killed
            path.unlink()

    def close(self) -> None:
        file = _LOCKS.pop(self.folder.resolve(), None)
        if file is not None:
            file.close()

    def newest(self) -> tuple[Path, Any] | None:
        """The newest good file and what is in it; None where there are no files.

        Raises:
            ValueError: there are files, and none is good.
        """
        reason = None
        for path in reversed(self.paths()):
            try:
                state = read_state(path)
                if isinstance(state, dict) and set(state) >= KEYS:
                    return path, state
                error: Exception = ValueError(f"{path} is no checkpoint")
            except (ValueError, OSError) as failed:
                error = failed
            self._refused.add(path)
            reason = reason or error
            warnings.warn(f"Checkpoint refuses a file: {error}. The one before is used.", stacklevel=2)
        rule = f"a folder with a good checkpoint, or with none to start anew; {reason}"
        check(reason is None, "directory", str(self.folder), rule)
        return None

    def write(self, state: Any) -> Path:
        """Adds a file, and deletes what is older than those to keep; files that were refused do not count as such."""
        path = self.folder / f"epoch-{state['epoch']:05d}-step-{state['step']:07d}.checkpoint"
        write_state(path, state)
        self._refused.discard(path)
        good = [path for path in self.paths() if path not in self._refused]
        for old in good[: -self.keep]:
            with contextlib.suppress(OSError):
                old.unlink()
        return path

    def _locked(self):
        file = open(self.folder / LOCK, "a+")  # noqa: SIM115  (open as long as it is locked)
        if fcntl is None:
            return file
        try:
            # Not `flock`: a process that this one forked would hold it longer than this one lives.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            file.seek(0)
            owner = file.read(20).strip() or "unknown"
            file.close()
            check(False, "directory", str(self.folder), f"of one training at a time; process {owner} trains into it")
        except OSError:
            return file  # a file system without locks
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file
