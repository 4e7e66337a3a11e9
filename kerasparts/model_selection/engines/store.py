"""Finished fits in a directory."""

import json
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np

from kerasparts.core.checks import check
from kerasparts.core.files import whole_file
from kerasparts.model_selection.engines.fingerprint import difference, fingerprint
from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask
from kerasparts.model_selection.engines.nests import flat, nested

FILE_NAME = re.compile(r"[\w.,=+\- ]+")
BROKEN = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile)


class Store:
    """Outcomes as files, one a fit, that a kill at any moment leaves whole.

    Each file also says what made it: the task, the data, the settings and the model. A call that differs in any of
    these is refused, one with other tasks besides goes on. Files are plain arrays and JSON, never pickles, and
    reading them runs no code. Several processes may use one directory at a time.

    Args:
        directory: path; made where there is none.
        plan: of the experiment.

    Raises:
        ValueError: the directory has an outcome of a task by the same name in another experiment.
    """

    def __init__(self, directory, plan: FitPlan):
        self.directory = Path(directory)
        check(not self.directory.is_file(), "directory", str(directory), "a directory, or a path to make one at")
        self.directory.mkdir(parents=True, exist_ok=True)
        self._fingerprint = fingerprint(plan)

    def read(self, tasks: list[FitTask]) -> dict[str, FitOutcome]:
        """The outcomes that are there, by the names of their tasks; a broken file is warned about and left out."""
        found = {}
        for task in tasks:
            path = self._path(task.name)
            if not path.exists():
                continue
            try:
                origin, outcome = _load(path)
            except BROKEN as error:
                warnings.warn(f"{path} is broken, its fit runs again: {type(error).__name__}: {error}", stacklevel=2)
                continue
            where = difference(origin, self._fingerprint(task))
            rule = f"of the same experiment: {path.name} was made with another {where}"
            check(where is None, "directory", str(self.directory), rule)
            found[task.name] = outcome
        return found

    def write(self, task: FitTask, outcome: FitOutcome) -> None:
        """Keeps the outcome of a task: after this returns, no kill and no power failure loses it."""
        arrays = []
        values = {**vars(outcome), "predictions": flat(outcome.predictions, arrays, "predictions")}
        values["weights"] = flat(outcome.weights, arrays, "weights")
        text = json.dumps({"origin": self._fingerprint(task), "outcome": values})
        arrays = {str(number): array for number, array in enumerate(arrays)}
        with whole_file(self._path(outcome.name)) as file:
            np.savez(file, json=np.frombuffer(text.encode(), "uint8"), **arrays)

    def _path(self, name):
        check(FILE_NAME.fullmatch(name), "name", name, "a task's name that can be that of a file")
        return self.directory / f"{name}.npz"


def _load(path):
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    content = json.loads(arrays["json"].tobytes())
    values = content["outcome"]
    for name in ("predictions", "weights"):
        values[name] = nested(values[name], arrays)
    return content["origin"], FitOutcome(**values)
